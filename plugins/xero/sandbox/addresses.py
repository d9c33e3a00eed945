"""Addresses that people and apps hand in: where an app may be sent back to, and what leads to a page of our own."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

# Anything else cannot stand in a Location header, or is read differently by different browsers.
_PLAIN = re.compile(r"[!-\[\]-~]+")


def split(address: str) -> SplitResult | None:
    """The parts of an address in visible ASCII without backslashes, or None for one that cannot be read."""
    if not _PLAIN.fullmatch(address):
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


def good_redirect(uri: str) -> bool:
    """Whether Xero would take this redirect URI: https, or http on localhost; `http://127.0.0.1` is refused."""
    parts = split(uri)
    if parts is None or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost")


def ours(path: str) -> SplitResult | None:
    """The parts of a path that leads to this server and nowhere else; None for any other address."""
    return split(path) if path.startswith("/") and not path.startswith("//") else None


def over_http(address: str) -> bool:
    """Whether this is the whole address of something that is reached over HTTP."""
    parts = split(address)
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)
