"""What programs send, read strictly: JSON, versions in headers, numbers in addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from core.api.problems import Problem

BODY = "ledgertab.api_body"
DEEPEST = 20
MOST_VALUES = 5_000  # in one body: far more than any form has, and no more than can be looked at in a moment
LONGEST_NUMBER = 20  # digits
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"', re.ASCII)


def strict_json(raw: bytes, *, most: int | None = None) -> Any:
    """The value of a JSON text (RFC 8259). Raises ValueError with a sentence.

    Refused are besides: names that come twice, halves of characters, numbers that are none, more than `DEEPEST` levels,
    and more than `most` values where that is given.
    """
    if not raw.strip():
        raise ValueError("There is no body: send JSON.")
    try:
        value = json.loads(
            raw.decode(), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite, parse_int=_whole
        )
    except RecursionError as error:
        raise ValueError(f"This JSON has more than {DEEPEST} levels.") from error
    except UnicodeDecodeError as error:
        raise ValueError("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"This is not JSON: {error.msg} (line {error.lineno}, column {error.colno}).") from error
    count = sum(1 for _ in _values(value, 0))
    if most is not None and count > most:
        raise ValueError(f"This JSON has more than {most:,} values.")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A name comes twice in one object.")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number in JSON.")


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:  # Python refuses to read thousands of digits, and nothing here has so many
        raise ValueError("A number is too large.")
    return int(text)


def _finite(text: str) -> float:
    found = float(text)
    if found in (float("inf"), float("-inf")):
        raise ValueError("A number is too large.")
    return found


def _values(value: Any, depth: int) -> Iterator[Any]:
    """Every value in it. Raises ValueError for one that cannot be, or for a name."""
    if depth > DEEPEST:
        raise ValueError(f"This JSON has more than {DEEPEST} levels.")
    if isinstance(value, str):
        _check_text(value)
    yield value
    inner: Iterable[Any] = value if isinstance(value, list) else ()
    if isinstance(value, dict):
        inner = value.values()
        for name in value:
            _check_text(name)
    for one in inner:
        yield from _values(one, depth + 1)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("A text has half a character in it (a lone surrogate).") from error


def body(request: Any) -> dict[str, Any]:
    """The object that was sent; the gate has read it, and the document has been held against it."""
    found: dict[str, Any] = request.environ[BODY]
    return found


def number(request: Any) -> int:
    """The id in the address. Raises `Problem` for what cannot be one."""
    text = request.matchdict["id"]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Problem("not-found", "The last part of this address is not the number of anything.")
    return int(text)


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def seen_version(request: Any, now: int) -> int:
    """The version that the caller saw, which must be the one there is `now`. Raises `Problem`.

    ``If-Match: *`` stands for whatever is there.
    """
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise Problem("version-missing")
    if header == "*":
        return now
    for one in header.split(","):
        found = _ETAG.fullmatch(one.strip())
        if found and int(found[1]) == now:  # a weak one too: servers in front weaken what they compress
            return now
    raise Problem("stale", headers={"ETag": etag(now)}, more={"etag": etag(now)})


def is_known(request: Any, version: int) -> bool:
    """Whether the caller has that version already, as If-None-Match says."""
    header = request.headers.get("If-None-Match", "").strip()
    if header == "*":
        return True
    versions = (_ETAG.fullmatch(one.strip()) for one in header.split(","))
    return any(found is not None and int(found[1]) == version for found in versions)
