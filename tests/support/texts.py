"""Texts as people write them: several scripts, emoji, odd spaces, and the longest allowed."""

from __future__ import annotations

import random

BEGINNINGS = (
    "Miten hallinto ja järjestöt kohtaavat",
    "Hur når vi dem som inte är här",
    "How do we share what we know",
    "谁来决定下一步怎么走",
    "كيف نتعاون بشكل أفضل",
    "איך נמשיך מכאן",
    "👩🏽‍🦯 Kuka jää ulkopuolelle",
    "🎉🎉 Vad firar vi",
    "<b>Markup</b> & \"quotes\" 'stay' as \\ they are {{ }} %s",
    "=1+1",
)


def question(rng: random.Random, what: str) -> str:
    """Return a question's text; `what` makes it known again in a failure."""
    text = f"{rng.choice(BEGINNINGS)} ({what})?"
    if rng.random() < 0.05:
        text = f"  {text}\nRivi 2: Cafe\u0301 "  # trimmed, one line, composed
    if rng.random() < 0.02:
        text = (text + "🙂" * 500)[:500]
    return text


def reason(rng: random.Random) -> str:
    """Return why a facilitator did something."""
    return rng.choice(["Toistoa", "Inte till saken", "Names a person", "重复 🙂", "تكرار"])
