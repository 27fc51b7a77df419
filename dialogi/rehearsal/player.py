"""Plays a script against a running server: order and pace of everybody's commands."""

from __future__ import annotations

import asyncio
import gc
import resource
from collections.abc import Iterable
from typing import Any, TextIO
from urllib.parse import urljoin, urlsplit

import aiohttp

from ..model.recording import CLOCK, Recording
from .convergence import Comparison, compare, quiet
from .effects import FinalState, missing
from .entrance import Joining, NotAdmitted, NotThere, trade
from .measure import Tally
from .memory import Memory, Unknown
from .person import Hall, Person, Reply
from .script import JOIN, RehearsalError, Script, Step

JOINING_AT_ONCE = 24
PROGRESS_SECONDS = {True: 1.0, False: 10.0}
# A server that is not there at the start is more likely a wrong address than a restart.
FIRST_PATIENCE_SECONDS = 10.0
FILES_WANTED = 65536


class Player:
    """One rehearsal. `play` is called once."""

    def __init__(
        self,
        script: Script,
        *,
        url: str,
        join_url: str,
        facilitate_url: str | None,
        speed: float,
        progress: TextIO | None,
    ) -> None:
        self._script = script
        self._url = url
        self._join_url = join_url
        self._facilitate_url = facilitate_url
        self._speed = speed
        self._progress = progress
        self._tally = Tally(lines=script.lines, commands=script.commands)
        self._memory = Memory()
        self._people: dict[str, Person] = {}
        self._facilitators: dict[str, Person] = {}
        self._failed: dict[str, tuple[str, str]] = {}
        self._acked: list[Step] = []
        self._gates = [asyncio.Event() for _ in script.segments]
        self._done: dict[int, asyncio.Event] = {}
        self._settled = [asyncio.Event() for _ in script.segments]
        self._open = [len(segment.steps) for segment in script.segments]
        self._started = 0.0

    async def play(self) -> dict[str, object]:
        """Everybody joins, the lines are sent, the final states are compared → the result."""
        reporting = asyncio.create_task(self._report_progress())
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=3600)
        self._hall = Hall(self._url, connector, self._tally)
        try:
            await self._gather_people()
            # What is alive now stays alive: collecting it again and again would cost pauses.
            gc.collect()
            gc.freeze()
            self._started = _now()
            await self._play_lines()
            await quiet(self._tally)
            everybody = [*self._people.values(), *self._facilitators.values()]
            comparison = await compare(everybody)
            self._look_for_effects(comparison)
            self._report_differences(comparison)
            return self._tally.result(len(self._script.people), not comparison.differences)
        finally:
            gc.unfreeze()
            reporting.cancel()
            leaving = [*self._people.values(), *self._facilitators.values()]
            await asyncio.gather(*(person.leave() for person in leaving))
            await connector.close()

    # Entering.

    async def _gather_people(self) -> None:
        if self._facilitate_url:
            await self._gather_facilitators()
        elif self._script.facilitators or any(
            segment.barrier is not None for segment in self._script.segments
        ):
            raise RehearsalError("facilitators have lines in this recording: give --facilitate URL")
        slots = asyncio.Semaphore(JOINING_AT_ONCE)

        async def enter(key: str) -> None:
            async with slots:
                await self._enter(key)

        keys = [key for key in self._script.people if key not in self._script.late]
        if keys:
            # A wrong address or a closed door is found out by one person, not by all.
            await self._enter(keys[0], FIRST_PATIENCE_SECONDS)
            if len(self._failed) == 1:
                raise RehearsalError(f"nobody can join: {self._failed[keys[0]][1]}")
        await asyncio.gather(*(enter(key) for key in keys[1:]))

    async def _gather_facilitators(self) -> None:
        wanted = dict(self._script.facilitators)
        if "" not in wanted.values():
            # Somebody has to send the clock's lines and to see all rooms at the end.
            wanted[CLOCK] = ""
        for key, room in wanted.items():
            person = Person(
                key,
                self._hall,
                lambda session: lambda: trade(session, self._facilitate_url or ""),
                room,
            )
            self._facilitators[key] = person
            try:
                await person.enter(FIRST_PATIENCE_SECONDS)
            except (NotAdmitted, NotThere) as problem:
                raise RehearsalError(f"facilitator {key} cannot enter: {problem}") from problem
            self._memory.learn(person.streams["event"].entities.values())

    async def _enter(self, key: str, patience: float | None = None) -> None:
        line = self._script.people[key]
        answers = {
            "name": line.get("name") or "",
            "affiliation": line.get("affiliation") or "",
            "room": line.get("room") or "",
        }
        person = Person(
            key,
            self._hall,
            lambda session: Joining(session, self._join_url, answers).attempt,
        )
        try:
            await person.enter(patience)
        except (NotAdmitted, NotThere) as problem:
            verdict = "refused" if isinstance(problem, NotAdmitted) else "lost"
            self._failed[key] = (verdict, str(problem))
            self._memory.fates["participant", key] = verdict
            self._say(f"line {line['line']}: {key} cannot join: {problem}")
            await person.leave()
            return
        self._people[key] = person
        me = person.me()
        if me is not None:
            self._memory.names.people[key] = me["id"]
        self._memory.learn(person.streams["event"].entities.values())

    # Playing.

    async def _play_lines(self) -> None:
        for segment in self._script.segments:
            for step in segment.steps:
                for index in step.waits:
                    self._done.setdefault(index, asyncio.Event())
        async with asyncio.TaskGroup() as workers:
            for steps in self._script.by_person().values():
                workers.create_task(self._act(steps))
            for number, segment in enumerate(self._script.segments):
                self._gates[number].set()
                if self._open[number]:
                    await self._settled[number].wait()
                if segment.barrier is not None:
                    await self._until(segment.barrier)
                    await self._perform(segment.barrier)

    async def _act(self, steps: Iterable[Step]) -> None:
        """One person's lines, one after the other."""
        for step in steps:
            await self._gates[step.segment].wait()
            for index in step.waits:
                await self._done[index].wait()
            await self._until(step)
            if step.command == JOIN:
                await self._enter(step.by)
            else:
                await self._perform(step)
            done = self._done.get(step.index)
            if done is not None:
                done.set()
            self._open[step.segment] -= 1
            if not self._open[step.segment]:
                self._settled[step.segment].set()

    async def _until(self, step: Step) -> None:
        wait = self._started + step.at / self._speed - _now()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _perform(self, step: Step) -> None:
        person = self._actor(step.by)
        if person is None:
            verdict, why = self._failed[step.by]
            self._refuse_or_lose(step, verdict, "not_found", f"{step.by} could not join: {why}")
            return
        try:
            payload = self._memory.payload(step)
        except Unknown as problem:
            self._refuse_or_lose(step, problem.verdict, "not_found", str(problem))
            return
        me = person.me() or {}
        audience = self._memory.audience(step, str(me.get("room") or ""))
        self._tally.sent += 1
        reply = await person.command(step.command, payload)
        if reply.verdict != "acked":
            self._refuse_or_lose(step, reply.verdict, reply.code, reply.message)
            return
        self._take(step, reply)
        if audience:
            self._tally.sightings.expect(audience, reply.body["revision"], person.key, reply.sent)

    def _actor(self, by: str) -> Person | None:
        if by in self._people or by in self._failed:
            return self._people.get(by)
        if by in self._facilitators:
            return self._facilitators[by]
        return next(
            (person for key, person in self._facilitators.items() if self._leads(key)), None
        )

    def _leads(self, key: str) -> bool:
        return not self._script.facilitators.get(key)

    def _take(self, step: Step, reply: Reply) -> None:
        self._tally.acked += 1
        self._tally.ack_seconds.append(reply.answered - reply.sent)
        self._acked.append(step)
        self._memory.take(step, reply.body)

    def _refuse_or_lose(self, step: Step, verdict: str, code: str, message: str) -> None:
        if verdict == "refused":
            self._tally.refused += 1
        else:
            self._tally.lost += 1
        self._memory.fail(step, verdict)
        self._say(f"line {step.line}: {step.command} {verdict}: {code} {message}".rstrip())

    # The end.

    def _look_for_effects(self, comparison: Comparison) -> None:
        leads = [key for key in self._facilitators if (key, "lead") in comparison.fresh]
        event = next(
            (fresh for (_, stream), fresh in comparison.fresh.items() if stream == "event"), {}
        )
        state = FinalState(
            self._memory.names,
            event,
            comparison.fresh[leads[0], "lead"] if leads else None,
            {key: fresh for (key, stream), fresh in comparison.fresh.items() if stream == "me"},
        )
        for step in missing(sorted(self._acked, key=lambda step: step.index), state):
            self._tally.acked -= 1
            self._tally.lost += 1
            self._say(f"line {step.line}: {step.command} was acked, but its effect is absent")

    def _report_differences(self, comparison: Comparison) -> None:
        for (person, stream), difference in list(comparison.differences.items())[:10]:
            self._say(f"{person} has not converged in {stream}: {difference}")
        if len(comparison.differences) > 10:
            self._say(f"… {len(comparison.differences)} streams have not converged in all")

    async def _report_progress(self) -> None:
        if self._progress is None:
            return
        pause = PROGRESS_SECONDS[self._progress.isatty()]
        total = self._script.last_at / self._speed
        while True:
            await asyncio.sleep(pause)
            tally = self._tally
            if not self._started:
                self._say(f"{len(self._people)} of {len(self._script.people)} people have joined")
                continue
            self._say(
                f"{_now() - self._started:.0f}/{total:.0f} s, {tally.sent} of {tally.commands} "
                f"sent, {tally.acked} acked, {tally.refused} refused, {tally.lost} lost"
            )

    def _say(self, line: str) -> None:
        if self._progress is not None:
            print(line, file=self._progress, flush=True)


def rehearse(
    script: Recording | Iterable[dict[str, Any]],
    *,
    url: str | None,
    join_url: str,
    facilitate_url: str | None,
    speed: float,
    progress: TextIO | None,
) -> dict[str, object]:
    """Plays a recording against a running server and returns the contract's result.

    `script` is a recording that was read, or its lines as dictionaries; `url` the server's address,
    by default that of `join_url`; `speed` how many recorded seconds pass in one; `progress` where
    progress and refusals are reported. Raises `RehearsalError`.
    """
    if speed <= 0:
        raise RehearsalError("the speed must be greater than 0")
    if url is None:
        parts = urlsplit(join_url)
        url = f"{parts.scheme}://{parts.netloc}"
    _allow_many_files()
    return asyncio.run(
        _play(
            Script.of(script),
            url=url,
            join_url=urljoin(url, join_url),
            facilitate_url=urljoin(url, facilitate_url) if facilitate_url else None,
            speed=speed,
            progress=progress,
        )
    )


async def _play(script: Script, **where: Any) -> dict[str, object]:
    # The player's events belong to the loop that runs.
    return await Player(script, **where).play()


def _allow_many_files() -> None:
    """Everybody has a connection of their own: asks for as many open files as are allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(FILES_WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _now() -> float:
    return asyncio.get_running_loop().time()
