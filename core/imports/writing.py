"""Carrying a plan out: new records in bulk, updates one by one as forms do, what was refused kept to be mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.db import table_of, write_rows
from core.imports.models import CHANGED, MADE, Import, ImportedRecord, RefusedRow
from core.imports.planning import REFUSED, Planned
from core.imports.reading import Row
from core.imports.targets import Target
from core.records import service
from core.records.custom_form import form_class
from core.records.kinds import KINDS
from core.records.many import create_many
from core.records.service import Actor


def write_piece(
    session: Session, row: Import, planned: Sequence[Planned], actor: Actor, labels: Sequence[Target]
) -> None:
    """Write what a plan says, in the caller's transaction; the counts of the import go up."""
    new = [one for one in planned if one.deed == MADE]
    old = [one for one in planned if one.deed == CHANGED and one.record is not None]
    homes = _make_homes(session, row, [*new, *old], actor)
    for one in (*new, *old):
        if one.homeless:
            one.values["organization_id"] = homes[one.homeless.casefold()]
    source = {"import": row.id}
    ids = create_many(session, row.kind, [one.values for one in new], actor, source=source)
    _keep(session, row, row.kind, MADE, [(number, 1) for number in ids])
    changed = _change(session, row, old, actor)
    keep_refused(session, row.id, planned, labels)
    row.made += len(new)
    row.changed += sum(one.deed == CHANGED for one in planned)
    row.refused += sum(one.deed == REFUSED for one in planned)
    row.skipped += len(planned) - sum(one.deed in (MADE, CHANGED, REFUSED) for one in planned)
    told = (("organizations", list(homes.values()), True), (row.kind, ids, True), (row.kind, changed, False))
    for watch in actor.bulk_watchers:
        for kind, numbers, is_new in told:
            if numbers:
                watch(session, kind, numbers, is_new)


def _make_homes(session: Session, row: Import, planned: Sequence[Planned], actor: Actor) -> dict[str, int]:
    """The organizations that are missing, made; their ids by name in small letters."""
    names = {one.homeless.casefold(): one.homeless for one in reversed(planned) if one.homeless}
    if not names:
        return {}
    empty = form_class(session, "organizations", KINDS["organizations"].form)().values()
    owners = {one.homeless.casefold(): one.values.get("owner_id") for one in reversed(planned) if one.homeless}
    rows = [{**empty, "name": name, "owner_id": owners[small]} for small, name in names.items()]
    ids = create_many(session, "organizations", rows, actor, source={"import": row.id})
    _keep(session, row, "organizations", MADE, [(number, 1) for number in ids])
    return dict(zip(names, ids, strict=True))


def _change(session: Session, row: Import, planned: Sequence[Planned], actor: Actor) -> list[int]:
    """Give records their new values; the ids of those that really changed."""
    versions: dict[int, int] = {}
    for one in planned:
        record = one.record
        if service.change(session, record, one.values, actor, seen_version=record.version):
            versions[record.id] = record.version
    mine = select(ImportedRecord).where(
        ImportedRecord.import_id == row.id, ImportedRecord.kind == row.kind, ImportedRecord.record_id.in_(versions)
    )
    for kept in session.scalars(mine):
        kept.version = versions.pop(kept.record_id)
    _keep(session, row, row.kind, CHANGED, list(versions.items()))
    return [one.record.id for one in planned]


def _keep(session: Session, row: Import, kind: str, deed: str, found: Sequence[tuple[int, int]]) -> None:
    rows = [(row.id, kind, one, deed, version) for one, version in found]
    names = ("import_id", "kind", "record_id", "deed", "version")
    write_rows(session, table_of(ImportedRecord), names, rows)


def keep_refused(session: Session, import_id: int, planned: Sequence[Planned], labels: Sequence[Target]) -> None:
    """Keep the refused rows of a piece with what is wrong with them: to be shown, and to be sent again."""
    names = {target.key: target.label for target in labels}
    rows: list[dict[str, Any]] = [
        {
            "import_id": import_id,
            "line": one.row.line,
            "cells": storable(one.row),
            "problem": " ".join(
                f"{names[key]}: {text}" if key in names else text for key, text in one.problems.items()
            ),
        }
        for one in planned
        if one.deed == REFUSED
    ]
    if rows:
        session.execute(insert(RefusedRow), rows)


def storable(row: Row) -> list[str]:
    """The cells of a row without half characters, which no database takes."""
    return [cell.encode("utf-8", "replace").decode() for cell in row.cells]
