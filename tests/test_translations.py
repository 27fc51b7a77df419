"""The Finnish and Swedish texts: complete, in step with the code, and kept to the chosen words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from dialogi.languages import FOLDER, translate, translate_number
from tests.support.server import ROOT

LANGUAGES = ("fi", "sv")
PLACES = re.compile(r"%\(\w+\)s|\{\w+\}|%%")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Return all texts of the code and the templates, as `make translations` reads them."""
    pot = tmp_path_factory.mktemp("texts") / "messages.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml",
         "-k", "N_", "-o", str(pot), "."],
        cwd=ROOT, check=True,
    )  # fmt: skip
    return catalogue(pot)


def catalogue(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def po(language: str) -> Catalog:
    return catalogue(FOLDER / language / "LC_MESSAGES" / "messages.po", language)


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or [""])


def messages(texts: Catalog) -> list[Message]:
    return [message for message in texts if message.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(texts: Catalog, language: str) -> None:
    translated = po(language)
    missing = [
        message.id
        for message in messages(texts)
        if (found := translated.get(message.id)) is None
        or found.fuzzy
        or not all(forms(found.string))
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_has_outlived_its_text(texts: Catalog, language: str) -> None:
    left = [message.id for message in messages(po(language)) if texts.get(message.id) is None]
    assert left == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_places_and_the_ends_of_their_texts(language: str) -> None:
    for message in messages(po(language)):
        wanted = {place for form in forms(message.id) for place in PLACES.findall(form)}
        for form in forms(message.string):
            places = set(PLACES.findall(form))
            # "one question" needs no number; nothing else may be left out or invented.
            assert places <= wanted, form
            assert wanted - places <= ({"%(num)s"} if message.pluralizable else set()), form
            original = forms(message.id)[-1]
            assert form[-1:].isspace() == original[-1:].isspace(), form
            assert original.endswith("…") == form.endswith("…") or "…" not in original, form
            for sign in ".?:":
                assert original.rstrip().endswith(sign) == form.rstrip().endswith(sign), form


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotes_are_those_of_the_language(language: str) -> None:
    for message in messages(po(language)):
        for form in forms(message.string):
            assert not set(form) & set("“„\"'’"), form


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fi", "Kysymme, jotta näemme, mitkä kysymykset ovat yhteisiä. "
               "Muut osallistujat näkevät vain yhteismäärät. Voit jättää vastaamatta."),
        ("fi", "Näitä ei näe vielä kukaan muu, ei edes ohjaaja. Kun keskustelu alkaa, huone näkee "
               "ne ilman nimeäsi. Siihen asti voit muuttaa tai poistaa ne."),
        ("fi", "Ohjaaja yhdisti kysymyksesi toiseen, joka kysyy samaa. Tuki siirtyi mukana. "
               "Oma tekstisi on alla. Jos tarkoitit muuta, kerro."),
        ("fi", "Kysymykset valittiin yksi kerrallaan eniten tuetusta alkaen, ja joka kerralla "
               "painoi vähemmän niiden tuki, joilla jo oli oma kysymys listalla."),
        ("sv", "Vi frågar för att se vilka frågor som är gemensamma. Andra deltagare ser bara "
               "totalsiffror. Du kan låta bli att svara."),
        ("sv", "Ingen annan ser dem ännu, inte ens samtalsledaren. När samtalet börjar ser rummet "
               "dem utan ditt namn. Till dess kan du ändra eller ta bort dem."),
        ("sv", "Frågorna valdes en i taget med början från den mest stödda, och varje gång vägde "
               "stödet mindre från dem som redan hade en egen fråga på listan."),
    ],
)  # fmt: skip
def test_words_that_were_tried_in_plain_language_are_used(language: str, words: str) -> None:
    assert words in {message.string for message in po(language)}


def test_texts_come_in_the_asked_language_also_outside_a_page() -> None:
    full = "The list has 1 to %(most)s questions. Remove some or add one."
    assert translate("fi", full, most=10).startswith("Listalla on 1–10 kysymystä.")
    assert translate("sv", full, most=10).startswith("Listan har 1 till 10 frågor.")
    assert translate("en", full, most=10) == full % {"most": 10}
    assert translate("de", "Write something first.") == "Write something first."
    assert translate("fi", "A text nobody has translated, 100 %") == (
        "A text nobody has translated, 100 %"
    )
    one, many = "One thing to put right", "%(num)s things to put right"
    assert translate_number("fi", one, many, 1) == "Yksi asia korjattavana"
    assert translate_number("sv", one, many, 3) == "3 saker att rätta till"
