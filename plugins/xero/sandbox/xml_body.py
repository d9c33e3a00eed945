"""Bodies in XML, which Xero still takes and gives and older clients still use; what is sent may be a form field `xml`.

Every value that is read comes out as text; the readers of numbers, flags and dates take text. Xero answers in XML
unless JSON is asked for; the sandbox only where XML is asked for.
"""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

from plugins.xero.sandbox.wire import BadValue, Record, decoded, iso_text, read_ms

# Control characters, which XML cannot hold.
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# The elements that hold several of one kind.
LISTS = {
    "Addresses": "Address",
    "Contacts": "Contact",
    "ContactPersons": "ContactPerson",
    "CreditNotes": "CreditNote",
    "HistoryRecords": "HistoryRecord",
    "Invoices": "Invoice",
    "LineItems": "LineItem",
    "Payments": "Payment",
    "Phones": "Phone",
    "PurchasesTrackingCategories": "PurchasesTrackingCategory",
    "SalesTrackingCategories": "SalesTrackingCategory",
    "Tracking": "TrackingCategory",
}


def looks_like_xml(raw: bytes) -> bool:
    """Whether a body is XML, or a form that carries it."""
    return raw.lstrip().startswith((b"<", b"xml="))


def read(raw: bytes) -> Any:
    """The body as JSON would hold it. Raises BadValue."""
    text = raw.lstrip()
    if text.startswith(b"xml="):
        text = parse_qs(text.decode("utf-8", "replace")).get("xml", [""])[0].encode()
    if b"<!DOCTYPE" in text.replace(b"\0", b""):
        raise BadValue("A document type is not taken.")  # its entities can grow without end
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without entities there is nothing to expand
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadValue(str(error)) from error
    try:
        value = _value(root)
    except RecursionError as error:
        raise BadValue("The elements are nested too deeply.") from error
    return {root.tag: value} if root.tag in LISTS else value


def _value(element: ElementTree.Element) -> Any:
    if element.tag in LISTS:
        return [_value(child) for child in element if child.tag == LISTS[element.tag]]
    if len(element) == 0:
        return (element.text or "").strip()
    return {child.tag: _value(child) for child in element}


def written(body: bytes, root: str) -> bytes:
    """A JSON answer as XML: dates as ISO text without a zone, each list as elements of the singular name."""
    return b'<?xml version="1.0" encoding="utf-8"?>' + ElementTree.tostring(_element(root, decoded(body)))


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, dict):
        element.extend(_element(key, each) for key, each in value.items() if not _repeated(key, value))
    elif isinstance(value, list):
        element.extend(_element(_singular(name), each) for each in value)
    elif value is not None:
        element.text = _text(value)
    return element


def _repeated(key: str, record: Record) -> bool:
    """Whether it is the text beside a date: XML has one of the two."""
    return key.endswith("String") and key.removesuffix("String") in record


def _singular(name: str) -> str:
    return LISTS.get(name) or (f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s"))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    with suppress(BadValue):
        return iso_text(read_ms(value)).removesuffix("Z")
    return NOT_XML.sub("", str(value))
