"""Who sits where: rooms of equal size, with the affiliations mixed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A room as the next person finds it; `alike` are those of the same affiliation."""

    room: int
    people: int
    alike: int


def emptiest(tables: Sequence[Table], seats: int) -> int | None:
    """The room where people are fewest, then fewest of one's own affiliation, then the first.

    None when every room has `seats` people already.
    """
    free = [table for table in tables if table.people < seats]
    if not free:
        return None
    return min(free, key=lambda table: (table.people, table.alike)).room
