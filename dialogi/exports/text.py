"""The list with where each question came from, as Markdown in the event's language."""

import re
import unicodedata

from .document import Document

_WORDS = {
    "fi": {
        "draft": "Ehdotus, jota ei ole vielä julkaistu.",
        "preliminary": "Alustava lista.",
        "final": "Lopullinen lista.",
        "none": "Listaa ei ole vielä julkaistu.",
        "rooms": "Huoneet",
        "support": "Tuki",
        "of": "{people}/{eligible}",
        "tied": "Yhtä vahva tällä sijalla",
        "others": "muita: {count}",
        "note": "Huomautus",
        "sources": "Kysymykset taustalla",
        "number": "numero {number}",
        "original": "alun perin: {text}",
        "how": "Näin kysymykset valittiin",
        "seqpav": "Kysymykset valittiin yksi kerrallaan eniten tuetusta alkaen, ja joka kerralla "
        "painoi vähemmän niiden tuki, joilla jo oli oma kysymys listalla.",
        "votes": "Kysymykset ovat listalla sen mukaan, kuinka moni tuki niitä.",
        "settled": "Listasta päätti lopulta tilaisuuden vetäjä.",
        "audit": "Osallistujia oli {people}. Heistä {one} tukee ainakin yhtä, {two} ainakin kahta "
        "ja {three} ainakin kolmea listan kysymystä.",
    },
    "sv": {
        "draft": "Ett förslag som ännu inte har publicerats.",
        "preliminary": "Preliminär lista.",
        "final": "Slutlig lista.",
        "none": "Listan har inte publicerats ännu.",
        "rooms": "Rum",
        "support": "Stöd",
        "of": "{people}/{eligible}",
        "tied": "Lika stark på den här platsen",
        "others": "andra: {count}",
        "note": "Anmärkning",
        "sources": "Frågorna bakom",
        "number": "nummer {number}",
        "original": "ursprungligen: {text}",
        "how": "Så valdes frågorna",
        "seqpav": "Frågorna valdes en i taget med början från den mest stödda, och varje gång "
        "vägde stödet mindre från dem som redan hade en egen fråga på listan.",
        "votes": "Frågorna står på listan efter hur många som stödde dem.",
        "settled": "Till sist bestämde evenemangets ledare om listan.",
        "audit": "Deltagarna var {people}. Av dem stöder {one} minst en, {two} minst två och "
        "{three} minst tre av listans frågor.",
    },
    "en": {
        "draft": "A proposal, not published yet.",
        "preliminary": "Preliminary list.",
        "final": "Final list.",
        "none": "The list has not been published yet.",
        "rooms": "Rooms",
        "support": "Support",
        "of": "{people} of {eligible}",
        "tied": "As strong at this place",
        "others": "others: {count}",
        "note": "Note",
        "sources": "The questions behind it",
        "number": "number {number}",
        "original": "originally: {text}",
        "how": "How the questions were chosen",
        "seqpav": "Questions were chosen one at a time, starting with the most supported; each "
        "time, support weighed less from people who already had one of theirs on the list.",
        "votes": "Questions are on the list by how many people supported them.",
        "settled": "In the end the event's lead decided on the list.",
        "audit": "There were {people} participants. Of them {one} support at least one, {two} at "
        "least two and {three} at least three of the list's questions.",
    },
}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!$])")
_LIST_SIGN = re.compile(r"^([-+=]|\d+(?=[.)]))")


def as_markdown(document: Document, language: str) -> str:
    """The document's list in `language` (fi, sv or en)."""
    words = _WORDS[language]
    event = document["event"]
    parts = [
        f"# {_plain(event['title'])}",
        _plain(event["question"]),
        _standing(document, words),
        *(_place(document, entry, words) for entry in document["toplist"]),
    ]
    if document["toplist"]:
        parts += [f"## {words['how']}", _how(document, words)]
    return "\n\n".join(parts) + "\n"


def _standing(document: Document, words: dict[str, str]) -> str:
    event = document["event"]
    if event["stage"] is None:
        return f"*{words['draft' if document['toplist'] else 'none']}*"
    return f"*{words[event['stage']]} {event['published'][:10]}*"


def _place(document: Document, entry: Document, words: dict[str, str]) -> str:
    lines = [
        f"## {entry['place']}. {_plain(entry['text'])}",
        "",
        *(f"- {language}: {_plain(text)}" for language, text in entry["texts"].items()),
        f"- {words['rooms']}: {', '.join(map(_plain, entry['rooms']))}",
        f"- {words['support']}: {_support(entry['support'], words)}",
    ]
    if entry["tied_with"]:
        lines.append(f"- {words['tied']}: {_tied(document, entry['tied_with'], words)}")
    if entry["note"]:
        lines.append(f"- {words['note']}: {_plain(entry['note'])}")
    known = {question["id"]: question for question in document["questions"]}
    # What was hidden after it came on the list, or is not shown to anybody yet, stays unsaid.
    sources = [known[question] for question in entry["questions"] if question in known]
    if sources:
        lines.append(f"- {words['sources']}:")
    lines += [f"  - {_source(question, words)}" for question in sources]
    return "\n".join(lines)


def _support(support: Document, words: dict[str, str]) -> str:
    sides = [
        f"{_plain(side)} {words['of'].format(**counts)}"
        for side, counts in support.get("by_affiliation", {}).items()
    ]
    whole = words["of"].format(**support)
    return f"{whole} ({', '.join(sides)})" if sides else whole


def _tied(document: Document, tied: list[str], words: dict[str, str]) -> str:
    """By number where the reader may know the question; the public hears only how many others."""
    numbers = {question["id"]: question["number"] for question in document["questions"]}
    known = [numbers[question] for question in tied if numbers.get(question) is not None]
    named = [words["number"].format(number=number) for number in known]
    others = len(tied) - len(known)
    return ", ".join([*named, *([words["others"].format(count=others)] if others else [])])


def _source(question: Document, words: dict[str, str]) -> str:
    where = _plain(question["room"])
    if question["number"] is not None:
        where = f"{words['number'].format(number=question['number'])}, {where}"
    source = f"{where}: {_plain(question['text'])}"
    if question["original_text"] != question["text"]:
        source += f" ({words['original'].format(text=_plain(question['original_text']))})"
    return source


def _how(document: Document, words: dict[str, str]) -> str:
    least = document["audit"]["represented_by_at_least"]
    sentences = [words[document["rule"]]]
    if document["settled"]:
        sentences.append(words["settled"])
    sentences.append(
        words["audit"].format(
            people=document["audit"]["people"], one=least["1"], two=least["2"], three=least["3"]
        )
    )
    return " ".join(sentences)


def _plain(text: str) -> str:
    """`text` as itself in Markdown; right-to-left text does not turn what stands around it."""
    escaped = _LIST_SIGN.sub(r"\\\1", _MARKUP.sub(r"\\\1", text))
    if any(unicodedata.bidirectional(sign) in {"R", "AL", "AN"} for sign in text):
        return f"\u2068{escaped}\u2069"
    return escaped
