"""A document as a PDF of one page: plain text, enough to open and to recognise.

Source: PDF 1.4, a page with one of the fonts that every reader has. Letters outside its alphabet lose their accents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from plugins.xero.sandbox.wire import Record

LINES_ON_A_PAGE = 52


def document_pdf(row: Record, number: str, contact: str, organisation: str) -> bytes:
    """The PDF of an invoice, bill or credit note; amounts in its own currency."""
    head = [f"{organisation} (sandbox)", "", f"{number}   {row['Date']}   {row['Status']}", f"For: {contact}", ""]
    lines = [_line(line) for line in row["LineItems"]]
    sums = [f"{name}: {row['CurrencyCode']} {row[name]}" for name in ("SubTotal", "TotalTax", "Total")]
    return _page([*head, *lines, "", *sums][:LINES_ON_A_PAGE])


def _line(line: Record) -> str:
    text = f"{line.get('Description') or ''}"[:60]
    if line.get("LineAmount") is None:
        return text
    return f"{text}   {line.get('Quantity')} x {line.get('UnitAmount')} = {line['LineAmount']}"


def _page(lines: Sequence[str]) -> bytes:
    shown = b"\n".join(b"(" + _escaped(line) + b") Tj T*" for line in lines)
    text = b"BT /F1 11 Tf 50 790 Td 14 TL\n" + shown + b"\nET"
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    return _file(parts)


def _file(parts: Sequence[bytes]) -> bytes:
    """The objects, and the table that says at which byte each begins."""
    body, starts = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        starts.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(parts) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n" % count + table
    return body + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))


def _escaped(text: str) -> bytes:
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    for char in "\\()":
        plain = plain.replace(char, f"\\{char}")
    return plain.encode("cp1252", "replace").replace(b"\n", b" ").replace(b"\r", b" ")
