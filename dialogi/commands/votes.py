"""Support: giving it and taking it back."""

from typing import Any

from ..errors import N_, Refusal, forbidden
from ..model import phases
from .clusters import chain, cluster, on_shortlist, touch_support
from .context import PARTICIPANT, Context, Fields, Reply, Seat, command, missing
from .questions import in_phase, touch_supports


class Vote(Fields):
    question: str
    on: bool


@command("vote.set", (PARTICIPANT, Vote))
def set_vote(context: Context, payload: Vote) -> Reply:
    """Support a question, or take one's support back; each person counts once."""
    seat = context.the_seat()
    question = context.question(payload.question)
    _may_vote(context, seat, question)
    context.run(
        "INSERT INTO vote (question, participant, event, active, revision) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET active = excluded.active, revision = excluded.revision",
        question["id"],
        seat.id,
        context.event,
        int(payload.on),
        context.revision,
    )
    if question["merged_into"] is None:
        context.run(
            "UPDATE question SET support_changed = ?1, touched = ?1 WHERE id = ?2",
            context.revision,
            question["id"],
        )
    else:
        touch_support(context, question["id"])
    touch_supports(context, seat.id)
    return {"question": payload.question}


def _may_vote(context: Context, seat: Seat, question: Any) -> None:
    own = question["author"] == seat.id
    if question["number"] is None and not own:
        raise missing("question")
    in_phase(seat.phase, phases.SUPPORTING)
    if question["withdrawn"]:
        raise missing("question")
    if question["hidden"]:
        raise Refusal(
            "hidden", N_("The facilitator has hidden this question, so it cannot be supported.")
        )
    if seat.phase == phases.PLENARY:
        root = chain(context, question["id"])[-1]
        if not (question["shortlisted"] or on_shortlist(root, cluster(context, root))):
            raise Refusal(
                "wrong_phase",
                N_("Only questions on the shortlist can be supported now. Choose one of those."),
            )
    elif not own:
        if question["room"] != seat.room:
            raise forbidden()
        in_phase(seat.phase, frozenset({phases.SUPPORT}))
