"""Texts as they are looked through, and what a person typed as words to look for.

Both are folded alike: small letters, no accents, no apostrophes, one blank between words. In a text the title comes
first, between two marks that nobody can type: ``^ hana whitiora $ hana@tui.example …``. So *begins with* and *is
exactly* are questions about a part of the text like any other, and *a word begins with* is one with a blank in front.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup, escape

from core.folding import phone_digits, plain

LONGEST, MOST_WORDS, WIDEST = 200, 8, 60
LONGEST_TEXT = 20_000
BEGIN, END = "^ ", " $"
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'’`´")
_PHONE = re.compile(r"\+?[\d\s()/.\-]+", re.ASCII)
_PIECE = re.compile(r"\S+")


def squash(text: str) -> str:
    """The words of a text, folded, with one blank between them."""
    return " ".join(_WORD.findall(plain(text.translate(_APOSTROPHES))))


def text_of(title: str, parts: Iterable[str], phones: Iterable[str] = ()) -> str:
    """The text that is looked through for a thing of that title: parts word by word, addresses also whole."""
    found = [squash(title), END.strip()]
    for part in parts:
        found.append(squash(part))
        if "@" in part:
            found.append(plain(part.strip()))
    found += [digits for phone in phones if (digits := "".join(one for one in phone if one.isdecimal()))]
    return (BEGIN + " ".join(filter(None, found)))[:LONGEST_TEXT] + " "


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: `words`, each somewhere; `phone` instead of them, where digits were typed."""

    words: tuple[str, ...]
    phone: str = ""

    @property
    def phrase(self) -> str:
        """The words in a row."""
        return " ".join(self.words)

    def __bool__(self) -> bool:
        return bool(self.words)


def read(typed: str) -> Query:
    """What somebody typed, whatever it is; of more than `MOST_WORDS` words the first."""
    words: list[str] = []
    for piece in _PIECE.findall(typed[:LONGEST]):
        if "@" in piece.strip("@"):
            words.append(plain(piece))
        else:
            words += _WORD.findall(plain(piece.translate(_APOSTROPHES)))
    phone = phone_digits(typed) if _PHONE.fullmatch(typed.strip()) else ""
    kept = [word[:WIDEST] for word in words if "\x00" not in word][:MOST_WORDS]
    return Query(tuple(dict.fromkeys(kept)), phone if len(phone) >= 4 else "")


def mark(text: str, query: Query) -> Markup:
    """The text with what was looked for marked in it, whatever its accents and capitals."""
    hits = _spans(text, [*query.words, *filter(None, [query.phone])])
    if not hits:
        return escape(text)
    drawn, end = Markup(""), 0
    for begin, stop in hits:
        drawn += escape(text[end:begin]) + Markup("<mark>{}</mark>").format(text[begin:stop])
        end = stop
    return drawn + escape(text[end:])


def excerpt(text: str, query: Query, *, width: int = 160) -> str:
    """The text, or where it is long the part of it around what was looked for."""
    if len(text) <= width:
        return text
    hits = _spans(text, query.words)
    begin = max(0, hits[0][0] - width // 3) if hits else 0
    begin = min(begin, len(text) - width)
    return ("…" if begin else "") + text[begin : begin + width].strip() + ("…" if begin + width < len(text) else "")


def _spans(text: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Where the words stand in a text: begin and end, in order, without overlaps."""
    letters = [plain(letter) if letter not in "'’`´" else "" for letter in text]
    places = [place for place, folded in enumerate(letters) for _ in folded]
    low = "".join(letters)
    found: list[tuple[int, int]] = []
    for word in words:
        begin = low.find(word)
        while word and begin >= 0:
            found.append((places[begin], places[begin + len(word) - 1] + 1))
            begin = low.find(word, begin + len(word))
    found.sort()
    return [span for last, span in pairwise([(0, 0), *found]) if span[0] >= last[1]]
