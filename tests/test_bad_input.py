"""Bad input over the socket: each gets its error, changes nothing and closes nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite3

from tests.support.bad import CONTROL, OVERRIDE, TEXTS, UNKNOWN, Bad, malformed, op
from tests.support.client import Person
from tests.support.server import Links, Server
from tests.support.socket import Socket

pytestmark = pytest.mark.server

EVENT = {
    "title": "Treffit",
    "question": "Mitkä?",
    "affiliations": ["x", "y"],
    "places": 3,
    "rooms": [{"name": "A"}, {"name": "B"}],
}


@dataclass
class House:
    """An event in its support phase, with somebody in every role and questions to trip over."""

    server: Server
    links: Links
    sockets: dict[str, Socket] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return str(self.links["event"])

    def enter(self, name: str, room: str) -> None:
        person = Person(self.server.url)
        assert person.join(self.links["rooms"][room]["join"], affiliation="x").status == 303
        socket = self.sockets[name] = person.connect(self.code)
        me = next(c for c in socket.subscribe("me")["changes"] if c["type"] == "me")
        self.ids |= {name: me["id"], room: me["room"]}

    def open(self, name: str, link: str, role: str) -> None:
        person = Person(self.server.url)
        assert person.follow(link).status == 200
        self.sockets[name] = person.connect(self.code, role)


@pytest.fixture(scope="module")
def house(server: Server) -> Iterator[House]:
    made = House(server, server.event_from(EVENT))
    for name, room in (("ann", "A"), ("bob", "A"), ("eve", "B")):
        made.enter(name, room)
    made.open("lead", made.links["facilitate"], "lead")
    made.open("helper", made.links["rooms"]["A"]["facilitate"], "facilitator")
    lead = made.sockets["lead"]
    done(lead, "phase.set", phase="support")
    for name, asker in (("q", "ann"), ("r", "bob"), ("s", "bob"), ("t", "eve"), ("hid", "bob")):
        made.ids[name] = done(made.sockets[asker], "question.ask", text=f"Miksi {name}?")[
            "question"
        ]
    done(lead, "question.merge", into=made.ids["r"], questions=[made.ids["s"]])
    done(lead, "question.hide", question=made.ids["hid"], reason="Toistoa")
    other = server.event_from(EVENT)
    stranger = Person(server.url)
    stranger.follow(other["facilitate"])
    foreign = stranger.connect(other["event"], "lead")
    rooms = [c for c in foreign.subscribe("event")["changes"] if c["type"] == "room"]
    done(foreign, "phase.set", phase="discuss")
    asked = done(foreign, "question.ask", text="Muualla?", room=rooms[0]["id"], **{"for": ""})
    made.ids |= {"foreign": asked["question"], "foreign room": rooms[0]["id"]}
    made.links["other"] = other
    foreign.close()
    yield made
    for socket in made.sockets.values():
        socket.close()


def dump(server: Server) -> str:
    """The whole database as text."""
    path = Path(server.environment["DIALOGI_DATABASE"])
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        tables = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        rows = {
            name: connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for name, sql in tables
            if sql is not None and sql.startswith("CREATE TABLE")
        }
        return repr((tables, rows))
    finally:
        connection.close()


def cases(house: House) -> list[Bad]:
    """Everything that must be refused, for one event."""
    i = house.ids
    text, room = "Miten?", i["A"]
    good: list[tuple[str, str, dict[str, Any]]] = [
        ("ann", "question.ask", {"text": text}),
        ("ann", "question.edit", {"question": i["q"], "text": text}),
        ("ann", "question.withdraw", {"question": i["q"]}),
        ("ann", "vote.set", {"question": i["q"], "on": True}),
        ("lead", "question.ask", {"text": text, "room": room, "for": ""}),
        ("lead", "question.hide", {"question": i["q"], "reason": "x"}),
        ("lead", "question.restore", {"question": i["q"]}),
        ("lead", "question.reword", {"question": i["q"], "text": text}),
        ("lead", "question.merge", {"into": i["q"], "questions": [i["r"]]}),
        ("lead", "question.split", {"question": i["s"]}),
        ("lead", "shortlist.set", {"question": i["q"], "on": True}),
        ("lead", "phase.set", {"phase": "write", "room": room, "minutes": 5}),
        ("lead", "timer.set", {"room": room, "ends_at": time.time() + 60}),
        ("lead", "participant.remove", {"participant": i["eve"], "reason": "x", "keep": True}),
        ("lead", "participant.return", {"participant": i["eve"]}),
        ("lead", "participant.move", {"participant": i["eve"], "room": room}),
        ("lead", "toplist.set", {"rule": "seqpav", "entries": [_entry(i["q"])]}),
        ("lead", "toplist.publish", {"stage": "final"}),
    ]
    found = [bad for who, command, payload in good for bad in malformed(who, command, payload)]
    found = [bad for bad in found if not _is_fine_after_all(bad)]
    for who, command, payload in good:
        for key in ("question", "into", "participant"):
            if key not in payload:
                continue
            for what, value in (
                ("unknown", UNKNOWN), ("nonsense", "q1"), ("empty", ""), ("negative", "-1"),
                ("endless", "9" * 40), ("of another event", i["foreign"]),
            ):  # fmt: skip
                sent = {**payload, "op": op(), key: value}
                if not (key == "participant" and what == "of another event"):
                    found.append(Bad(f"{what} {key}", who, command, sent, {"not_found"}))
        if "text" in payload:
            for what, words, codes in TEXTS:
                sent = {**payload, "op": op(), "text": words}
                found.append(Bad(f"a text of {what}", who, command, sent, codes))
        if payload.get("room"):
            for what, value in (("unknown", UNKNOWN), ("foreign", i["foreign room"])):
                sent = {**payload, "op": op(), "room": value}
                found.append(Bad(f"a room that is {what}", who, command, sent, {"not_found"}))
    return found + _special(house)


def _special(house: House) -> list[Bad]:
    i = house.ids

    def bad(what: str, who: str, command: str, codes: set[str], **payload: Any) -> Bad:
        return Bad(what, who, command, {"op": op(), **payload}, codes)

    merge, both = "question.merge", {"conflict", "invalid"}
    entry = _entry
    return [
        bad("an unknown command", "ann", "question.eat", {"unknown_command"}, question=i["q"]),
        bad("a command of forms only", "ann", "participant.join", {"unknown_command"}, name=""),
        bad("creating by socket", "lead", "event.create", {"unknown_command"}),
        bad("with itself", "lead", merge, both, into=i["q"], questions=[i["q"]]),
        bad("in a circle", "lead", merge, both, into=i["s"], questions=[i["r"]]),
        bad("of a merged one", "lead", merge, {"conflict"}, into=i["q"], questions=[i["s"]]),
        bad("into a merged one", "lead", merge, {"conflict"}, into=i["s"], questions=[i["q"]]),
        bad("across events", "lead", merge, {"not_found"}, into=i["q"], questions=[i["foreign"]]),
        bad("of none", "lead", merge, {"invalid"}, into=i["q"], questions=[]),
        bad("twice the same", "lead", merge, both, into=i["q"], questions=[i["t"], i["t"]]),
        bad("across rooms", "helper", merge, {"forbidden"}, into=i["q"], questions=[i["t"]]),
        bad("another room's", "helper", "question.hide", {"forbidden"}, question=i["t"], reason=""),
        bad("for all", "helper", "phase.set", {"forbidden"}, phase="lobby"),
        bad("of another room", "helper", "phase.set", {"forbidden"}, phase="lobby", room=i["B"]),
        bad("a split of a lone one", "lead", "question.split", {"conflict"}, question=i["q"]),
        bad("hidden", "ann", "vote.set", {"hidden"}, question=i["hid"], on=True),
        bad("out of room", "ann", "vote.set", {"forbidden"}, question=i["t"], on=True),
        bad("somebody else's", "ann", "question.edit", {"forbidden"}, question=i["r"], text="Oma"),
        bad("somebody else's", "ann", "question.withdraw", {"forbidden"}, question=i["r"]),
        bad("a facilitator's", "ann", "question.hide", {"forbidden"}, question=i["q"], reason=""),
        bad("a lead's", "ann", "toplist.publish", {"forbidden"}, stage="final"),
        bad("a lead's", "helper", "participant.move", {"forbidden"}, participant="1", room="1"),
        bad("a person's", "lead", "vote.set", {"forbidden"}, question=i["q"], on=True),
        bad("no such phase", "lead", "phase.set", {"invalid"}, phase="lunch"),
        bad("no minutes", "lead", "phase.set", {"invalid"}, phase="write", minutes=0),
        bad("two days", "lead", "phase.set", {"invalid"}, phase="write", minutes=2881),
        bad("before", "lead", "phase.set", {"invalid"}, phase="write", minutes=-5),
        bad("no moment", "lead", "timer.set", {"invalid"}, ends_at="soon"),
        bad("a far moment", "lead", "timer.set", {"invalid"}, ends_at=time.time() + 1e6),
        bad("no such rule", "lead", "toplist.set", {"invalid"}, rule="luck", entries=[entry("1")]),
        bad("no entries", "lead", "toplist.set", {"invalid"}, rule="seqpav", entries=[]),
        bad("too many", "lead", "toplist.set", {"invalid"}, rule="votes",
            entries=[entry(i[q]) for q in "qrst"]),
        bad("twice", "lead", "toplist.set", {"conflict", "invalid"}, rule="votes",
            entries=[entry(i["q"]), entry(i["q"])]),
        bad("foreign", "lead", "toplist.set", {"not_found"}, rule="votes",
            entries=[entry(i["foreign"])]),
        bad("no text", "lead", "toplist.set", {"empty"}, rule="votes",
            entries=[entry(i["q"], " ")]),
        bad("long", "lead", "toplist.set", {"too_long"}, rule="votes",
            entries=[entry(i["q"], "x" * 501)]),
        bad("bidi", "lead", "toplist.set", {"invalid"}, rule="votes",
            entries=[entry(i["q"], OVERRIDE)]),
        bad("no stage", "lead", "toplist.publish", {"invalid"}, stage="soon"),
        bad("control", "lead", "question.hide", {"invalid"}, question=i["q"], reason=CONTROL),
        bad("absent", "lead", "question.ask", {"invalid"}, text="Ja?", room=i["A"],
            **{"for": i["eve"]}),
        bad("no rule", "lead", "toplist.propose", {"invalid"}, rule="luck"),
        bad("not theirs", "ann", "toplist.propose", {"forbidden"}, rule="votes"),
        Bad("a stream", "ann", "subscribe", {"stream": "room:" + i["B"]}, {"forbidden"}),
        Bad("a stream", "ann", "subscribe", {"stream": "lead"}, {"forbidden"}),
        Bad("a stream", "ann", "subscribe", {"stream": "facilitators:" + i["A"]}, {"forbidden"}),
        Bad("a stream", "helper", "subscribe", {"stream": "room:" + i["B"]}, {"forbidden"}),
        Bad("a stream", "ann", "subscribe", {"stream": "room:" + UNKNOWN}, {"not_found"}),
        Bad("a stream", "lead", "subscribe", {"stream": "room:" + i["foreign room"]},
            {"not_found"}),
        Bad("a stream", "ann", "subscribe", {"stream": "kitchen"}, {"not_found"}),
        Bad("no stream", "ann", "subscribe", {}, {"invalid"}),
        Bad("a wrong revision", "ann", "subscribe", {"stream": "me", "revision": "1"}, {"invalid"}),
        Bad("an extra key", "ann", "subscribe", {"stream": "me", "shoe": 1}, {"invalid"}),
    ]  # fmt: skip


def _entry(question: str, text: str = "Miten?") -> dict[str, Any]:
    return {"questions": [question], "text": text}


def _is_fine_after_all(bad: Bad) -> bool:
    """A number is a good value of these two keys, and a list of texts of none."""
    return bad.what in {"a wrong type of minutes", "a wrong type of ends_at"}


def test_each_bad_input_gets_its_error_and_changes_nothing(house: House) -> None:
    before = dump(house.server)
    wrong = []
    for bad in cases(house):
        ack = _patiently(house.sockets[bad.who], bad)
        error = ack.get("error", {})
        if ack.get("ok") is not False or error.get("code") not in bad.codes:
            wrong.append(f"{bad.what}, {bad.command} {bad.payload!r}: {ack}")
        elif not re.match(r"[A-ZÄÖ].*[.!?]$", error["message"]):
            wrong.append(f"{bad.what}, {bad.command}: no sentence in {error}")
    assert wrong == []
    assert dump(house.server) == before
    for socket in house.sockets.values():
        assert not socket.closed.is_set()
        assert socket.emit("subscribe", {"stream": "me"})["ok"]


def _patiently(socket: Socket, bad: Bad) -> dict[str, Any]:
    """Send it; whoever is told to slow down waits and sends the same again."""
    while True:
        ack = socket.emit(bad.command, bad.payload)
        if ack.get("error", {}).get("code") != "slow_down":
            return ack
        time.sleep(0.3)


def do(socket: Socket, command: str, **payload: Any) -> dict[str, Any]:
    """Send a command with a new op, patiently; its ack."""
    return _patiently(socket, Bad("", "", command, {"op": op(), **payload}, set()))


def done(socket: Socket, command: str, **payload: Any) -> dict[str, Any]:
    """Send a command that must be accepted."""
    ack = do(socket, command, **payload)
    assert ack["ok"], f"{command} {payload}: {ack}"
    return ack


def test_what_is_out_of_phase_is_refused_and_changes_nothing(house: House) -> None:
    lead, ann = house.sockets["lead"], house.sockets["ann"]
    own, others = house.ids["q"], house.ids["r"]
    allowed = {
        "lobby": set(), "results": set(),
        "write": {"question.ask", "own"}, "discuss": {"question.ask", "own"},
        "support": {"question.ask", "own", "others"}, "plenary": set(),
    }  # fmt: skip
    for phase, may in allowed.items():
        done(lead, "phase.set", phase=phase)
        before = dump(house.server)
        if "question.ask" not in may:
            for command, payload in (
                ("question.ask", {"text": "Nyt?"}),
                ("question.edit", {"question": own, "text": "Nyt?"}),
                ("question.withdraw", {"question": own}),
            ):
                assert do(ann, command, **payload)["error"]["code"] == "wrong_phase", phase
        for which, question in (("own", own), ("others", others)):
            ack = do(ann, "vote.set", question=question, on=True) if which not in may else None
            assert ack is None or ack["error"]["code"] == "wrong_phase", (phase, which)
        assert dump(house.server) == before
    done(lead, "phase.set", phase="support")


def test_malformed_frames_close_nothing_and_leave_no_traceback(house: House) -> None:
    socket = house.sockets["bob"]
    before = dump(house.server)
    deep = "[" * 3000 + "]" * 3000
    for frame in (
        "42", "42{", "42[]", "42nonsense", '42["x"', "42[7,{}]", '42[{"a":1},{}]', "42[null]",
        '4299["vote.set",{},{}]', '427["vote.set"]', f'428["vote.set",{deep}]',
        '429["vote.set",{"on":NaN}]', "43", "437[]", "43999[1]", "45", "46", "49", "4",
        '451-["vote.set",{"_placeholder":true,"num":0}]', '461-7[{"_placeholder":true,"num":0}]',
        "8", "6", "x", "42/other,1[\"x\"]", '42999999999999999999999["subscribe",{"stream":"me"}]',
    ):  # fmt: skip
        socket.send(frame)
    socket._socket.send_binary(b"\x00\x01\x02")
    answers = [do(socket, "vote.set", question=house.ids["r"], on="yes") for _ in range(3)]
    assert all(answer["error"]["code"] == "invalid" for answer in answers)
    assert not socket.closed.is_set()
    assert dump(house.server) == before


def test_every_script_comes_out_as_it_went_in(house: House) -> None:
    ann = house.sockets["ann"]
    texts = [
        "我们如何合作？", "كيف نعمل معًا؟", "איך נעבוד יחד?", "👩‍👩‍👧‍👦 Miten 🎉?",
        "Ääkköset ja ŋuvvl", '<script>alert("x")</script> & "lainaus"', "=SUM(A1)", "a" * 500,
        "🎉" * 500,
    ]  # fmt: skip
    for text in texts:
        asked = done(ann, "question.ask", text=f"  {text}\n")
        held, key = ann.streams["me"], ("question", asked["question"])
        ann.wait_for(partial(held.entities.__contains__, key), "the question itself")
        assert held.entities[key]["text"] == text
    exported = {q["text"] for q in house.server.exported(house.code)["questions"]}
    assert set(texts) <= exported
    recording = house.server.export(house.code, "recording").read_text("utf-8")
    asked_texts = {json.loads(line).get("text") for line in recording.splitlines()}
    assert set(texts) <= asked_texts


def test_ids_of_another_event_and_unknown_ids_are_answered_alike(house: House) -> None:
    lead = house.sockets["lead"]
    foreign = do(lead, "question.hide", question=house.ids["foreign"], reason="")
    unknown = do(lead, "question.hide", question=UNKNOWN, reason="")
    assert foreign["error"] == unknown["error"]
    room = lead.emit("subscribe", {"stream": f"room:{house.ids['foreign room']}"})
    assert room["error"] == lead.emit("subscribe", {"stream": f"room:{UNKNOWN}"})["error"]


def test_the_join_form_refuses_what_is_wrong_and_keeps_what_was_typed(house: House) -> None:
    join = house.links["join"]
    before = dump(house.server)
    for fields, kept in (
        ({"name": "x" * 61}, "x" * 61),
        ({"name": CONTROL}, "nyt?"),
        ({"name": OVERRIDE}, "nyt?"),
        ({"affiliation": "mafia", "name": "Aino"}, "Aino"),
        ({"room": "Keittiö", "name": "Aino"}, "Aino"),
        ({"op": "1", "name": "Aino"}, "Aino"),
        ({"csrf_token": "wrong", "name": "Aino"}, "Aino"),
        ({"csrf_token": "", "name": "Aino"}, "Aino"),
    ):
        person = Person(house.server.url)
        page = person.get(join)
        found = dict(re.findall(r'name="(csrf_token|op)"[^>]*?value="([^"]+)"', page.text))
        answer = person.post(join, {"name": "", "affiliation": "", "room": "", **found, **fields})
        assert answer.status in {400, 404}, (fields, answer.status)
        assert kept in answer.text
        assert 'role="alert"' in answer.text or "aria-invalid" in answer.text, fields
    assert dump(house.server) == before


def test_unknown_codes_links_and_rooms_lead_nowhere(house: House) -> None:
    before = dump(house.server)
    person = Person(house.server.url)
    for path in (
        "/join/NOSUCH", "/join/NOSUCH/ROOM", "/facilitate/nonsense", "/organise/nonsense",
        "/results/nonsense", "/present/nonsense", "/room/NOSUCH", "/lead/NOSUCH",
        f"/lead/{house.code}", f"/organiser/{house.code}", f"/facilitator/{house.code}/1",
        f"/lead/{house.code}/export.json", f"/results/{house.code}", f"/present/{house.code}",
    ):  # fmt: skip
        assert person.get(path).status in {403, 404}, path
    elsewhere = house.links["other"]
    stranger = Person(house.server.url)
    stranger.follow(elsewhere["facilitate"])
    assert stranger.get(f"/lead/{house.code}").status == 403
    assert dump(house.server) == before


def test_the_command_line_refuses_what_is_wrong_in_one_line(house: House, tmp_path: Path) -> None:
    before = dump(house.server)
    bad_event = tmp_path / "event.toml"
    bad_event.write_text('title = "x"\nquestion = "y"\nplaces = 50\n[[rooms]]\nname = "A"\n')
    bad_lines = tmp_path / "bad.jsonl"
    bad_lines.write_text('{"dialogi_recording": 1}\n{"at": "x"}\n')
    for arguments, says in (
        (("event", "export", "NOSUCH", "--format", "json", "--output", "-"), "NOSUCH"),
        (("event", "create", tmp_path / "absent.toml"), "absent.toml"),
        (("event", "create", bad_event), "line 3"),
        (("event", "create", bad_lines), "line 1"),
        (("verify", bad_lines), "line 1"),
        (("rehearse", "NOSUCH", "--recording", bad_lines), "line 1"),
    ):
        run = house.server.cli(*arguments, check=False)
        assert run.returncode != 0, arguments
        assert says in run.stderr + run.stdout
        assert "Traceback" not in run.stderr
        assert len(run.stderr.strip().splitlines()) <= 1, run.stderr
    wrong_format = house.server.cli(
        "event", "export", house.code, "--format", "gif", "--output", "-", check=False
    )
    assert wrong_format.returncode != 0
    assert dump(house.server) == before
