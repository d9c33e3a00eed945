"""The audit trail: who did what, with old and new values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEEDS = {
    "record.created": "Created",
    "record.changed": "Changed",
    "record.deleted": "Deleted",
}


def includeme(config: Any) -> None:
    """`config.add_deed_words`: what people read for a deed."""
    config.registry.deed_words = dict(DEEDS)
    config.add_directive("add_deed_words", add_deed_words)


def add_deed_words(config: Any, words: Mapping[str, str]) -> None:
    """Let a room say how its deeds are called on pages: ``{"party.linked": "Linked"}``."""
    config.registry.deed_words.update(words)
