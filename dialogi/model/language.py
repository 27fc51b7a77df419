"""In which language a question is written: for its `lang`, so that it is read aloud rightly.

A small method of its own from letters and frequent words; it depends on nothing but the text and
the event's language.
"""

import re
import unicodedata

_WORD = re.compile(r"[^\W\d_]+")

#: The language that reads a script aloud, by the first word of its letters' Unicode names.
_SCRIPTS = {
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "ARABIC": "ar",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "THAI": "th",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
}

_WORDS = {
    "fi": """ja on ei että se mitä miten mikä miksi kuka ketkä kenen mistä mihin missä milloin
        ovat oli olla voi voiko voisi voisivat kun jos tai mutta myös niin me he jotka joka jotta
        ilman kaikki enemmän kuinka pitää pitäisi tämä nämä hän minä sinä eivät emme olemme kanssa
        mukaan vain kuin sekä vielä onko saa saada mukana mitkä näin ole siitä sen""",
    "sv": """och är inte att det den som hur vad varför vem när var kan ska skulle vi ni de i på
        för med till av om en ett från har hade men också eller så man alla mer vilka vilken utan
        måste bör får denna detta jag du han hon oss dem här där nu bara mellan under efter""",
    "en": """the and is are not that it of to in how what why who when where which can could should
        would we you they for with on from have has had but also or so all more without must this
        these i he she do does our their be will an as by at if there than about into was were""",
    "de": """und ist nicht dass das der die den dem des ein eine einen einer wie was warum wer wann
        wo kann können soll sollte sollten wir ihr sie für mit auf von haben hat aber auch oder so
        alle mehr ohne muss müssen diese dieser ich er es zu im in werden wird bei nur durch zum
        zur nach aus sich sind als um""",
    "et": """ja on ei et see mis kuidas miks kes millal kus saab saaks peaks me nad kui või aga ka
        nii kõik rohkem ilma ning mida oma ta ma sa need selle ole oli olla""",
    "fr": """et est pas que le la les des du un une comment quoi pourquoi qui quand où peut
        pouvons doit nous vous ils pour avec sur dans mais aussi ou plus sans ce cette ces je il
        elle au aux par ne se sont être""",
    "es": """y es no que el la los las del un una cómo qué por quién cuándo dónde puede podemos
        debe nosotros para con en pero también o más sin este esta estos yo se su son ser al lo
        como""",
    "so": """iyo waa ma in oo ka ku u sidee maxaa waxa waxaan ayaa loo lagu uu ay soo la kala""",
}
_FREQUENT = {language: frozenset(words.split()) for language, words in _WORDS.items()}

#: What a word may show by its form: (pattern, language, weight).
_FORMS = tuple(
    (re.compile(pattern), language, weight)
    for pattern, language, weight in (
        (r"aa|ii|uu|yy|ää|öö|uo|yö|äi|öy", "fi", 0.4),
        (
            r"..(?:ssa|ssä|sta|stä|lla|llä|lle|lta|ltä|ksi|nut|nyt|vat|vät|isi|mme|tte|sti|ko|kö)$",
            "fi",
            0.6,
        ),
        (r"å", "sv", 1.0),
        (r"..(?:ar|er|or|arna|erna|orna|ning|ligt|het|het)$", "sv", 0.3),
        (r"..(?:ing|tion|ly|ed|ty)$", "en", 0.3),
        (r"th|wh|^w|ck$", "en", 0.2),
        (r"ß|ü|sch|ei|^ge", "de", 0.4),
        (r"..(?:ung|keit|heit|lich|isch|en)$", "de", 0.4),
        (r"õ|ü", "et", 0.7),
        (r"[àâçèêëîïôùû]|^qu|eux$", "fr", 0.6),
        (r"[áíóúñ]|ción$", "es", 0.8),
        (r"dh|aha$|x", "so", 0.2),
    )
)
#: Below this a text says nothing about its language.
_ENOUGH = 0.5
#: Without other signs, a text is in the event's language.
_HOME = 0.6


def guess_language(text: str, default: str) -> str:
    """The language code of `text`, `default` (the event's) where nothing tells; `und` if unknown.

    Text in another script than Latin gets the script's most likely language.
    """
    letters = [sign for sign in text if sign.isalpha()]
    if not letters:
        return default
    scripts: dict[str, int] = {}
    for letter in letters:
        script = unicodedata.name(letter, "UNKNOWN").split()[0].partition("-")[0]
        scripts[script] = scripts.get(script, 0) + 1
    if scripts.get("HIRAGANA", 0) + scripts.get("KATAKANA", 0):
        scripts["HIRAGANA"] = scripts.pop("CJK", 0) + len(letters)
    script = max(scripts, key=lambda name: scripts[name])
    if script in {"LATIN", "FULLWIDTH"}:
        return _latin(text, default)
    if script == "CYRILLIC" and re.search("[іїєґ]", text.casefold()):
        return "uk"
    return _SCRIPTS.get(script, "und")


def _latin(text: str, default: str) -> str:
    scores = dict.fromkeys(_FREQUENT, 0.0)
    for word in _WORD.findall(unicodedata.normalize("NFC", text).casefold()):
        for language, frequent in _FREQUENT.items():
            scores[language] += word in frequent
        for pattern, language, weight in _FORMS:
            if pattern.search(word):
                scores[language] += weight
    if max(scores.values()) < _ENOUGH:
        return default
    if default in scores:
        scores[default] += _HOME
    return max(scores, key=lambda language: scores[language])
