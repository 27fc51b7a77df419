"""Every key of every command in every wrong way: its code and field, and nothing changed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.client import do
from tests.support.meeting import assert_refused, dump
from tests.support.scene import Scene
from tests.support.server import Server
from tests.support.socket import Payload, Socket

pytestmark = pytest.mark.server

#: (who, a valid payload with "$name" for an id, the keys that may be left out).
COMMANDS: dict[str, tuple[str, Payload, set[str]]] = {
    "question.ask": ("someone", {"text": "Why?"}, set()),
    "question.edit": ("someone", {"question": "$mine", "text": "Why?"}, set()),
    "question.withdraw": ("someone", {"question": "$mine"}, set()),
    "vote.set": ("someone", {"question": "$theirs", "on": True}, set()),
    "question.ask for": (
        "lead",
        {"text": "Why?", "room": "$A", "for": "$person"},
        {"room", "for"},
    ),
    "question.hide": ("lead", {"question": "$theirs", "reason": ""}, {"reason"}),
    "question.restore": ("lead", {"question": "$theirs"}, set()),
    "question.reword": ("lead", {"question": "$theirs", "text": "Why?"}, set()),
    "question.merge": ("lead", {"into": "$mine", "questions": ["$theirs"]}, set()),
    "question.split": ("lead", {"question": "$part"}, set()),
    "shortlist.set": ("lead", {"question": "$theirs", "on": True}, set()),
    "phase.set": ("lead", {"phase": "write", "room": "$A", "minutes": 5}, {"room", "minutes"}),
    "timer.set": ("lead", {"room": "$A", "ends_at": 0}, {"room", "ends_at"}),
    "participant.remove": (
        "lead",
        {"participant": "$person", "reason": "", "keep": True},
        {"reason", "keep"},
    ),
    "participant.return": ("lead", {"participant": "$person"}, set()),
    "participant.move": ("lead", {"participant": "$person", "room": "$B"}, set()),
    "toplist.set": (
        "lead",
        {"rule": "seqpav", "entries": [{"questions": ["$theirs"], "text": "Why?"}]},
        set(),
    ),
    "toplist.publish": ("lead", {"stage": "final"}, set()),
}

#: What a key with a value of this type must not be.
WRONG: dict[type, list[Any]] = {
    str: [5, 1.5, True, None, ["x"], {"x": 1}],
    bool: [1, 0, "true", None, [True], {}],
    int: [True, [1], {}],
    list: ["x", 5, True, None, {"0": "x"}, [5], [None], [["x"]]],
}
#: What these take besides their usual type.
ALSO: dict[str, list[Any]] = {"room": [None]}


@pytest.fixture(scope="module")
def scene(server: Server) -> Iterator[Scene]:
    """Return the scene that this module's tests share; none of them changes it."""
    scene = Scene(server)
    yield scene
    for member in (scene.me, scene.stranger, scene.facilitator, scene.lead):
        assert not member.socket.closed.is_set()
        assert member.socket.subscribe("me")["ok"]
    scene.close()


@pytest.fixture
def unchanged(scene: Scene) -> Iterator[None]:
    """Hold a test to leaving the whole database, the ledger included, as it was."""
    before = dump(scene.server)
    yield
    assert dump(scene.server) == before


def mutilated(valid: Payload, may_miss: set[str]) -> Iterator[tuple[Payload, str]]:
    """Return payloads with one mistake each, and the key at fault."""
    for key, value in valid.items():
        for wrong in WRONG[type(value)]:
            if wrong not in ALSO.get(key, []):
                yield {**valid, key: wrong}, key
        if key not in may_miss:
            yield {other: each for other, each in valid.items() if other != key}, key
    yield {**valid, "bogus": 1}, "bogus"
    yield {**valid, "": 1}, ""


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.usefixtures("unchanged")
def test_a_missing_extra_or_wrongly_typed_key_is_named(scene: Scene, name: str) -> None:
    who, valid, may_miss = COMMANDS[name]
    for payload, key in mutilated(scene.filled(valid), may_miss):
        assert_refused(scene.member(who).do(name.split()[0], **payload), "invalid", key)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.usefixtures("unchanged")
def test_a_command_without_a_uuid_as_its_op_is_refused(scene: Scene, name: str) -> None:
    who, valid, _ = COMMANDS[name]
    payload, command = scene.filled(valid), name.split()[0]
    assert_refused(scene.member(who).socket.emit(command, payload), "invalid", "op")
    for op in ["", "7", "x" * 36, "0" * 33, 7, None, True, [str(uuid.uuid4())], {}]:
        ack = scene.member(who).socket.emit(command, {"op": op, **payload})
        assert_refused(ack, "invalid", "op")


TEXTS = {
    "empty": ("", "empty"),
    "spaces": (" \u00a0\u3000\u2003 ", "empty"),
    "breaks": ("\r\n\t\u2028\n", "empty"),
    "501": ("x" * 501, "too_long"),
    "501 of two units": ("😀" * 501, "too_long"),
    "20,000": ("x" * 20_000, "too_long"),
    "nul": ("a\u0000b", "invalid"),
    "escape at the start": ("\u001b[31mred", "invalid"),
    "separator at the end": ("text\u001f", "invalid"),
    "only a separator": ("\u001c", "invalid"),
    "delete": ("a\u007fb", "invalid"),
    "c1": ("a\u009bb", "invalid"),
    "override": ("a\u202eb", "invalid"),
    "embedding": ("\u202aa\u202c", "invalid"),
    "isolate": ("\u2067a\u2069", "invalid"),
}
NOT_EMPTY = {name: case for name, case in TEXTS.items() if case[1] != "empty"}


@pytest.mark.parametrize(("text", "code"), TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.usefixtures("unchanged")
def test_a_text_that_cannot_be_stored_is_refused_wherever_it_comes(
    scene: Scene, text: str, code: str
) -> None:
    me, lead, ids = scene.me, scene.lead, scene.ids
    assert_refused(scene.member("someone").do("question.ask", text=text), code, "text")
    assert_refused(me.do("question.edit", question=ids["mine"], text=text), code, "text")
    assert_refused(lead.do("question.ask", room=ids["A"], text=text), code, "text")
    assert_refused(lead.do("question.reword", question=ids["theirs"], text=text), code, "text")
    entry = {"questions": [ids["theirs"]], "text": text}
    assert_refused(lead.do("toplist.set", rule="votes", entries=[entry]), code, "entries")


@pytest.mark.parametrize(("text", "code"), NOT_EMPTY.values(), ids=NOT_EMPTY.keys())
@pytest.mark.usefixtures("unchanged")
def test_reasons_notes_and_translations_are_held_to_the_same(
    scene: Scene, text: str, code: str
) -> None:
    lead, ids = scene.lead, scene.ids
    hide = lead.do("question.hide", question=ids["theirs"], reason=text)
    assert_refused(hide, code, "reason")
    remove = lead.do("participant.remove", participant=ids["person"], reason=text)
    assert_refused(remove, code, "reason")
    entry = {"questions": [ids["theirs"]], "text": "Why?"}
    for more in ({"note": text * 2}, {"texts": {"sv": text}}):
        ack = lead.do("toplist.set", rule="votes", entries=[{**entry, **more}])
        assert_refused(ack, code, "entries")


#: (who, command, payload) with "$id" where an id of nothing goes, and the key that it is.
POINTERS: list[tuple[str, str, Payload, str]] = [
    ("someone", "question.edit", {"question": "$id", "text": "Why?"}, "question"),
    ("someone", "question.withdraw", {"question": "$id"}, "question"),
    ("someone", "vote.set", {"question": "$id", "on": True}, "question"),
    ("lead", "question.ask", {"text": "Why?", "room": "$id"}, "room"),
    ("lead", "question.ask", {"text": "Why?", "room": "$A", "for": "$id"}, "for"),
    ("facilitator", "question.hide", {"question": "$id", "reason": "x"}, "question"),
    ("facilitator", "question.restore", {"question": "$id"}, "question"),
    ("facilitator", "question.reword", {"question": "$id", "text": "Why?"}, "question"),
    ("lead", "question.merge", {"into": "$id", "questions": ["$theirs"]}, "into"),
    ("lead", "question.merge", {"into": "$mine", "questions": ["$theirs", "$id"]}, "questions"),
    ("facilitator", "question.split", {"question": "$id"}, "question"),
    ("facilitator", "shortlist.set", {"question": "$id", "on": True}, "question"),
    ("facilitator", "phase.set", {"phase": "write", "room": "$id"}, "room"),
    ("lead", "timer.set", {"room": "$id", "ends_at": 0}, "room"),
    ("facilitator", "participant.remove", {"participant": "$id"}, "participant"),
    ("facilitator", "participant.return", {"participant": "$id"}, "participant"),
    ("lead", "participant.move", {"participant": "$id", "room": "$A"}, "participant"),
    ("lead", "participant.move", {"participant": "$person", "room": "$id"}, "room"),
    ("lead", "toplist.set", {"rule": "votes", "entries": [{"questions": ["$id"], "text": "x"}]},
     "entries"),
]  # fmt: skip
NO_IDS = ["999999", "", "x", "-1", "1.5", " 1", "1 ", "+1", "1e3", "٣", "9" * 40, "0x1", "None"]


@pytest.mark.parametrize(
    ("who", "command", "payload", "key"),
    POINTERS,
    ids=[f"{command} {key}" for _, command, _, key in POINTERS],
)
@pytest.mark.usefixtures("unchanged")
def test_what_is_unknown_unseen_or_of_another_event_is_answered_alike(
    scene: Scene, who: str, command: str, payload: Payload, key: str
) -> None:
    kinds = {"for": "participant", "participant": "participant", "room": "room"}
    kind = kinds.get(key, "question")
    known = {"question": "theirs", "participant": "person", "room": "A"}[kind]
    wrong = [*NO_IDS, scene.foreign[kind], f"0{scene.ids[known]}"]
    if kind == "question":
        wrong.append(scene.ids["unseen"])
    elif key == "for" or command != "participant.move":
        wrong.remove("")  # nobody, or the event as a whole
    answers = []
    for scene.ids["id"] in wrong:
        ack = scene.member(who).do(command, **scene.filled(payload))
        assert_refused(ack, "not_found", key)
        answers.append(ack["error"])
    assert all(answer == answers[0] for answer in answers)


MERGES: list[tuple[str, list[str], str, str | None]] = [
    ("$mine", ["$mine"], "conflict", None),
    ("$mine", ["$theirs", "$mine"], "conflict", None),
    ("$part", ["$root"], "conflict", None),
    ("$mine", ["$part"], "conflict", None),
    ("$part", ["$mine"], "conflict", None),
    ("$withdrawn", ["$mine"], "conflict", None),
    ("$mine", ["$withdrawn"], "conflict", None),
    ("$mine", ["$theirs", "$theirs"], "invalid", "questions"),
    ("$mine", [], "invalid", "questions"),
]


@pytest.mark.parametrize(("into", "questions", "code", "field"), MERGES)
@pytest.mark.usefixtures("unchanged")
def test_a_merge_that_cannot_be_leaves_nothing_half_done(
    scene: Scene, into: str, questions: list[str], code: str, field: str | None
) -> None:
    payload = scene.filled({"into": into, "questions": questions})
    assert_refused(scene.lead.do("question.merge", **payload), code, field)


MOMENTS: list[tuple[str, Payload]] = [
    *(
        ("phase.set", {"phase": "write", "minutes": wrong})
        for wrong in (0, -5, 1441, 1e308, -1e308, 10**40, "5")
    ),
    *(
        ("timer.set", {"ends_at": wrong})
        for wrong in (
            -1, 1e300, 10**40, 32503680000, "tomorrow", "12:30", "2021-13-25T10:30:00+02:00",
            "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1969-12-31T00:00:00Z",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("command", "payload"), MOMENTS, ids=[str(case[1]) for case in MOMENTS])
@pytest.mark.usefixtures("unchanged")
def test_a_moment_that_cannot_be_is_refused(scene: Scene, command: str, payload: Payload) -> None:
    assert_refused(scene.lead.do(command, **payload), "invalid", [*payload][-1])


def test_a_refusal_speaks_the_chosen_language_else_the_browsers_else_the_events(
    scene: Scene,
) -> None:
    person, event = scene.me.person, {"event": scene.meeting.event}
    refused: list[tuple[str, Payload]] = [
        ("question.ask", {"text": " "}),
        ("question.ask", {"text": "x" * 501}),
        ("question.ask", {"text": "a\u202e"}),
        ("question.ask", {"text": "Why?", "bogus": 1}),
        ("question.hide", {"question": scene.ids["mine"]}),
        ("vote.set", {"question": "0", "on": True}),
        ("vote.set", {"question": scene.ids["hidden"], "on": True}),
        ("question.edit", {"question": scene.ids["shared"], "text": "Why?"}),
        ("no.such", {}),
        ("subscribe", {"stream": "lead"}),
    ]

    def sentences(cookie: str, accepted: str | None) -> list[str]:
        headers = {"Accept-Language": accepted} if accepted else {}
        with Socket(person.url, event, cookie, headers) as socket:
            acks = [do(socket, command, **payload) for command, payload in refused]
        return [ack["error"]["message"] for ack in acks]

    spoken = {language: sentences(person.cookie(), language) for language in ("fi", "sv", "en")}
    for each in zip(*spoken.values(), strict=True):
        assert len({*each}) == 3, each
    assert sentences(person.cookie(), "de, sv;q=0.5, en;q=0.2") == spoken["sv"]
    assert sentences(person.cookie(), None) == sentences(person.cookie(), "de") == spoken["fi"]
    assert person.post(f"{person.url}/language", {"language": "en"}).status == 303
    assert sentences(person.cookie(), "fi") == spoken["en"]
