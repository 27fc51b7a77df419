"""The list: what the lead sets, and publishing it."""

import msgspec

from ..errors import N_, Refusal
from ..model.limits import NOTE_LENGTH, QUESTION_LENGTH, clean
from ..model.selection import RULES
from ..snapshot import published_list
from ..store import reading
from .context import LEADS, Context, Fields, Reply, command, missing

LANGUAGES = ("fi", "sv", "en")


class Entry(Fields):
    questions: list[str]
    text: str
    texts: dict[str, str] = msgspec.field(default_factory=dict)
    note: str = ""


class Setting(Fields):
    rule: str
    entries: list[Entry]


class Publishing(Fields):
    stage: str


@command("toplist.set", (LEADS, Setting))
def set_list(context: Context, payload: Setting) -> Reply:
    """The list as the lead has it: which questions, in which words and order."""
    check_rule(payload.rule)
    places = context.rows("SELECT places FROM event WHERE id = ?", context.event)[0][0]
    if not 1 <= len(payload.entries) <= places:
        raise Refusal(
            "invalid",
            N_("The list has 1 to %(most)s questions. Remove some or add one."),
            field="entries",
            most=places,
        )
    seen: set[int] = set()
    entries = [_entry(context, entry, seen) for entry in payload.entries]
    context.run(
        "UPDATE event SET draft = ?, list_changed = ? WHERE id = ?",
        msgspec.json.encode({"rule": payload.rule, "entries": entries}).decode(),
        context.revision,
        context.event,
    )
    return {}


@command("toplist.publish", (LEADS, Publishing))
def publish(context: Context, payload: Publishing) -> Reply:
    """Show the list to everybody, as it stands now: the lead's, or else the proposal."""
    if payload.stage not in {"preliminary", "final"}:
        raise Refusal(
            "invalid", N_("The list is published as preliminary or as final."), field="stage"
        )
    state = reading.load(context.db, context.event)
    frozen = {
        "stage": payload.stage,
        "published": context.now,
        **published_list(state),
    }
    context.run(
        "UPDATE event SET published = ?1, list_changed = ?2, changed = ?2 WHERE id = ?3",
        msgspec.json.encode(frozen).decode(),
        context.revision,
        context.event,
    )
    return {"stage": payload.stage}


def check_rule(rule: str) -> str:
    """Raises Refusal unless there is such a rule."""
    if rule not in RULES:
        raise Refusal(
            "invalid",
            N_("There is no such rule. Choose one of these: %(rules)s."),
            field="rule",
            rules=", ".join(RULES),
        )
    return rule


def _entry(context: Context, entry: Entry, seen: set[int]) -> dict[str, object]:
    text = clean(entry.text, "entries", QUESTION_LENGTH)
    texts = {}
    for lang, words in entry.texts.items():
        if lang not in LANGUAGES:
            raise Refusal("invalid", N_("Texts can be in fi, sv and en."), field="entries")
        words = clean(words, "entries", QUESTION_LENGTH, may_be_empty=True)
        if words:
            texts[lang] = words
    if not entry.questions:
        raise Refusal(
            "invalid", N_("Every place on the list needs a question behind it."), field="entries"
        )
    for question_id in entry.questions:
        question = context.question(question_id, "entries")
        if question["number"] is None:
            raise missing("entries")
        if question["id"] in seen:
            raise Refusal(
                "conflict",
                N_("Number %(number)s is on the list twice. Remove one of them."),
                field="entries",
                number=question["number"],
            )
        seen.add(question["id"])
    note = clean(entry.note, "entries", NOTE_LENGTH, may_be_empty=True)
    return {"questions": entry.questions, "text": text, "texts": texts, "note": note}
