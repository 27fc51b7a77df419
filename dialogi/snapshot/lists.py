"""The list in all its forms: proposed, settled by the lead, published; and its audit."""

from collections.abc import Iterable, Sequence
from typing import Any

from ..model.selection import DEFAULT_RULE, Place, propose, represented
from ..model.state import EventState, Question

Entry = dict[str, Any]


def proposal(
    state: EventState, rule: str = DEFAULT_RULE, *, seen_only: bool = False
) -> list[Entry]:
    """What `rule` chooses from the present state, in the shape of the export's `toplist`.

    With `seen_only`, nothing that only its author knows: for whoever reads while the event goes on.
    """
    return [
        _entry(state, number, [place.id], tied=place.tied_with)
        for number, place in enumerate(_places(state, rule, seen_only), start=1)
    ]


def export_list(state: EventState, *, seen_only: bool = False) -> tuple[str, list[Entry]]:
    """(rule, entries): the list as the lead settled it, or else the default rule's proposal."""
    draft = state.event.draft
    if draft is None:
        return DEFAULT_RULE, proposal(state, seen_only=seen_only)
    ties = {place.id: place.tied_with for place in _places(state, draft["rule"], seen_only)}
    entries = []
    for number, settled in enumerate(draft["entries"], start=1):
        questions = [int(question) for question in settled["questions"]]
        entry = _entry(state, number, questions, tied=ties.get(questions[0], ()))
        entry |= {"text": settled["text"], "texts": settled["texts"], "note": settled["note"]}
        entries.append(entry)
    return draft["rule"], entries


def published_list(state: EventState) -> Entry:
    """The list as publishing freezes it, with the wordings that stand behind each place."""
    rule, entries = export_list(state, seen_only=True)
    for entry in entries:
        # What was hidden after the list was settled, or never shown, is not told to everybody.
        entry["wordings"] = [
            _wording(state, question)
            for question in (state.questions[int(key)] for key in entry["questions"])
            if question.visible and question.number is not None
        ]
    return {
        "rule": rule,
        "entries": entries,
        "audit": audit(state, entries),
        "split": state.may_split(),
    }


def audit(state: EventState, entries: Iterable[Entry]) -> dict[str, Any]:
    """How many of all people stand behind at least one, two, three of the entries."""
    people = [person.id for person in state.people()]
    behind = [state.behind_all(map(int, entry["questions"])) for entry in entries]
    return {"people": len(people), "represented_by_at_least": represented(behind, people)}


def _places(state: EventState, rule: str, seen_only: bool) -> list[Place]:
    return propose(rule, state.candidates(seen_only=seen_only), state.event.places)


def _entry(state: EventState, place: int, roots: Sequence[int], tied: Iterable[int]) -> Entry:
    questions: list[int] = []
    for root in roots:
        questions += [p.id for p in state.visible_parts(root) if p.id not in questions]
    people = state.behind_all(roots)
    eligible = state.eligible(roots)
    able = state.by_affiliation(eligible)
    rooms = sorted(
        {state.questions[q].room for q in questions if state.questions[q].visible},
        key=lambda room: state.rooms[room].position,
    )
    return {
        "place": place,
        "tied_with": [str(question) for question in tied],
        "text": state.questions[roots[0]].text,
        "texts": {},
        "note": "",
        "questions": [str(question) for question in questions],
        "rooms": [state.rooms[room].name for room in rooms],
        "support": {
            "people": len(people),
            "eligible": len(eligible),
            "by_affiliation": {
                side: {"people": count, "eligible": able[side]}
                for side, count in state.by_affiliation(people).items()
            },
        },
    }


def _wording(state: EventState, question: Question) -> dict[str, Any]:
    return {
        "id": str(question.id),
        "number": question.number,
        "room": state.rooms[question.room].name,
        "text": question.text,
        "original_text": question.original_text,
        "lang": question.lang,
    }
