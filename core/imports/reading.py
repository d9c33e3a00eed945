"""Reading a CSV file: which encoding and delimiter it has, its rows one by one, and sentences for what cannot be read.

A file is never held as a whole: it is read line by line, however large it is.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

from core.records.fields import EMAIL
from core.sheets import BEGINS_A_FORMULA

ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16, little end first",
    "utf-16-be": "UTF-16, big end first",
    "cp1252": "Windows-1252",
    "iso-8859-1": "ISO-8859-1",
}
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
LONGEST_LINE, MOST_COLUMNS, SAMPLE = 1_000_000, 200, 200
csv.field_size_limit(LONGEST_LINE)
_NOT_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes without a character in Windows-1252
_HIGH = re.compile(rb"[\x80-\xff]")
_NUMERIC = re.compile(r"[-+]?[\d.,/:% -]+")
SAVE_AS_CSV = "This is not a CSV file. In your spreadsheet, choose Save as or Download, and there CSV."


class BadFile(Exception):
    """Why a file cannot be read, as a sentence."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written: its encoding (a key of `ENCODINGS`) and its delimiter (a key of `DELIMITERS`)."""

    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file: the line that it begins in (the header's is 1) and its cells."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out about a file: how it is written, its header, how many rows, and the first of them."""

    layout: Layout
    headers: list[str]
    total: int
    sample: list[Row]


def examine(path: Path, layout: Layout | None = None) -> Examined:
    """Read the whole file once; encoding and delimiter are guessed where none are given. Raises `BadFile`."""
    if layout is None:
        encoding = find_encoding(path)
        layout = Layout(encoding, find_delimiter(path, encoding))
    found = rows(path, layout)
    headers = next(found, Row(1, [])).cells
    _check_header(headers)
    sample = list(islice(found, SAMPLE))
    if not sample:
        raise BadFile("There are no rows below the names of the columns.")
    names = [name.strip() or f"Column {place}" for place, name in enumerate(headers, start=1)]
    return Examined(layout, names, len(sample) + sum(1 for _ in found), sample)


def rows(path: Path, layout: Layout) -> Iterator[Row]:
    """The rows of a file, the header first, those without anything in them left out. Raises `BadFile`."""
    with path.open(encoding=layout.encoding, newline="") as file:
        reader = csv.reader(_lines(file), delimiter=layout.delimiter, strict=True)
        while True:
            begins = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                long = "field limit" in str(error)
                raise BadFile(_too_long(begins) if long else _unreadable(begins, reader.line_num)) from error
            except UnicodeDecodeError as error:
                raise BadFile(_wrong_encoding(layout, begins)) from error
            if any(cell.strip() for cell in cells):
                yield Row(begins, [bare(cell) for cell in cells])


def bare(cell: str) -> str:
    """A cell without the apostrophe that an export puts before what a spreadsheet would take for a formula."""
    return cell[1:] if cell[:1] == "'" and cell.lstrip("'").startswith(BEGINS_A_FORMULA) else cell


def _lines(file: TextIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise BadFile(
                f"Line {number} is longer than {LONGEST_LINE:,} characters. This does not look like a CSV file."
            )
        if "\0" in line:
            raise BadFile(_nul(number))
        yield line


def _nul(number: int) -> str:
    return f"Line {number} holds a character that is no text (NUL). Save the file as CSV again."


def _too_long(line: int) -> str:
    return (
        f"A cell that begins in line {line} has more than {LONGEST_LINE:,} characters. Is a quotation mark missing "
        "at its end?"
    )


def _unreadable(begins: int, ends: int) -> str:
    if ends > begins:
        return f"A quotation mark that is opened in the row of line {begins} is not closed. Close it, or take it out."
    return f"Line {begins} cannot be read: there is a quotation mark inside a text. Write it twice, or take it out."


def _wrong_encoding(layout: Layout, line: int) -> str:
    return f"Near line {line} there are characters that are not {ENCODINGS[layout.encoding]}. Choose another encoding."


def find_encoding(path: Path) -> str:
    """The encoding of a file, a key of `ENCODINGS`. Raises `BadFile` for what is no text, or two encodings at once."""
    with path.open("rb") as file:
        head = file.read(4096)
        if not head.strip(b" \t\r\n\xef\xbb\xbf\xff\xfe"):
            raise BadFile("The file is empty.")
        if head.startswith(_NOT_TEXT):
            raise BadFile(SAVE_AS_CSV)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        if len(head) > 3 and head[1::2].count(0) > len(head) * 0.4:
            return "utf-16-le"
        if len(head) > 3 and head[0::2].count(0) > len(head) * 0.4:
            return "utf-16-be"
        if sum(byte < 32 and byte not in b"\t\r\n\0" for byte in head) > len(head) * 0.1:
            raise BadFile(SAVE_AS_CSV)
        file.seek(0)
        return _by_lines(file)


def _by_lines(file: BinaryIO) -> str:
    """UTF-8 where every line is, Windows-1252 or ISO-8859-1 where no line with accents is."""
    good = first_bad = 0
    undefined = False
    for number, line in enumerate(file, start=1):
        if b"\0" in line:
            raise BadFile(_nul(number))
        if line.isascii():
            continue
        if is_utf8(line):
            good = good or number
        else:
            first_bad = first_bad or number
            undefined = undefined or bool(_UNDEFINED.search(line))
    if good and first_bad:
        raise BadFile(
            f"Two encodings are mixed: line {good} is UTF-8, line {first_bad} is not. Save the file as UTF-8 again."
        )
    if not first_bad:
        return "utf-8-sig"
    return "iso-8859-1" if undefined else "cp1252"


def is_utf8(line: bytes) -> bool:
    """Whether the bytes are UTF-8."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def find_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that gives the most columns in which the first rows agree; a comma where there is one column."""
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        text = [line for line in islice(_lines(file), 60) if line.strip()]
    scores = {delimiter: _score(text, delimiter) for delimiter in DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else ","


def _score(text: list[str], delimiter: str) -> float:
    """How well a delimiter fits: the header's columns times the share of rows that have as many."""
    found: list[int] = []
    with suppress(csv.Error):  # a row that cannot be read; those before it count
        for cells in csv.reader(text, delimiter=delimiter):
            found.append(len(cells))
    if not found or found[0] < 2:
        return 0
    return found[0] * sum(count == found[0] for count in found) / len(found)


def _check_header(headers: list[str]) -> None:
    names = [name.strip() for name in headers if name.strip()]
    if not names:
        raise BadFile("The file is empty.")
    if len(headers) > MOST_COLUMNS:
        raise BadFile(f"There are {len(headers)} columns; at most {MOST_COLUMNS} fit. Take out those you do not need.")
    if any(EMAIL.fullmatch(name) for name in names) or all(_NUMERIC.fullmatch(name) for name in names):
        raise BadFile("The first line must hold the names of the columns, such as First name, Last name, E-mail.")


def plain_name(name: str) -> str:
    """A column's name for comparing: small letters and digits, without accents."""
    bare_letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in bare_letters if char.isalnum())
