"""Xero's ids. What is none never becomes part of an address or of a filter. No network."""

from __future__ import annotations

import uuid

from core import NotFound


def is_id(ident: str) -> bool:
    """True for the form of Xero's ids; `GET /Contacts/{…}` would take other texts for contact numbers."""
    try:
        return str(uuid.UUID(ident)) == ident.lower()
    except ValueError:
        return False


def known(ident: str) -> str:
    """The id, if it has the form of one; else `NotFound`, without a call."""
    if not is_id(ident):
        raise NotFound("Xero does not know this.")
    return ident


def page_number(cursor: str | None) -> int:
    """The page that a cursor made of a number stands for; 1 without one. Raises `NotFound` for one we never gave."""
    if cursor is None:
        return 1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise NotFound("This part of the list does not exist.")
    return int(cursor)
