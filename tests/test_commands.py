"""Every command on a database of its own: what it does, what it refuses, and what nobody learns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialogi.commands import CONTRACT, Command
from dialogi.commands.context import registry
from dialogi.errors import STATUS, Refusal
from dialogi.exports import ORGANISER, PUBLIC, STAFF, export
from dialogi.model.limits import EVENT_QUESTIONS, ROOM_SEATS
from dialogi.snapshot import Stream, changes, proposal
from dialogi.writer import write
from tests.support.hall import Hall, number
from tests.support.watch import fold


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """Return two rooms, A and B, and nobody in them."""
    hall = Hall(tmp_path)
    yield hall
    hall.close()


def sight(hall: Hall, kind: str, key: str = "0") -> dict[tuple[str, str], dict[str, Any]]:
    """Return what one who comes now sees on a stream; `key` is an id, or an actor."""
    wanted = int(key.rpartition(":")[2])
    return fold({}, changes(hall.state(), Stream(kind, wanted)))


def room_of(hall: Hall, name: str, kind: str = "facilitators") -> dict[str, Any]:
    """Return a room as those who follow its stream see it."""
    return sight(hall, kind, hall.here.rooms[name])["room", hall.here.rooms[name]]


def question_row(hall: Hall, question: str) -> dict[str, Any]:
    """Return a question as the leads see it."""
    return sight(hall, "lead")["question", question]


def code(outcome: object) -> str:
    """Return the code of a refusal, or `ok`."""
    return outcome.code if isinstance(outcome, Refusal) else "ok"


# Asking, editing, withdrawing.


def test_whoever_asks_supports_it_and_may_take_that_back(hall: Hall) -> None:
    person = hall.join()
    hall.phase("write")
    question = hall.ask(person)
    assert sight(hall, "me", person)["me", person[12:]]["supports"] == [question]
    hall.do(person, "vote.set", question=question, on=False)
    assert sight(hall, "me", person)["me", person[12:]]["supports"] == []


def test_a_question_has_a_number_from_when_others_see_it_and_keeps_it(hall: Hall) -> None:
    first, second = hall.join(), hall.join("B")
    hall.phase("write")
    early, late = hall.ask(first), hall.ask(second)
    assert hall.rows("SELECT number FROM question WHERE event = ?", hall.here.event) == [
        (None,),
        (None,),
    ]
    hall.phase("discuss", "B")
    assert question_row(hall, late)["number"] == 1
    hall.phase("discuss")
    assert question_row(hall, early)["number"] == 2
    for phase in ("lobby", "write", "support", "plenary", "results"):
        hall.phase(phase)
        assert question_row(hall, late)["number"] == 1


def test_a_question_that_was_hidden_before_anybody_saw_it_gets_its_number_when_restored(
    hall: Hall,
) -> None:
    facilitator = hall.here.facilitators["A"]
    hall.phase("write")
    question = hall.ask(facilitator)
    hall.do(facilitator, "question.hide", question=question)
    hall.phase("discuss")
    assert ("question", question) not in sight(hall, "room", hall.here.rooms["A"])
    hall.do(facilitator, "question.restore", question=question)
    seen = sight(hall, "room", hall.here.rooms["A"])
    assert seen["question", question]["number"] == 1


@pytest.mark.parametrize("name", ["question.edit", "question.withdraw"])
def test_a_question_is_its_authors_while_nobody_else_stands_behind_it(
    hall: Hall, name: str
) -> None:
    author, other = hall.join(), hall.join()
    hall.phase("support")
    question = hall.ask(author)
    payload = {"question": question, **({"text": "Better?"} if name.endswith("edit") else {})}
    assert hall.refused(other, name, **payload).code == "forbidden"
    hall.do(other, "vote.set", question=question, on=True)
    assert hall.refused(author, name, **payload).code == "conflict"
    hall.do(other, "vote.set", question=question, on=False)
    hall.do(author, name, **payload)


def test_somebody_elses_unseen_question_is_as_if_it_were_not_there(hall: Hall) -> None:
    author, other = hall.join(), hall.join()
    hall.phase("write")
    question = hall.ask(author)
    for actor in (other, hall.here.lead, hall.here.facilitators["A"], "console"):
        for name in ("question.withdraw", "question.hide", "question.split", "vote.set"):
            payload: dict[str, Any] = {"question": question}
            if name == "vote.set":
                payload["on"] = True
            there = hall.send(actor, name, **payload)
            nowhere = hall.send(actor, name, **{**payload, "question": "123"})
            elsewhere = hall.send(actor, name, **{**payload, "question": "9000000"})
            assert code(there) in {"not_found", "forbidden"}
            assert str(there) == str(nowhere) == str(elsewhere)
            assert code(there) == code(nowhere) == code(elsewhere)


def test_who_withdraws_what_they_asked_in_another_room_is_silent_where_they_sit_now(
    hall: Hall,
) -> None:
    person = hall.join("A")
    hall.phase("discuss")
    question = hall.ask(person)
    hall.do(hall.here.lead, "participant.move", participant=person[12:], room=hall.here.rooms["B"])
    assert room_of(hall, "B")["silent"] == 0
    before, held = hall.state().revision, sight(hall, "facilitators", hall.here.rooms["B"])
    hall.do(person, "question.withdraw", question=question)
    delta = changes(hall.state(), Stream("facilitators", int(hall.here.rooms["B"])), before)
    assert fold(held, delta)["room", hall.here.rooms["B"]]["silent"] == 1


def test_for_people_on_the_phone_a_facilitator_asks_and_they_support_it(hall: Hall) -> None:
    phone = hall.join("A")
    facilitator = hall.here.facilitators["A"]
    hall.phase("discuss")
    theirs = hall.do(facilitator, "question.ask", text="From the phone?", for_=phone[12:])
    nobodys = hall.do(facilitator, "question.ask", text="From the hall?")
    assert sight(hall, "lead")["support", theirs["question"]]["people"] == 1
    assert sight(hall, "lead")["support", nobodys["question"]]["people"] == 0
    assert ("question", theirs["question"]) in sight(hall, "me", phone)


def test_a_facilitator_asks_in_the_own_room_for_people_who_sit_there(hall: Hall) -> None:
    away = hall.join("B")
    facilitator = hall.here.facilitators["A"]
    hall.phase("discuss")
    refusal = hall.refused(facilitator, "question.ask", text="?", for_=away[12:])
    assert (refusal.code, refusal.field) == ("invalid", "for")
    refusal = hall.refused(facilitator, "question.ask", text="?", room=hall.here.rooms["B"])
    assert refusal.code == "forbidden"
    refusal = hall.refused(hall.here.lead, "question.ask", text="?")
    assert (refusal.code, refusal.field) == ("invalid", "room")


def test_rewording_keeps_the_authors_own_words(hall: Hall) -> None:
    person = hall.join()
    hall.phase("discuss")
    question = hall.ask(person, "wy?")
    hall.do(hall.here.lead, "question.reword", question=question, text=" Why? ")
    row = question_row(hall, question)
    assert (row["text"], row["original_text"], row["number"]) == ("Why?", "wy?", 1)
    hall.do(person, "question.edit", question=question, text="Why not?")
    row = question_row(hall, question)
    assert (row["text"], row["original_text"]) == ("Why not?", "Why not?")


def test_the_author_is_told_why_a_question_was_hidden_and_others_see_nothing(hall: Hall) -> None:
    person = hall.join()
    hall.phase("support")
    question = hall.ask(person)
    hall.do(hall.here.lead, "question.hide", question=question, reason="Names somebody")
    mine = sight(hall, "me", person)["question", question]
    assert (mine["state"], mine["reason"], mine["mine"]) == ("hidden", "Names somebody", True)
    assert not [key for key in sight(hall, "room", hall.here.rooms["A"]) if "question" in key]


def test_an_event_holds_five_thousand_questions(hall: Hall) -> None:
    facilitator = hall.here.facilitators["A"]
    ask = ("question.ask", {"text": "?"})
    asks = [hall.command(facilitator, *ask) for _ in range(EVENT_QUESTIONS)]
    assert {code(it) for it in hall.write(asks)} == {"ok"}
    assert hall.refused(facilitator, "question.ask", text="One more?").code == "quota_full"


# Seats.


def test_people_without_a_room_sit_where_fewest_are_and_sides_mix(hall: Hall) -> None:
    people = [hall.join("", "x") for _ in range(6)]
    rooms = [hall.state().participants[number(person)].room for person in people]
    assert {rooms.count(room) for room in set(rooms)} == {3}
    hall.join("A", "y")
    hall.join("B", "x")
    last = hall.join("", "y")
    assert hall.state().participants[number(last)].room == int(hall.here.rooms["B"])


def test_a_room_seats_five_hundred(hall: Hall) -> None:
    joins = [hall.joining(hall.here.event, "A", "x") for _ in range(ROOM_SEATS)]
    assert {code(it) for it in hall.write(joins)} == {"ok"}
    late = hall.join("B")
    one_more = hall.joining(hall.here.event, "A", "y")
    assert [code(it) for it in hall.write([one_more])] == ["room_full"]
    room = hall.here.rooms["A"]
    assert hall.refused(late, "seat.take", room=room).code == "room_full"
    move = {"participant": late[12:], "room": room}
    assert hall.refused(hall.here.lead, "participant.move", **move).code == "room_full"
    first = str(min(hall.state().participants))
    hall.do(hall.here.lead, "participant.remove", participant=first, reason="", keep=True)
    hall.do(late, "seat.take", room=room)
    refusal = hall.refused(hall.here.lead, "participant.return", participant=first)
    assert refusal.code == "room_full"


def test_moving_a_seat_leaves_questions_where_they_were_asked(hall: Hall) -> None:
    person = hall.join("A")
    hall.phase("discuss")
    question = hall.ask(person)
    hall.do(person, "seat.take", room=hall.here.rooms["B"])
    assert question_row(hall, question)["room"] == hall.here.rooms["A"]
    assert ("participant", person[12:]) in sight(hall, "facilitators", hall.here.rooms["B"])
    assert ("participant", person[12:]) not in sight(hall, "facilitators", hall.here.rooms["A"])


@pytest.mark.parametrize("keep", [True, False])
def test_what_stays_of_somebody_who_is_removed(hall: Hall, keep: bool) -> None:
    person, other = hall.join(), hall.join()
    hall.phase("support")
    own, theirs = hall.ask(person), hall.ask(other)
    hall.do(person, "vote.set", question=theirs, on=True)
    hall.do(hall.here.lead, "participant.remove", participant=person[12:], reason="", keep=keep)
    seen = sight(hall, "lead")
    assert seen["question", own]["state"] == ("shown" if keep else "hidden")
    assert seen["support", theirs]["people"] == (2 if keep else 1)
    assert len(hall.state().people()) == (2 if keep else 1)
    assert hall.refused(person, "vote.set", question=theirs, on=False).code == "forbidden"
    hall.do(hall.here.lead, "participant.return", participant=person[12:])
    seen = sight(hall, "lead")
    assert seen["question", own]["state"] == "shown"
    assert seen["support", theirs]["people"] == 2


def test_who_was_removed_can_still_be_kept(hall: Hall) -> None:
    person = hall.join()
    hall.phase("support")
    question = hall.ask(person)
    for keep, state in ((False, "hidden"), (True, "shown"), (False, "hidden")):
        gone = {"participant": person[12:], "reason": "left", "keep": keep}
        hall.do(hall.here.lead, "participant.remove", **gone)
        assert question_row(hall, question)["state"] == state
        assert len(hall.state().people()) == keep


def test_what_a_facilitator_hid_stays_hidden_when_its_author_returns(hall: Hall) -> None:
    person = hall.join()
    hall.phase("support")
    question = hall.ask(person)
    hall.do(hall.here.lead, "question.hide", question=question, reason="rude")
    gone = {"participant": person[12:], "reason": "left", "keep": False}
    hall.do(hall.here.lead, "participant.remove", **gone)
    hall.do(hall.here.lead, "participant.return", participant=person[12:])
    row = question_row(hall, question)
    assert (row["state"], row["reason"]) == ("hidden", "rude")


# The shortlist and the plenary.


def test_a_rooms_quota_is_for_its_facilitator_and_not_for_leads(tmp_path: Path) -> None:
    hall = Hall(tmp_path, rooms=[f"R{at}" for at in range(15)])
    facilitator = hall.here.facilitators["R0"]
    hall.phase("discuss")
    asked = [hall.ask(facilitator, f"{at}?") for at in range(4)]
    for question in asked[:2]:
        hall.do(facilitator, "shortlist.set", question=question, on=True)
    star = {"question": asked[2], "on": True}
    assert hall.refused(facilitator, "shortlist.set", **star).code == "quota_full"
    hall.do(facilitator, "shortlist.set", question=asked[0], on=True)
    hall.do(hall.here.lead, "shortlist.set", **star)
    hall.do(hall.here.lead, "shortlist.set", question=asked[3], on=True)
    hall.do(facilitator, "shortlist.set", question=asked[0], on=False)
    hall.do(facilitator, "question.hide", question=asked[1], reason="")
    assert room_of(hall, "R0")["starred"] == 0
    hall.close()


def test_what_is_not_read_in_its_room_yet_is_not_in_the_plenary(hall: Hall) -> None:
    facilitator, person = hall.here.facilitators["A"], hall.join("B")
    hall.phase("plenary")
    hall.phase("write", "A")
    question = hall.ask(facilitator, "Not yet?")
    hall.do(facilitator, "shortlist.set", question=question, on=True)
    assert "Not yet?" not in json.dumps(list(sight(hall, "event").values()))
    assert hall.refused(person, "vote.set", question=question, on=True).code == "not_found"
    before, held = hall.state().revision, sight(hall, "event")
    hall.phase("discuss", "A")
    assert fold(held, changes(hall.state(), Stream("event"), before)) == sight(hall, "event")
    assert sight(hall, "event")["question", question]["number"] == 1
    hall.do(person, "vote.set", question=question, on=True)


def test_support_by_affiliation_is_shown_to_all_only_while_no_group_is_small(hall: Hall) -> None:
    people = [hall.join("A", "xy"[at % 2]) for at in range(10)]
    hall.phase("support")
    question = hall.ask(people[0])
    hall.do(hall.here.lead, "shortlist.set", question=question, on=True)
    hall.phase("plenary")
    assert sight(hall, "event")["support", question]["by_affiliation"] == {"x": 1, "y": 0}
    before, held = hall.state().revision, sight(hall, "event")
    gone = {"participant": people[9][12:], "reason": "", "keep": False}
    hall.do(hall.here.lead, "participant.remove", **gone)
    seen = fold(held, changes(hall.state(), Stream("event"), before))
    assert "by_affiliation" not in seen["support", question]
    assert "by_affiliation" in sight(hall, "lead")["support", question]
    hall.do(hall.here.lead, "participant.return", participant=people[9][12:])
    before, held = hall.state().revision, sight(hall, "event")
    assert "by_affiliation" in held["support", question]
    hall.join("B", "")
    seen = fold(held, changes(hall.state(), Stream("event"), before))
    assert "by_affiliation" not in seen["support", question]


# The list.


def settle(hall: Hall, *entries: dict[str, Any], rule: str = "seqpav") -> Any:
    """Send a lead's list; return what came of it."""
    return hall.send(hall.here.lead, "toplist.set", rule=rule, entries=list(entries))


def test_a_list_has_known_questions_once_each_and_no_more_than_its_places(hall: Hall) -> None:
    facilitator = hall.here.facilitators["A"]
    hall.phase("discuss")
    one, two = hall.ask(facilitator), hall.ask(facilitator)
    good = {"questions": [one], "text": "Why?"}
    assert code(settle(hall)) == "invalid"
    assert code(settle(hall, *[{"questions": [one], "text": "?"}] * 6)) == "invalid"
    assert code(settle(hall, good, good)) == "conflict"
    assert code(settle(hall, good, {"questions": [two, two], "text": "?"})) == "conflict"
    assert code(settle(hall, {"questions": [], "text": "?"})) == "invalid"
    assert code(settle(hall, {"questions": ["9000000"], "text": "?"})) == "not_found"
    assert code(settle(hall, {**good, "text": " "})) == "empty"
    assert code(settle(hall, {**good, "texts": {"de": "Warum?"}})) == "invalid"
    assert code(settle(hall, {**good, "note": "x" * 1001})) == "too_long"
    assert code(settle(hall, good, rule="av")) == "invalid"
    assert sight(hall, "lead")["toplist", "draft"]["settled"] is False
    assert code(settle(hall, {**good, "texts": {"sv": "Varför?", "fi": " "}}, rule="votes")) == "ok"
    draft = sight(hall, "lead")["toplist", "draft"]
    assert (draft["settled"], draft["rule"]) == (True, "votes")
    assert draft["entries"][0]["texts"] == {"sv": "Varför?"}


def test_what_is_published_stays_as_it_was_until_it_is_published_again(hall: Hall) -> None:
    person = hall.join()
    hall.phase("support")
    question = hall.ask(person, "Before?")
    hall.do(hall.here.lead, "toplist.publish", stage="preliminary")
    before = sight(hall, "public")["toplist", "published"]
    hall.do(hall.here.lead, "question.reword", question=question, text="After?")
    hall.do(hall.here.lead, "question.hide", question=question, reason="")
    assert sight(hall, "public")["toplist", "published"] == before
    hall.do(hall.here.lead, "toplist.publish", stage="final")
    assert sight(hall, "public")["toplist", "published"]["entries"] == []
    assert sight(hall, "event")["event", str(hall.here.event)]["stage"] == "final"


def test_nothing_that_only_its_author_knows_is_published_or_proposed(hall: Hall) -> None:
    person = hall.join()
    hall.phase("write")
    hall.ask(person, "Unseen?")
    hall.do(hall.here.lead, "toplist.publish", stage="preliminary")
    assert sight(hall, "public")["toplist", "published"]["entries"] == []
    assert proposal(hall.state(), seen_only=True) == []
    for audience in (STAFF, PUBLIC):
        assert "Unseen?" not in export("json", hall.db, hall.here.event, audience=audience)
    assert "Unseen?" in export("json", hall.db, hall.here.event, audience=ORGANISER)


def test_the_wording_of_what_was_hidden_is_not_published(hall: Hall) -> None:
    person = hall.join()
    hall.phase("support")
    root, part = hall.ask(person, "Names Ann?"), hall.ask(person, "Fine?")
    hall.do(hall.here.lead, "question.merge", into=root, questions=[part])
    assert code(settle(hall, {"questions": [root], "text": "The leads' words?"})) == "ok"
    hall.do(hall.here.lead, "question.hide", question=root, reason="names somebody")
    hall.do(hall.here.lead, "toplist.publish", stage="final")
    published = json.dumps(sight(hall, "public")["toplist", "published"])
    assert "The leads' words?" in published
    assert "Fine?" in published
    assert "Names Ann?" not in published
    assert "Names Ann?" not in export("json", hall.db, hall.here.event, audience=PUBLIC)


# The ledger.


def test_the_ledger_holds_every_accepted_command_and_no_other(hall: Hall) -> None:
    person = hall.join()
    hall.phase("support")
    start = hall.state().revision
    question = hall.ask(person, "Why?")
    hall.refused(person, "question.ask", text="")
    hall.do(person, "vote.set", question=question, on=False)
    sql = "SELECT revision, actor, command, payload FROM ledger WHERE event = ? AND revision > ?"
    assert hall.rows(sql, hall.here.event, start) == [
        (start + 1, person, "question.ask", '{"text":"Why?"}'),
        (start + 2, person, "vote.set", f'{{"on":false,"question":"{question}"}}'),
    ]


def test_the_same_op_is_another_persons_own(hall: Hall) -> None:
    one, two = hall.join(), hall.join()
    hall.phase("write")
    op = hall.op()
    asks = [Command(hall.here.event, it, "question.ask", {"text": "?"}, op) for it in (one, two)]
    first, second = hall.write(asks)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["question"] != second["question"]


def test_an_op_that_was_used_for_something_else_is_refused(hall: Hall) -> None:
    facilitator = hall.here.facilitators["A"]
    ask = hall.command(facilitator, "question.ask", {"text": "?"})
    assert code(hall.write([ask])[0]) == "ok"
    for payload in ({"text": "!"}, {"text": "\ud800"}, {"text": "?", "room": ""}):
        assert code(hall.write([replace(ask, payload=payload)])[0]) == "op_reused"
    hide = replace(ask, name="question.hide", payload={"question": "9000001"})
    assert code(hall.write([hide])[0]) == "op_reused"


def test_a_join_forms_op_gives_no_seat_of_another_event(hall: Hall) -> None:
    join = hall.joining(hall.here.event, "A", "x")
    assert code(hall.write([join])[0]) == "ok"
    assert code(hall.write([replace(join, event=hall.elsewhere.event)])[0]) == "op_reused"


def test_what_was_accepted_is_answered_alike_also_to_who_may_no_more(hall: Hall) -> None:
    person = hall.join()
    hall.phase("write")
    ask = hall.command(person, "question.ask", {"text": "?"})
    first = hall.write([ask])
    hall.phase("results")
    hall.do(hall.here.lead, "participant.remove", participant=person[12:], reason="", keep=True)
    assert hall.write([ask]) == first


@pytest.mark.parametrize("op", ["", "x", "1234", None, 7, "0" * 31, "{" + "0" * 60 + "}"])
def test_an_op_is_a_uuid(hall: Hall, op: Any) -> None:
    outcome = hall.write([Command(hall.here.event, hall.here.lead, "timer.set", {}, op)])[0]
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.field) == ("invalid", "op")


# Anything at all.

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**400), 10**400, 2**63, 1e308, -1.0])
    | st.floats()
    | st.text()
    | st.text(st.characters(), max_size=4)
    | st.sampled_from(
        ["\ud800", "A", "seqpav", "write", "final", "9000001", "5000001", "2999-12-31"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
#: What people can send: the contract's commands, and the two that forms stand for.
REACHABLE = sorted({*CONTRACT, "participant.join", "seat.take"})


@st.composite
def wishes(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a command's name and a payload that has its keys, but hardly ever what belongs there."""
    name = draw(st.sampled_from(REACHABLE))
    structs = sorted(set(registry[name].payloads.values()), key=lambda it: it.__name__)
    keys = draw(st.sampled_from(structs)).__struct_encode_fields__
    value = JUNK | st.sampled_from(["9000001", "5000001", "7000001", "plenary", "votes", True])
    payload = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(keys, value)))
    return name, payload if draw(st.integers(0, 9)) else draw(JUNK)


@pytest.fixture(scope="module")
def busy_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """Return an event in the phase of support with a person and a question."""
    hall = Hall(tmp_path_factory.mktemp("busy"))
    person = hall.join()
    hall.phase("support")
    hall.ask(person)
    yield hall
    hall.close()


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    wish=wishes(),
    actor=st.integers(0, 5),
    same_op=st.booleans(),
)
def test_whatever_comes_is_answered_with_a_code_and_a_sentence(
    busy_hall: Hall, wish: tuple[str, Any], actor: int, same_op: bool
) -> None:
    here = busy_hall.here
    actors = (here.lead, here.facilitators["A"], "participant:7000001", "console", "door", "clock")
    op = "00000000-0000-4000-8000-000000000001" if same_op else busy_hall.op()
    command = Command(here.event, actors[actor], *wish, op)
    outcomes, trouble = write(busy_hall.db, [command])
    assert trouble == [], trouble[0]
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            assert outcome.code in STATUS
            assert str(outcome)
            str(outcome).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("key", ["participant", "reason", "keep"])
def test_half_of_a_surrogate_pair_is_refused_wherever_it_stands(hall: Hall, key: str) -> None:
    payload = {"participant": hall.join()[12:], "reason": "", "keep": True, key: "\ud800"}
    refusal = hall.refused(hall.here.lead, "participant.remove", **payload)
    assert refusal.code in {"invalid", "not_found"}


def test_the_contracts_commands_are_offered_and_no_others() -> None:
    assert sorted(CONTRACT) == sorted(
        [
            *("question.ask", "question.edit", "question.withdraw", "vote.set"),
            *("question.hide", "question.restore", "question.reword"),
            *("question.merge", "question.split", "shortlist.set", "phase.set", "timer.set"),
            *("participant.remove", "participant.return", "participant.move"),
            *("toplist.set", "toplist.publish"),
        ]
    )
    assert registry.keys() - CONTRACT == {
        *("event.create", "grant.add", "participant.join", "seat.take"),
    }
