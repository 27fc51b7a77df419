"""Every change of state, a file per noun. `perform` is the one way in, for every caller."""

from dataclasses import dataclass
from typing import Any

from ..store import Database
from . import events, merging, phase, questions, seats, shortlist, toplist, votes
from .context import (
    Context,
    Payload,
    accept,
    begin,
    earlier_reply,
    find_verb,
    read_op,
    read_payload,
    registry,
)

__all__ = ["CONTRACT", "Command", "perform"]

#: Importing a module of commands registers what it holds.
MODULES = (events, merging, phase, questions, seats, shortlist, toplist, votes)

#: What the socket offers: the contract's commands. The rest comes through forms and the console.
CONTRACT = frozenset(name for name in registry if registry[name].public)


@dataclass(frozen=True)
class Command:
    """What somebody wants done.

    `actor` is `participant:ID`, `grant:ID`, `clock`, `console` or `door` (nobody yet).
    `event` is None only for `event.create`. `op` is the client's UUID for this one wish.
    """

    event: int | None
    actor: str
    name: str
    payload: dict[str, Any]
    op: str


def perform(db: Database, command: Command, now: float) -> dict[str, Any]:
    """Carry out `command` at `now` (seconds since the epoch) inside the caller's transaction.

    Returns the ack, `{"ok": True, "revision": n, …}`; the same `op` again returns the same. Raises
    Refusal, after which the caller rolls back to where it was.
    """
    op = read_op(command.op)
    verb = find_verb(command.name)
    payload: Payload = read_payload(verb, command.actor, command.payload)
    stored = earlier_reply(db, command.event, command.actor, op, command.name, command.payload)
    if stored is not None:
        return stored
    context: Context = begin(db, verb, command.event, command.actor, now)
    reply = verb.function(context, payload)
    return accept(context, op, command.actor, command.name, command.payload, reply)
