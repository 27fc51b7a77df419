"""Words for invented people: Finnish first names and questions that could be asked."""

from __future__ import annotations

import random
from collections.abc import Iterator

first_names = (
    "Aino", "Eero", "Helmi", "Ilmari", "Kerttu", "Lauri", "Maija", "Niilo", "Oona", "Pekka",
    "Ritva", "Sampo", "Taina", "Urho", "Venla", "Väinö", "Åsa", "Örjan", "Saga", "Lumi",
)  # fmt: skip

_OPENINGS = (
    "Miten varmistamme, että",
    "Mitä pitäisi muuttaa, jotta",
    "Kuka vastaa siitä, että",
    "Mikä estää sen, että",
    "Mistä tiedämme, että",
    "Milloin voimme luottaa siihen, että",
    "Miten näkyy arjessa, että",
    "Mitä hyötyä on siitä, että",
)

_CLAUSES = (
    "järjestöt pääsevät mukaan valmisteluun jo ennen lausuntokierrosta",
    "lausunnon antaja saa tietää, mitä lausunnolle tapahtui",
    "pienikin yhdistys jaksaa hakea avustusta",
    "avustuspäätökset tulevat ennen toimintakauden alkua",
    "viranomainen kirjoittaa selkokielellä",
    "sähköiset palvelut toimivat ruudunlukijalla",
    "nuoret kutsutaan pöytään silloin, kun päätetään heidän asioistaan",
    "vapaaehtoisten aika ei kulu raportointiin",
    "kunta tuntee alueensa yhdistykset nimeltä",
    "ministeriöissä on joku, jolle järjestö voi soittaa",
    "kokemusasiantuntijalle maksetaan työstään",
    "kuulemistilaisuus pidetään iltaisin eikä vain virka-aikana",
    "etäosallistuminen on yhtä arvokasta kuin paikalla olo",
    "järjestöjen tieto kulkee tilastojen rinnalla",
    "kriittisenkin palautteen voi antaa ilman pelkoa rahoituksesta",
    "hyvinvointialueet ja yhdistykset sopivat työnjaosta",
    "ruotsinkieliset yhdistykset saavat aineiston omalla kielellään",
    "maahanmuuttajien järjestöt löytävät oikean virkamiehen",
    "kokeilusta tulee pysyvä käytäntö, kun se toimii",
    "tilat ovat yhdistysten käytössä myös viikonloppuisin",
    "virkamies ehtii käydä järjestöjen tilaisuuksissa",
    "yhteinen tavoite on kirjattu ennen kuin rahasta puhutaan",
    "valmistelun aikataulu on kaikkien nähtävillä",
    "sama tieto pyydetään yhdistykseltä vain kerran",
    "hiljaisetkin osallistujat tulevat kuulluiksi",
    "luottamus säilyy, kun hallitus vaihtuu",
    "kriisissä viranomaiset ja järjestöt tietävät toistensa tehtävät",
    "vaikutuksia arvioidaan niiden kanssa, joita asia koskee",
    "digituki ulottuu niihin, jotka sitä eniten tarvitsevat",
    "yhdessä sovittu myös tehdään",
)

_ENDINGS = ("?", " pienissäkin kunnissa?", " jo ensi vuonna?", " koko maassa?")


def questions(chance: random.Random) -> Iterator[str]:
    """Questions without end, in an order that `chance` draws; the first 960 are all different."""
    every = [
        f"{opening} {clause}{ending}"
        for opening in _OPENINGS
        for clause in _CLAUSES
        for ending in _ENDINGS
    ]
    chance.shuffle(every)
    while True:
        yield from every
