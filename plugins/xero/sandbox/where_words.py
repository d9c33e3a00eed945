"""The words of a `where` expression: names, literals, operators."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plugins.xero.sandbox.envelope import bad_query

_WORDS = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.|"")*")
    | (?P<number>-?\d+(?:\.\d+)?)[mMdD]?(?![\w])
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>==|!=|<>|<=|>=|&&|\|\||[<>=!().,])
    )""",
    re.VERBOSE,
)
_SIGNS = {"=": "==", "<>": "!=", "&&": "and", "||": "or", "!": "not"}
_NAMES = {"and": "and", "or": "or", "not": "not"}
_ESCAPED = re.compile(r'\\(.)|""')


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its kind (`text`, `number`, `name`, `sign`, `end`), what it says, and where it stands."""

    kind: str
    value: str
    at: int


def words(text: str) -> list[Word]:
    """The words of an expression, the last one of kind `end`. Raises Refused (400)."""
    found: list[Word] = []
    at = 0
    while text[at:].strip():
        match = _WORDS.match(text, at)
        if match is None:
            raise bad_query(f"Syntax error '{text[at:].strip()[0]}' (at index {at})")
        found.append(_word(match, at))
        at = match.end()
    return [*found, Word("end", "", at)]


def _word(match: re.Match[str], at: int) -> Word:
    kind = str(match.lastgroup)
    value = match[kind]
    if kind == "text":
        return Word(kind, _ESCAPED.sub(lambda each: each[1] or '"', value[1:-1]), at)
    if kind == "sign":
        value = _SIGNS.get(value, value)
    elif kind == "name" and value.lower() in _NAMES:
        return Word("sign", _NAMES[value.lower()], at)
    return Word(kind, value, at)
