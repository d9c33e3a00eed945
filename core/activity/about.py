"""Which record a task is about: named in a text, as people type it or choose it from suggestions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy.orm import Session

from core.records import lists, service
from core.records.kinds import KINDS
from core.records.models import Record

_NUMBERED = re.compile(rf"\(({'|'.join(kind.singular for kind in KINDS.values())}) #(\d{{1,18}})\)\s*$", re.ASCII)
_BY_WORD = {kind.singular: key for key, kind in KINDS.items()}
FEW = 4  # suggestions of each type


class Unclear(Exception):
    """The text names no record, or more than one; says so in a sentence."""


def name(record: Record) -> str:
    """How a record is written into the field, so that it is found again: ``Old Mill (organization #7)``."""
    return f"{record.title} ({KINDS[record.kind].singular} #{record.id})"


def suggestions(session: Session, text: str) -> list[str]:
    """Records of any type whose name holds the text, as they are written into the field."""
    return (
        [name(record) for kind in KINDS for record in lists.suggestions(session, kind, text, limit=FEW)] if text else []
    )


def find(session: Session, text: str) -> tuple[str, int | None]:
    """Kind and id of the record that a text means, "" and None for an empty one. Raises `Unclear`."""
    if not text:
        return "", None
    if numbered := _NUMBERED.search(text):
        kind, number = _BY_WORD[numbered[1]], int(numbered[2])
        if service.exists(session, kind, number):
            return kind, number
        raise Unclear(f"This {numbered[1]} is not there any more. Choose another.")
    same = list(_named(session, text))
    if len(same) == 1:
        return same[0]
    if same:
        hints = " or ".join(f"“{name(service.get_record(session, *one))}”" for one in same[:FEW])
        raise Unclear(f"More than one record is called so. Write {hints}.")
    near = suggestions(session, text)[:FEW]
    hint = f" Did you mean {' or '.join(f'“{one}”' for one in near)}?" if near else " Leave this empty, or choose one."
    raise Unclear(f"No record is called so.{hint}")


def _named(session: Session, text: str) -> Iterator[tuple[str, int]]:
    for kind in KINDS:
        yield from ((kind, number) for number in service.named(session, kind, text))
