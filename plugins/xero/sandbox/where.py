"""Xero's `where`: a small reader of the expressions clients really send, turned into a test of one record.

Comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`), `AND`/`&&`, `OR`/`||`, `!`/`NOT`, parentheses, text, numbers,
`true`, `null`, `DateTime(2026,1,31)`, `DateTime.Parse("…")`, `guid("…")`, and on text `.Contains()`,
`.StartsWith()`, `.EndsWith()`, `.ToLower()`, `.ToUpper()`. What cannot be read, an unknown field, or two sides of
different kinds raise Refused (400, QueryParseException), as at Xero. Source: Xero, "Requests and responses:
filtering".
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from plugins.xero.sandbox.envelope import bad_query
from plugins.xero.sandbox.fields import FIELDS, Kinds
from plugins.xero.sandbox.where_words import Word, words
from plugins.xero.sandbox.wire import Record

Reader = Callable[[Record], Any]
Test = Callable[[Record], bool]

DEEPEST = 50

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
    "equals": lambda text, part: text == part,
}
_CASES: dict[str, Callable[[str], str]] = {"tolower": str.lower, "toupper": str.upper, "trim": str.strip}
_SPOKEN = {
    "text": "String",
    "guid": "Guid",
    "number": "Decimal",
    "flag": "Boolean",
    "moment": "DateTime",
    "null": "Object",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One side of a comparison: its kind and how to read it from a record."""

    kind: str
    read: Reader


def compiled(text: str, endpoint: str, resolve: Callable[[Record, str], Any]) -> Test:
    """The test that a record must pass. `resolve` reads a (dotted) field of a record. Raises Refused (400)."""
    reader = _Parser(words(text), FIELDS[endpoint], endpoint, resolve)
    test = reader.either()
    reader.expect_end()
    return test


def as_moment(value: Any) -> Any:
    """Dates (ISO text) and moments (milliseconds) on one scale, so that they compare."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, int):
        return datetime(1970, 1, 1) + timedelta(milliseconds=value)  # noqa: DTZ001 - both sides are UTC
    return value


class _Parser:
    def __init__(self, found: list[Word], kinds: Kinds, endpoint: str, resolve: Callable[[Record, str], Any]) -> None:
        self._words, self._kinds, self._endpoint, self._resolve = found, kinds, endpoint, resolve
        self._lower = {field.lower(): field for field in kinds}
        self._at = self._depth = 0

    @property
    def _now(self) -> Word:
        return self._words[self._at]

    def _take(self) -> Word:
        word = self._now
        self._at += word.kind != "end"
        return word

    def _sign(self, *wanted: str) -> str | None:
        if self._now.kind == "sign" and self._now.value in wanted:
            return self._take().value
        return None

    def _need(self, wanted: str) -> None:
        if self._sign(wanted) is None:
            raise bad_query(f"'{wanted}' expected (at index {self._now.at})")

    def expect_end(self) -> None:
        """Refuse what stands after the expression."""
        if self._now.kind != "end":
            raise bad_query(f"Syntax error (at index {self._now.at})")

    def either(self) -> Test:
        """One or several alternatives."""
        tests = [self._both()]
        while self._sign("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._sign("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > DEEPEST:
            raise bad_query(f"The expression is nested too deeply (at index {self._now.at})")
        try:
            return self._nested()
        finally:
            self._depth -= 1

    def _nested(self) -> Test:
        if self._sign("not"):
            inner = self._one()
            return lambda record: not inner(record)
        if self._sign("("):
            test = self.either()
            self._need(")")
            return test
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._value()
        sign = self._sign(*_COMPARE)
        if sign is None:
            if left.kind != "flag":
                raise bad_query(f"Expression of type 'Boolean' expected (at index {self._now.at})")
            return lambda record: bool(left.read(record))
        return _compare(sign, left, self._value())

    def _value(self) -> Value:
        word = self._take()
        if word.kind == "text":
            return self._methods(_constant("text", word.value))
        if word.kind == "number":
            return _constant("number", Decimal(word.value))
        if word.kind == "name":
            return self._named(word)
        raise bad_query(f"Expression expected (at index {word.at})")

    def _named(self, word: Word) -> Value:
        name = word.value.lower()
        if name in {"true", "false"}:
            return _constant("flag", name == "true")
        if name == "null":
            return _constant("null", None)
        if name == "datetime":
            return self._datetime()
        if name == "guid":
            return self._guid()
        return self._field(word)

    def _datetime(self) -> Value:
        if self._sign("."):
            if self._take().value.lower() != "parse":
                raise bad_query(f"Syntax error (at index {self._now.at})")
            text = self._arguments("text")
            try:
                return _constant("moment", datetime.fromisoformat(text[0]).replace(tzinfo=None))
            except (ValueError, IndexError) as error:
                raise bad_query("String was not recognized as a valid DateTime.") from error
        numbers = self._arguments("number")
        try:
            return _constant("moment", datetime(*map(int, numbers)))  # type: ignore[arg-type]  # noqa: DTZ001
        except (TypeError, ValueError, OverflowError) as error:
            raise bad_query("No applicable constructor exists in type 'DateTime'") from error

    def _guid(self) -> Value:
        if self._sign(".") and self._take().value.lower() != "parse":
            raise bad_query(f"Syntax error (at index {self._now.at})")
        text = self._arguments("text")
        try:
            return _constant("guid", str(UUID(text[0])))
        except (ValueError, IndexError) as error:
            raise bad_query("Guid should contain 32 digits with 4 dashes.") from error

    def _arguments(self, kind: str) -> list[str]:
        self._need("(")
        found: list[str] = []
        while not self._sign(")"):
            if found:
                self._need(",")
            word = self._take()
            if word.kind != kind:
                raise bad_query(f"')' or ',' expected (at index {word.at})")
            found.append(word.value)
        return found

    def _field(self, first: Word) -> Value:
        path = first.value
        while path.lower() not in self._lower and self._now.value == "." and self._now.kind == "sign":
            self._take()
            path = f"{path}.{self._take().value}"
        field = self._lower.get(path.lower())
        if field is None:
            kind = self._endpoint.removesuffix("s")
            raise bad_query(f"No property or field '{path}' exists in type '{kind}' (at index {first.at})")
        return self._methods(self._reader(field))

    def _reader(self, field: str) -> Value:
        kind, resolve = self._kinds[field], self._resolve
        if kind in {"day", "moment"}:
            return Value("moment", lambda record: as_moment(resolve(record, field)))
        return Value(kind, lambda record: resolve(record, field))

    def _methods(self, value: Value) -> Value:
        while self._sign("."):
            value = self._method(value, self._take())
        return value

    def _method(self, value: Value, word: Word) -> Value:
        name, arguments = word.value.lower(), []
        if name in {"value", "hasvalue", "date"} and self._now.value != "(":
            return value if name != "hasvalue" else Value("flag", lambda record: value.read(record) is not None)
        arguments = self._arguments("text")
        if value.kind == "text" and name in _CASES and not arguments:
            change = _CASES[name]
            return Value("text", lambda record: change(value.read(record) or ""))
        if value.kind == "text" and name in _METHODS and len(arguments) == 1:
            holds, part = _METHODS[name], arguments[0]
            return Value("flag", lambda record: holds(value.read(record) or "", part))
        raise bad_query(
            f"No applicable method '{word.value}' exists in type '{_SPOKEN[value.kind]}' (at index {word.at})"
        )


def _constant(kind: str, value: Any) -> Value:
    return Value(kind, lambda record: value)


def _compare(sign: str, left: Value, right: Value) -> Test:
    kinds = {left.kind, right.kind} - {"null"}
    ordered = sign not in {"==", "!="}
    if len(kinds) > 1 or (ordered and (kinds <= {"flag", "guid"} or "null" in {left.kind, right.kind})):
        names = f"'{_SPOKEN[left.kind]}' and '{_SPOKEN[right.kind]}'"
        raise bad_query(f"Operator '{sign}' incompatible with operand types {names}")
    holds, read_left, read_right = _COMPARE[sign], left.read, right.read

    def test(record: Record) -> bool:
        one, other = read_left(record), read_right(record)
        if one is None or other is None:
            return holds(one, other) if not ordered else False
        return holds(one, other)

    return test
