"""Clusters of merged questions in SQL: what belongs together, and marking it as changed."""

from typing import Any

from ..model import phases
from .context import Context

_CHAIN = """
WITH RECURSIVE chain (id, up, step) AS (
    SELECT id, merged_into, 0 FROM question WHERE id = ?
    UNION ALL SELECT q.id, q.merged_into, step + 1 FROM question q JOIN chain ON q.id = chain.up
)
SELECT id FROM chain ORDER BY step
"""

_CLUSTER = """
WITH RECURSIVE cluster (id) AS (
    VALUES (?)
    UNION SELECT q.id FROM question q JOIN cluster c ON q.merged_into = c.id
)
SELECT q.* FROM question q JOIN cluster USING (id) ORDER BY q.id
"""


def chain(context: Context, question: int) -> list[int]:
    """The question and all that it was merged into, up to the root."""
    return [row[0] for row in context.rows(_CHAIN, question)]


def cluster(context: Context, question: int) -> list[Any]:
    """The question and everything merged into it, directly or further."""
    return context.rows(_CLUSTER, question)


def on_shortlist(root: int, members: list[Any]) -> bool:
    """Whether the cluster is on the shortlist, its root itself or through a visible part."""
    return any(
        member["shortlisted"] and (member["id"] == root or _visible(member)) for member in members
    )


def touch(context: Context, question: int) -> None:
    """Mark the question's whole cluster as changed, texts and support, and open it where due.

    What is on the shortlist while the event is in plenary is open to everybody from then on.
    """
    root = chain(context, question)[-1]
    members = cluster(context, root)
    starred = on_shortlist(root, members) and _visible(
        next(member for member in members if member["id"] == root)
    )
    opens = starred and context.event_phase == phases.PLENARY
    for member in members:
        seen = _visible(member)
        context.run(
            "UPDATE question SET changed = ?1, support_changed = ?1, touched = ?1,"
            " starred_once = MAX(starred_once, ?2), opened = MAX(opened, ?3) WHERE id = ?4",
            context.revision,
            int(starred and seen),
            int(opens and seen),
            member["id"],
        )


def touch_support(context: Context, question: int) -> None:
    """Mark the support of the question and of all it was merged into as changed."""
    for link in chain(context, question):
        context.run(
            "UPDATE question SET support_changed = ?1, touched = ?1 WHERE id = ?2",
            context.revision,
            link,
        )


def open_shortlist(context: Context) -> None:
    """The event enters plenary: everything on the shortlist is open to everybody from now on."""
    starred = context.rows("SELECT id FROM question WHERE event = ? AND shortlisted", context.event)
    for root in {chain(context, row[0])[-1] for row in starred}:
        touch(context, root)


def people_behind(context: Context, question: int) -> set[int]:
    """Who stands behind the question: its own supporters and those of its visible parts."""
    people: set[int] = set()
    for member in cluster(context, question):
        if member["id"] == question or _visible(member):
            people.update(
                row[0]
                for row in context.rows(
                    "SELECT v.participant FROM vote v JOIN participant p ON p.id = v.participant"
                    " WHERE v.question = ? AND v.active AND (p.kept OR NOT p.removed)",
                    member["id"],
                )
            )
    return people


def _visible(question: Any) -> bool:
    return not (question["hidden"] or question["withdrawn"])
