"""Ids that are the same every time the demo company is made."""

from __future__ import annotations

from uuid import UUID, uuid5

_SPACE = UUID("5b1f7a52-0c1e-5f4f-9d0a-6e0d5f2c9a11")

KERERU = str(uuid5(_SPACE, "Kererū Trading"))
KERERU_AUSTRALIA = str(uuid5(_SPACE, "Kererū Trading Australia"))


def made(*parts: object) -> str:
    """The id of a thing, from its names."""
    return str(uuid5(_SPACE, "/".join(str(part) for part in parts)))
