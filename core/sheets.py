"""Files for spreadsheets: CSV written in a stream, with nothing in it that a spreadsheet would carry out.

Used by exports, and by imports for the report of what was refused.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

BOM = "\ufeff"
PIECE = 64 * 1024
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def neutral(text: str) -> str:
    """The text of a cell, with an apostrophe in front where a spreadsheet would take it for a formula.

    A plain number, negative or not, stays as it is. One more is put before those that stand in front of a formula
    already, so that an import can take it off again. Source: OWASP, CSV Injection.
    """
    begins = text.lstrip("'").startswith(BEGINS_A_FORMULA)
    return f"'{text}" if begins and not _NUMBER.fullmatch(text) else text


def cell(value: Any) -> str:
    """A value as a file has it: dates as ``2026-11-30``, amounts as plain decimals, yes and no, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    return neutral(str(value))


def write(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A CSV file in pieces: UTF-8 with a byte order mark, commas, CRLF (RFC 4180); rows are read as it goes."""
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer)
    writer.writerow([cell(one) for one in head])
    for row in rows:
        writer.writerow([cell(value) for value in row])
        if buffer.tell() >= PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()
