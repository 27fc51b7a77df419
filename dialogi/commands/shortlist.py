"""The shortlist: what each room brings to the plenary."""

from ..errors import N_, Refusal
from ..model.limits import star_quota
from .clusters import touch
from .context import STAFF, Context, Fields, Reply, command


class Star(Fields):
    question: str
    on: bool


@command("shortlist.set", (STAFF, Star))
def set_star(context: Context, payload: Star) -> Reply:
    """Put a question on the shortlist or take it off; a room's facilitator has a quota.

    What a lead puts there does not use up the room's quota.
    """
    question = context.moderated(payload.question)
    if payload.on and not question["shortlisted"] and context.own_room is not None:
        quota = star_quota(
            context.rows("SELECT COUNT(*) FROM room WHERE event = ?", context.event)[0][0]
        )
        starred = context.rows(
            "SELECT COUNT(*) FROM question WHERE room = ? AND shortlisted AND NOT hidden"
            " AND NOT withdrawn AND starred_by = 'facilitator'",
            context.own_room,
        )[0][0]
        if starred >= quota:
            raise Refusal(
                "quota_full",
                N_("The room's shortlist is full (%(quota)s). Take one off it first."),
                quota=quota,
            )
    if payload.on != bool(question["shortlisted"]):
        context.run(
            "UPDATE question SET shortlisted = ?, starred_by = ? WHERE id = ?",
            int(payload.on),
            ("lead" if context.own_room is None else "facilitator") if payload.on else None,
            question["id"],
        )
    touch(context, question["id"])
    context.run(
        "UPDATE room SET staff_changed = ?1, touched = ?1 WHERE id = ?2",
        context.revision,
        question["room"],
    )
    return {"question": payload.question}
