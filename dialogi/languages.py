"""The three languages and their catalogues, also for those who speak outside a request.

Catalogues are read from the translators' `.po` files themselves, so nothing can be stale.
"""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

FOLDER = Path(__file__).resolve().parent / "translations"

#: What a person may choose, by its own name, in the order of the switch.
LANGUAGES = {"fi": "Suomi", "sv": "Svenska", "en": "English"}
DEFAULT = "fi"
#: The language of the texts in the code, which needs no catalogue.
SOURCE = "en"


@cache
def catalogue(language: str) -> NullTranslations:
    """The texts of `language`; English, and whatever is not translated, come back as they are."""
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if language == SOURCE or language not in LANGUAGES or not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        texts = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return Translations(compiled)


def translate(language: str, message: str, **params: object) -> str:
    """The English `message` in `language`, with its `%(name)s` places filled from `params`."""
    text = str(catalogue(language).ugettext(message)) if message else ""
    return text % params if params else text


def translate_number(language: str, one: str, many: str, number: int, **params: object) -> str:
    """As `translate`, with the form that goes with `number`, which fills `%(num)s`."""
    text = str(catalogue(language).ungettext(one, many, number))
    return text % {"num": number, **params}
