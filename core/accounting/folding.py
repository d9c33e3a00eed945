"""Names as they are compared: without accents, case, punctuation and legal forms."""

from __future__ import annotations

import re
import unicodedata

_LEGAL_WORDS = """
    ltd limited llc inc incorporated corp corporation co company pty plc gmbh ag kg ohg ug sarl sas sa srl spa bv nv
    oy ab as aps lp llp pte sdn bhd lda kft doo sro
"""
LEGAL = frozenset(_LEGAL_WORDS.split())
_WORD = re.compile(r"[^\W_]+")
_PLAIN = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "&": " and "})


def plain(text: str) -> str:
    """Small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def fold(name: str) -> str:
    """A name's words, plain, without the legal forms at its end: *Tūī Design Ltd.* and *tui design* are the same.

    A name that is nothing but a legal form stays as it is.
    """
    words = _WORD.findall(plain(name).replace("'", "").replace("’", ""))
    kept = list(words)
    while len(kept) > 1 and kept[-1] in LEGAL:
        kept.pop()
    return " ".join(kept)


def digits(text: str) -> str:
    """The digits and letters of a number as people write it, for comparing phones and tax numbers."""
    return "".join(letter for letter in plain(text) if letter.isalnum())
