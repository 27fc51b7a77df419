"""Floods: whoever sends too much is told to slow down, loses nothing, and holds up nobody."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from functools import partial

import pytest

from tests.support.meeting import Meeting, assert_refused
from tests.support.server import Server
from tests.support.socket import Payload, Socket

pytestmark = pytest.mark.server


@pytest.fixture
def meeting(server: Server) -> Iterator[Meeting]:
    """Return an event in `support`."""
    meeting = Meeting(server)
    meeting.phase("support")
    yield meeting
    meeting.close()


def flood(sockets: list[Socket], command: str, payloads: list[Payload]) -> list[Payload]:
    """Send everything at once and return the acks in the order of sending."""
    acks: dict[int, Payload] = {}
    all_here = threading.Event()

    def take(number: int, ack: Payload) -> None:
        acks[number] = ack
        if len(acks) == len(payloads):
            all_here.set()

    for number, payload in enumerate(payloads):
        sockets[number % len(sockets)].emit_later(command, payload, partial(take, number))
    assert all_here.wait(30), f"{len(acks)} of {len(payloads)} acks"
    return [acks[number] for number in range(len(payloads))]


def asks(count: int) -> list[Payload]:
    return [{"op": str(uuid.uuid4()), "text": f"Number {number}?"} for number in range(count)]


def is_slow(ack: Payload) -> bool:
    return bool(ack.get("error", {}).get("code") == "slow_down")


def test_a_person_may_send_a_hundred_at_once_and_the_rest_later(meeting: Meeting) -> None:
    ann = meeting.participant()
    tabs = [ann.socket, meeting.keep(ann.person.connect(meeting.event))]
    payloads = asks(150)
    began = time.monotonic()
    acks = flood(tabs, "question.ask", payloads)
    slow = [payload for payload, ack in zip(payloads, acks, strict=True) if is_slow(ack)]
    assert all(ack["ok"] or is_slow(ack) for ack in acks)
    # One bucket for both tabs: a burst, less what joining took, and what has dripped in since.
    assert 95 <= 150 - len(slow) <= 101 + 20 * (time.monotonic() - began)
    for ack in acks:
        if is_slow(ack):
            assert_refused(ack, "slow_down")
    while slow:
        again = flood(tabs, "question.ask", slow[:20])
        slow = [it for it, ack in zip(slow, again, strict=False) if is_slow(ack)] + slow[20:]
        time.sleep(0.5)
    own = ann.socket.fresh("me").of_type("question")
    assert sorted(it["text"] for it in own) == sorted(it["text"] for it in payloads)
    assert not any(tab.closed.is_set() for tab in tabs)


def test_everything_that_is_sent_counts_also_what_is_refused(meeting: Meeting) -> None:
    ann, page = meeting.participant(), meeting.page("public")
    for socket, command in (
        (ann.socket, "no.such"),
        (ann.socket, "subscribe"),
        (page, "subscribe"),
    ):
        began = time.monotonic()
        acks = flood([socket], command, [{"op": str(uuid.uuid4())}] * 200)
        passed = [ack for ack in acks if not is_slow(ack)]
        assert len(passed) <= 101 + 20 * (time.monotonic() - began)
        assert not any(ack["ok"] for ack in passed)
        assert not socket.closed.is_set()
    assert meeting.participant().ask(), "everybody has a bucket of their own"


def test_facilitators_may_send_a_thousand_at_once(meeting: Meeting) -> None:
    helper = meeting.facilitator("A")
    payloads: list[Payload] = [
        {"op": str(uuid.uuid4()), "question": "0", "reason": ""} for _ in range(1400)
    ]
    began = time.monotonic()
    acks = flood([helper.socket], "question.hide", payloads)
    passed = [ack for ack in acks if not is_slow(ack)]
    assert 990 <= len(passed) <= 1001 + 200 * (time.monotonic() - began)
    assert {ack["error"]["code"] for ack in passed} == {"not_found"}
    time.sleep(0.2)
    assert helper.ask()


def test_others_are_served_while_somebody_floods(meeting: Meeting) -> None:
    ann, bob = meeting.participant(), meeting.participant()
    stop = threading.Event()

    def forever() -> None:
        while not stop.is_set():
            flood([ann.socket], "question.ask", asks(300))

    flooding = threading.Thread(target=forever)
    flooding.start()
    try:
        waits = []
        for number in range(20):
            began = time.monotonic()
            bob.ask(f"Meanwhile {number}")
            waits.append(time.monotonic() - began)
            time.sleep(0.05)
    finally:
        stop.set()
        flooding.join()
    assert max(waits) < 1.5
    assert sorted(waits)[10] < 0.5
