"""Bodies in XML, which Xero still takes and older clients still send, plain or as a form field named `xml`.

Every value comes out as text; the readers of numbers, flags and dates take text. Answers are JSON all the same.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

from plugins.xero.sandbox.wire import BadValue

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
    "Tracking": "TrackingCategory",
}


def looks_like_xml(raw: bytes) -> bool:
    """Whether a body is XML, or a form that carries it."""
    return raw.lstrip().startswith((b"<", b"xml="))


def read(raw: bytes) -> Any:
    """The body as JSON would hold it. Raises BadValue."""
    text = raw.lstrip()
    if text.startswith(b"xml="):
        text = parse_qs(text.decode("utf-8", "replace"))["xml"][0].encode()
    if b"<!" in text:
        raise BadValue("A document type or an entity is not taken.")  # entities can grow without end
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without entities there is nothing to expand
    except ElementTree.ParseError as error:
        raise BadValue(str(error)) from error
    value = _value(root)
    return {root.tag: value} if root.tag in LISTS else value


def _value(element: ElementTree.Element) -> Any:
    if element.tag in LISTS:
        return [_value(child) for child in element if child.tag == LISTS[element.tag]]
    if len(element) == 0:
        return (element.text or "").strip()
    return {child.tag: _value(child) for child in element}
