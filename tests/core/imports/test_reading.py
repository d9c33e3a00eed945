"""Files are read in any usual encoding; one that cannot be read gets a sentence that says what to do, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.imports.reading import BadFile, Layout, bare, examine
from core.sheets import neutral
from tests.core.imports.conftest import Importer
from tests.core.pages import words

BAD = {
    "empty": (b"", "The file is empty."),
    "blank": (b" \n\n\r\n", "The file is empty."),
    "only commas": (b",,\n,,\n", "The file is empty."),
    "no rows": (b"First name,Last name\n", "There are no rows below"),
    "no header": (b"mere@example.com,Mere\nana@example.com,Ana\n", "must hold the names of the columns"),
    "numbers for a header": (b"1,2,3\n4,5,6\n", "must hold the names of the columns"),
    "NUL": (b"Name\nMere\nA\0na\n", "Line 3 holds a character that is no text"),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00" + b"\x00" * 500, "choose Save as or Download, and there CSV"),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500, "This is not a CSV file."),
    "a program": (bytes(range(1, 32)) * 20, "This is not a CSV file."),
    "an unclosed quotation mark": (
        b'Name,City\nMere,Nelson\n"Ana,Napier\nRua,Taupo\n',
        "the row of line 3 is not closed",
    ),
    "an unclosed one, far from the end": (
        b'Name,City\n"Ana,Napier\n' + b"Rua,Taupo\n" * 40_000,
        "the row of line 2 is not closed",
    ),
    "a quotation mark inside": (b'Name,City\nMere,Nelson\n"5" pipe",Napier\n', "Line 3 cannot be read"),
    "a cell of many lines": (b'Name\n"' + b"Mere\n" * 300_000 + b'"\n', "has more than 1,000,000 characters"),
    "mixed encodings": ("Name\nZoë\n".encode() + "Zoë\n".encode("cp1252"), "line 2 is UTF-8, line 3 is not"),
    "too many columns": (",".join(f"Column {n}" for n in range(300)).encode() + b"\n1\n", "There are 300 columns"),
}


@pytest.mark.parametrize(("content", "sentence"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_read_gets_a_sentence(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=sentence):
        examine(path)


def test_the_sentence_stands_in_the_form_and_nothing_is_kept(sales: Importer) -> None:
    for content, sentence in list(BAD.values())[:3]:
        assert sentence in words(sales.upload(content, status=422))
    assert "is longer than 1,000,000 characters" in words(sales.upload("Name\n" + "x" * 10_000_000, status=422))
    assert "Choose a file." in words(sales.browser.send("/imports/new", {"kind": "contacts", "file": "x"}, status=422))
    assert "Choose what the rows" in words(sales.upload("Name\nx\n", "\0" * 10_000, status=422))
    assert list((sales.services.settings.home / "imports").iterdir()) == []


class TestTheLimit:
    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.import_megabytes": "1"}

    def test_a_file_may_be_as_large_as_the_setting_says(self, sales: Importer) -> None:
        line = "Mere,Parata\n"
        assert "larger than 1 MB" in words(sales.upload("First name,Last name\n" + line * 90_000, status=422))
        sales.upload("First name,Last name\n" + line * 100)
        (path,) = (sales.services.settings.home / "imports").iterdir()
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_out(encoding: str, delimiter: str, tmp_path: Path) -> None:
    rows = [["Name", "Straße, Ort", "Note"], ["Zoë", "Köln; Süd", 'a "b"\nc'], ["Chloé", "x", ""]]
    text = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    if encoding == "iso-8859-1":
        text += f'\r\n"\x81"{delimiter}"y"{delimiter}""'
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))
    found = examine(path)
    assert found.headers == rows[0]
    assert [row.cells for row in found.sample[:2]] == rows[1:]
    assert [row.line for row in found.sample[:2]] == [2, 4]
    assert found.layout.delimiter == delimiter


def test_another_encoding_that_does_not_fit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes("Name\nZoë\n".encode("cp1252"))
    with pytest.raises(BadFile, match="characters that are not UTF-8"):
        examine(path, Layout("utf-8-sig", ","))


def test_a_long_cell_is_no_fault_of_a_quotation_mark(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("Name,Notes\nMere," + "x" * 200_000 + "\n")
    assert examine(path, Layout("utf-8-sig", ",")).total == 1


@pytest.mark.parametrize("cell", ["=1+1", "+64 3", "-5", "@home", "'=1+1", "''", "'", "O'Connell", "", "\t=1", "'-'"])
def test_a_cell_that_was_made_harmless_comes_back_as_it_was(cell: str) -> None:
    assert bare(neutral(cell)) == cell
    assert cell == "-5" or not neutral(cell).startswith(("=", "+", "-", "@", "\t"))
