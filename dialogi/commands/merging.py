"""Merging and splitting. A merge is a pointer that can be taken away again; no text is lost."""

from ..errors import N_, Refusal
from .clusters import chain, touch
from .context import STAFF, Context, Fields, Reply, command
from .questions import One


class Merge(Fields):
    into: str
    questions: list[str]


@command("question.merge", (STAFF, Merge))
def merge(context: Context, payload: Merge) -> Reply:
    """Join `questions` with `into`, whose text stands; the people behind them count once."""
    if not payload.questions or len(set(payload.questions)) != len(payload.questions):
        raise Refusal(
            "invalid", N_("Choose at least one question to merge, each once."), field="questions"
        )
    root = context.moderated(payload.into, "into")
    parts = [context.moderated(question, "questions") for question in payload.questions]
    for question in (root, *parts):
        if question["merged_into"] is not None or question["withdrawn"]:
            raise Refusal(
                "conflict",
                N_("Number %(number)s was merged or withdrawn meanwhile. Look at the list again."),
                number=question["number"] or "?",
            )
    for part in parts:
        if part["id"] == root["id"]:
            raise Refusal(
                "conflict", N_("A question cannot be merged with itself. Choose another one.")
            )
        context.run("UPDATE question SET merged_into = ? WHERE id = ?", root["id"], part["id"])
    touch(context, root["id"])
    return {"into": payload.into, "questions": payload.questions}


@command("question.split", (STAFF, One))
def split(context: Context, payload: One) -> Reply:
    """Take a question out of what it was merged into, along with its own parts."""
    question = context.moderated(payload.question)
    if question["merged_into"] is None:
        raise Refusal("conflict", N_("This question stands alone already. Look at the list again."))
    root = chain(context, question["id"])[-1]
    context.leads(context.question(str(root))["room"])
    context.run("UPDATE question SET merged_into = NULL WHERE id = ?", question["id"])
    touch(context, root)
    touch(context, question["id"])
    return {"question": payload.question}
