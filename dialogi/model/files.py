"""Files that people hand in: their decoding, and the error that says where one is wrong."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_BYTES = 64 * 1024 * 1024


class BadFile(ValueError):
    """A file that cannot be used. Its text is one English sentence that says where and what to do.

    `line` counts from 1; it is None where no single line is at fault.
    """

    def __init__(self, sentence: str, line: int | None = None):
        super().__init__(sentence if line is None else f"line {line}: {sentence}")
        self.sentence = sentence
        self.line = line


def decode(raw: bytes) -> str:
    """The text of a UTF-8 file, with or without a byte order mark; raises BadFile."""
    if len(raw) > MOST_BYTES:
        raise BadFile(f"the file is larger than {MOST_BYTES // 2**20} MiB; this cannot be right.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadFile("the file is not UTF-8 here; save it as UTF-8.", line) from None


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown `word`: the known one that was meant, or all."""
    known = list(known)
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"use {', '.join(known)}."
