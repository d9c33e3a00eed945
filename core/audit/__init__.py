"""The audit trail: who did what, with old and new values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

DEEDS = {
    "record.created": "Created",
    "record.changed": "Changed",
    "record.deleted": "Deleted",
}


def includeme(config: Any) -> None:
    """`config.add_deed_words`: what people read for a deed; `config.add_deed_rights`: who may read its values."""
    config.registry.deed_words = dict(DEEDS)
    config.registry.deed_rights = {}
    config.add_directive("add_deed_words", add_deed_words)
    config.add_directive("add_deed_rights", add_deed_rights)


def add_deed_words(config: Any, words: Mapping[str, str]) -> None:
    """Let a room say how its deeds are called on pages: ``{"party.linked": "Linked"}``."""
    config.registry.deed_words.update(words)


def add_deed_rights(config: Any, rights: Mapping[str, Sequence[str]]) -> None:
    """Let a room say which rights it takes to read the values of its deeds: ``{"bill.linked": ["money.see"]}``."""
    config.registry.deed_rights.update(rights)
