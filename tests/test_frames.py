"""Packets that no client would send, and those that a client in trouble does: nothing closes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from tests.support.client import Person
from tests.support.meeting import Meeting, Member, assert_refused, dump
from tests.support.server import Server
from tests.support.socket import Refused, Socket

pytestmark = pytest.mark.server

#: One of each kind of question's text: three bytes a character, as long as may be.
LONG = "问" * 500


@pytest.fixture(scope="module")
def meeting(server: Server) -> Iterator[Meeting]:
    """Return an event in `support` that this module's tests share."""
    meeting = Meeting(server, places=30)
    meeting.phase("support")
    yield meeting
    meeting.close()


def assert_works(member: Member, socket: Socket | None = None) -> None:
    """Assert that a connection is open and takes commands."""
    socket = socket or member.socket
    ack = socket.emit("question.ask", {"op": str(uuid.uuid4()), "text": "Still here?"})
    assert ack["ok"]
    assert not socket.closed.is_set()


def packets() -> list[str]:
    """Return packets of Engine.IO and Socket.IO that mean nothing."""
    deep = "[" * 50_000
    return [
        "", " ", "4", "4 ", "x", "b", "b!", "bAAAA", "٤2[]", "9", "99", "-1", "2", "2x", "3", "3x",
        "5", "6", "7", "8", "0", '0{"sid":"x"}', f"4{deep}", f"42{deep}", f"421{deep}", f"40{deep}",
        '4{"a":1}', '4"text"', "4null", "4[1]", "44", '44{"message":"no"}', "45", "451-", "4599-[]",
        "42", "42[", "42]", "42{}", "42[]", "42null", "421", "421[]", "42[null,{}]", "42[[],{}]",
        '42["x",{}', '42["x",{}]]', "42[\"x\",\\]", "42['x']", '42[NaN]', '42["x",Infinity]',
        '42["x",1e999]', '42["x",{"a":1,"a":2}]', "42٣[\"x\"]", f"42{'9' * 200}[\"x\"]",
        "42/,1[\"x\",{}]", '42/other,1["x",{}]', "43", "437[]", "43[1]", "431", '43x[]',
        "40/other,", "41/other,", "41/other", "40", '40{"event":5}', '40[1]', '40"x"', "405",
        "40{", "407[]",
    ]  # fmt: skip


def test_packets_that_mean_nothing_leave_the_connection_as_it_was(meeting: Meeting) -> None:
    ann = meeting.participant()
    before = dump(meeting.server)
    for packet in packets():
        ann.socket.send(packet)
    for body in (b"", b"\x00", b"\xff" * 1000, b"42[]", b"\x04[]"):
        ann.socket._socket.send_binary(body)
    assert ann.socket.emit("subscribe", {"stream": "event"})["ok"]
    assert dump(meeting.server) == before
    assert_works(ann)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ('["question.ask"]', "invalid"),
        ('["question.ask",{},{}]', "invalid"),
        ("[]", "invalid"),
        ("[7,{}]", "unknown_command"),
        ("[null,{}]", "unknown_command"),
        ('[{"a":1},{}]', "unknown_command"),
        ("[[],{}]", "unknown_command"),
    ],
)
def test_an_event_of_a_wrong_shape_is_refused(meeting: Meeting, event: str, code: str) -> None:
    assert_refused(answer_to(meeting.participant().socket, event), code)


@pytest.mark.parametrize(
    "text",
    ["\\ud83d", "\\udc00x", "\\ud83d\\ud83d", "\\x", "a\nb"],
    ids=["half", "other half", "halves", "escape", "break"],
)
def test_text_that_no_json_holds_is_refused_rather_than_left_without_an_answer(
    meeting: Meeting, text: str
) -> None:
    ann = meeting.participant()
    op = str(uuid.uuid4())
    event = f'["question.ask",{{"op":"{op}","text":"{text}"}}]'
    assert_refused(answer_to(ann.socket, event), "invalid")
    assert_works(ann)


def answer_to(socket: Socket, event: str) -> dict[str, object]:
    """Send an event as it is, not even valid JSON, and return its ack."""
    acks: list[dict[str, object]] = []
    number = next(socket._ids)
    socket._waiting[number] = acks.append
    socket.send(f"42{number}{event}")
    socket.wait_for(lambda: bool(acks), f"an answer to {event}")
    return acks[0]


def test_leaving_and_coming_back_on_the_same_connection_works(meeting: Meeting) -> None:
    ann = meeting.participant()
    for _ in range(3):
        ann.socket.send("41")
        ann.socket.send("41")
        auth = json.dumps({"event": meeting.event, "role": "participant"})
        welcomes = len(answers(ann.socket, "40"))
        ann.socket.send(f"40{auth}")
        ann.socket.send(f"40{auth}")
        wait_for_more(ann.socket, "40", welcomes)
    assert_works(ann)


def answers(socket: Socket, start: str) -> list[str]:
    """Return the packets that came and begin like this."""
    return [text for way, text in socket.frames if way == "<" and text.startswith(start)]


def wait_for_more(socket: Socket, start: str, than: int) -> None:
    """Wait until one more packet of a kind has come."""
    socket.wait_for(lambda: len(answers(socket, start)) > than, f"a packet {start}")


@pytest.mark.parametrize(
    "auth",
    [{"event": 5}, {"event": None, "role": "lead"}, {"event": "x" * 10_000}, {"role": "king"},
     {"event": "", "role": "public"}, {"role": ["participant"], "event": "NONE"}],
)  # fmt: skip
def test_an_odd_greeting_lets_nobody_in(meeting: Meeting, auth: dict[str, object]) -> None:
    with pytest.raises(Refused):
        Socket(meeting.server.url, auth)


def test_the_longest_list_that_a_lead_may_set_fits(meeting: Meeting) -> None:
    ann = meeting.participant()
    room = meeting.rooms["A"]
    questions = [meeting.lead.ask(LONG, room=room) for _ in range(30)]
    entries = [
        {
            "questions": [question],
            "text": LONG,
            "texts": dict.fromkeys(("fi", "sv", "en"), LONG),
            "note": LONG * 2,
        }
        for question in questions
    ]
    meeting.lead.done("toplist.set", rule="votes", entries=entries)
    assert_works(ann)


def test_a_text_far_too_long_is_refused(meeting: Meeting) -> None:
    ann = meeting.participant()
    assert_refused(ann.do("question.ask", text="x" * 90_000), "too_long", "text")
    assert_refused(ann.do("question.ask", text=LONG * 100), "too_long", "text")
    assert_works(ann)


class Poller:
    """A client that polls, as some networks allow nothing else."""

    def __init__(self, meeting: Meeting, person: Person) -> None:
        self.person = person
        self.url = f"{meeting.server.url}/socket.io/?EIO=4&transport=polling"
        sid = json.loads(person.get(self.url).text[1:])["sid"]
        self.url += f"&sid={sid}"
        assert self.post(f"40{json.dumps({'event': meeting.event})}") == 200
        assert self.wait("40")

    def post(self, payload: str | bytes) -> int:
        """Send packets and return the status."""
        data = payload.encode() if isinstance(payload, str) else payload
        return self.person._open(self.person._request(self.url, data, {})).status

    def wait(self, start: str) -> str:
        """Poll until a packet comes that begins like this."""
        for _ in range(20):
            reply = self.person.get(self.url)
            assert reply.status == 200, f"{reply.status} {reply.text}"
            for packet in reply.text.split("\x1e"):
                if packet.startswith(start):
                    return packet
        raise AssertionError(f"no packet {start}…")


def test_whoever_polls_may_send_nonsense_too(meeting: Meeting) -> None:
    ann = meeting.participant()
    poller = Poller(meeting, ann.person)
    before = dump(meeting.server)
    for packet in packets():
        if packet not in {"1", "2probe"}:
            assert poller.post(packet) in {200, 400}, packet
    assert poller.post(b"\xff\xfe") in {200, 400}
    assert dump(meeting.server) == before
    op = str(uuid.uuid4())
    assert poller.post(f'4271["question.ask",{{"op":"{op}","text":"Why?"}}]') == 200
    assert '"ok":true' in poller.wait("4371[")


def test_whoever_polls_may_send_a_whole_outbox_at_once(meeting: Meeting) -> None:
    ann = meeting.participant()
    poller = Poller(meeting, ann.person)
    asks = [
        f'42{number}["question.ask",{{"op":"{uuid.uuid4()}","text":"Number {number}?"}}]'
        for number in range(40)
    ]
    assert poller.post("\x1e".join(asks)) == 200
    poller.wait("4339[")
    assert len(ann.socket.fresh("me").of_type("question")) == 40
