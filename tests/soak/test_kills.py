"""SIGKILL under load: what was acked is there, once, and everybody comes back to the same state."""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.soak import history
from tests.soak.crowd import Member, act, gather
from tests.soak.mutants import MUTANTS, Mutant
from tests.support.server import Server

#: Differences after which looking for more only takes time.
ENOUGH = 2

EVENT: dict[str, Any] = {
    "title": "Katkos",
    "question": "Mitä jää?",
    "affiliations": ["x", "y"],
    "rooms": [{"name": "A"}, {"name": "B"}, {"name": "C"}, {"name": "D"}],
}


def test_three_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    report = asyncio.run(under_fire(Server(tmp_path).start(), people=24, kills=3, rate=120))
    assert report["faults"] == []


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    report = asyncio.run(under_fire(Server(tmp_path).start(), people=200, kills=100, rate=300))
    print({key: value for key, value in report.items() if key != "faults"})
    assert report["faults"] == []
    assert report["longest_back"] <= 2.0


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_checker_catches(mutant: Mutant, tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.root = mutant.build(tmp_path)
    report = asyncio.run(under_fire(server.start(), people=12, kills=2, rate=200))
    assert report["faults"] != []


async def under_fire(server: Server, *, people: int, kills: int, rate: float) -> dict[str, Any]:
    """A crowd at work while the server is killed and started again at random times.

    `rate` is the crowd's commands a second. Returns the faults found, the commands sent and acked,
    and how long the server was away at most, in seconds.
    """
    rng = random.Random(int(os.environ.get("DIALOGI_TEST_SEED", "7")))
    links = await asyncio.to_thread(server.event_from, EVENT)
    members = await gather(server.url, links["join"], people)
    try:
        await _open(server, links, members[0])
        gap = 1.0 if people < 100 else 1.5
        until = time.monotonic() + kills * (gap + 1.2)
        work = [asyncio.create_task(act(m, rng, until, rate / people)) for m in members]
        away = []
        for _ in range(kills):
            await asyncio.sleep(rng.uniform(0.2, gap))
            began = time.monotonic()
            await asyncio.to_thread(server.restart)
            away.append(time.monotonic() - began)
        await asyncio.wait_for(asyncio.gather(*work), 120)
        different = await _differences(members)
        sent = [sent for member in members for sent in member.sent]
        return {
            "faults": history.faults(server.folder / "dialogi.sqlite", members) + different,
            "sent": len(sent),
            "acked": sum(1 for it in sent if it.ack is not None and it.ack["ok"]),
            "longest_back": max(away),
            "cuts": sum(len(member.reconnected) - 1 for member in members),
        }
    finally:
        await asyncio.gather(*(member.leave() for member in members))
        await asyncio.to_thread(server.stop)


async def _open(server: Server, links: dict[str, Any], member: Member) -> None:
    """Begin the support phase, as a lead of its own does."""
    lead = Member(server.url, links["join"])
    async with lead.http.get(links["facilitate"]) as page:
        assert page.status == 200
    async with lead.http.ws_connect(
        server.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
    ) as socket:
        await socket.receive_str()
        await socket.send_str("40{}")
        await socket.receive_str()
        op = "5f0c7d0e-1111-4222-8333-444455556666"
        await socket.send_str(f'421["phase.set",{{"op":"{op}","phase":"support"}}]')
        while not (await socket.receive_str()).startswith("431"):
            pass
    await lead.http.close()
    while member.streams[f"room:{member.room}"].entities["room", member.room]["phase"] != "support":
        await asyncio.sleep(0.05)


async def _differences(members: list[Member]) -> list[str]:
    """Whose streams, folded from their own deltas, are not what a newcomer gets."""
    await asyncio.sleep(1.0)
    found: list[str] = []
    for member in members:
        if len(found) >= ENOUGH:
            break
        for name, held in member.streams.items():
            fresh: dict[Any, Any] = {}
            for _ in range(6):
                try:
                    revision, fresh = await member.fresh(name)
                except ConnectionError:
                    await asyncio.sleep(0.3)
                    continue
                if fresh == held.entities or held.revision > revision:
                    break
                await asyncio.sleep(0.2)
            if fresh != held.entities:
                found.append(f"{name} of {member.id} is not what a newcomer gets")
    return found
