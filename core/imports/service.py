"""The rules of imports: keeping a file, saying what its columns are, and the steps from one state to the next."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core import sheets
from core.audit.service import record_deed
from core.db import changed
from core.imports import cells, models, targets
from core.imports.cells import Options, RowReader
from core.imports.models import AT_WORK, Import, ImportedRecord, RefusedRow
from core.imports.planning import Rules
from core.imports.reading import BadFile, Examined, Layout
from core.records.fields import AmountField, DayField
from core.records.hiding import WITH
from core.records.models import MODELS
from core.services import Services
from core.settings import StartError

KEPT_FOR = dt.timedelta(days=7)
LARGEST_ID = 2**31 - 1
READ_AT_ONCE = 1 << 20
PROBLEM = "Problem"


class ImportNotFound(Exception):
    """There is no such import, or it is somebody else's."""


def folder(services: Services) -> Path:
    """Where uploaded files are; made when it is missing, for nobody else to read."""
    found = services.settings.home / "imports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def largest(services: Services) -> int:
    """How many bytes a file may have: the setting `crm.import_megabytes`, or 50 MB. Raises `StartError`."""
    text = services.settings.all.get("crm.import_megabytes", "50")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 2000:
        raise StartError(f"The setting crm.import_megabytes is {text!r}. Write a whole number from 1 to 2000.")
    return int(text) * 1024 * 1024


def keep_file(services: Services, source: BinaryIO) -> Path:
    """Store an uploaded file under a name of our own, mode 0600. Raises `BadFile` when it is too large."""
    path, most, size = folder(services) / f"{secrets.token_hex(16)}.csv", largest(services), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stored:
        while piece := source.read(READ_AT_ONCE):
            size += len(piece)
            if size > most:
                break
            stored.write(piece)
    if size > most:
        path.unlink()
        raise BadFile(f"The file is larger than {most // 1024 // 1024} MB. Split it, or ask your administrator.")
    moment = services.clock.now().timestamp()
    os.utime(path, (moment, moment))  # by the clock that `tidy` will go by
    return path


def make(
    session: Session, kind: str, file_name: str, stored: Path, found: Examined, *, user_id: int, when: dt.datetime
) -> Import:
    """The row of an uploaded file, with all that could be guessed about it."""
    reader = reader_for(session, kind, [], Options())
    row = Import(
        kind=kind,
        file_name=Path(file_name.replace("\\", "/")).name[:200] or "file.csv",
        stored_as=stored.name,
        user_id=user_id,
        created_at=when,
    )
    row.mapping = []
    lay_out(row, found)
    row.mapping = targets.guess(found.headers, targets.targets(kind, reader.fresh(cells.Typed())))
    _guess_styles(row, found, reader)
    session.add(row)
    session.flush()
    return row


def lay_out(row: Import, found: Examined) -> None:
    """Take over how the file is written; other columns than before are mapped anew by whoever asked."""
    row.encoding, row.delimiter = found.layout.encoding, found.layout.delimiter
    row.headers = [name[:300] for name in found.headers]
    row.total = found.total
    if len(row.mapping) != len(row.headers):
        row.mapping = [""] * len(row.headers)


def _guess_styles(row: Import, found: Examined, reader: RowReader) -> None:
    form = {field.short_name: field for field in reader.fresh(cells.Typed())}

    def texts(style: type[Any]) -> list[str]:
        places = [place for place, key in enumerate(row.mapping) if isinstance(form.get(key), style)]
        return [one.cells[place] for one in found.sample for place in places if place < len(one.cells)]

    row.decimal, row.dates = cells.guess_decimal(texts(AmountField)), cells.guess_dates(texts(DayField))


def reader_for(session: Session, kind: str, mapping: Sequence[str], options: Options) -> RowReader:
    """What reads the rows of an import of that type."""
    return RowReader(session, kind, mapping, options)


def reader_of(session: Session, row: Import) -> RowReader:
    """What reads the rows of this import."""
    return RowReader(session, row.kind, row.mapping, Options(row.decimal, row.dates, row.currency))


def offered(session: Session, kind: str) -> list[targets.Target]:
    """The fields that columns of a type can go into."""
    return targets.targets(kind, reader_for(session, kind, [], Options()).fresh(cells.Typed()))


def rules_of(row: Import) -> Rules:
    """What was chosen about duplicates and organizations."""
    return Rules(row.duplicates, row.make_organizations)


def layout_of(row: Import) -> Layout:
    """How its file is written."""
    return Layout(row.encoding, row.delimiter)


def get_import(session: Session, number: int, *, user_id: int, everybody: bool) -> Import:
    """The import of that number: one's own, or anybody's for `everybody`. Raises `ImportNotFound`."""
    row = session.get(Import, number) if number <= LARGEST_ID else None
    if row is None or (row.user_id != user_id and not everybody):
        raise ImportNotFound(f"There is no import with the number {number}.")
    return row


def imports_of(session: Session, *, user_id: int, everybody: bool, limit: int = 100) -> Sequence[Import]:
    """The latest imports, one's own or everybody's."""
    query = select(Import).order_by(Import.id.desc()).limit(limit)
    return session.scalars(query if everybody else query.where(Import.user_id == user_id)).all()


def move(session: Session, row: Import, before: Sequence[str], after: str, **values: Any) -> bool:
    """Go on to another state, by compare-and-set. False when it is in none of `before` any more."""
    session.flush()
    query = update(Import).where(Import.id == row.id, Import.state.in_(before))
    fine = bool(changed(session, query.values(state=after, **values)))
    session.refresh(row)
    return fine


def check(session: Session, row: Import) -> bool:
    """Have the whole file checked; False when it is being imported already."""
    zero = {"position": 0, "counts": {}, "problem": "", "lease": "", "lease_until": None}
    return move(session, row, (models.NEW, models.CHECKING, models.CHECKED), models.CHECKING, **zero)


def start(session: Session, row: Import, *, user_id: int | None, when: dt.datetime) -> bool:
    """Import it, once it was checked; False for a second click."""
    begun = move(
        session, row, (models.CHECKED,), models.RUNNING, position=0, started_at=when, lease="", lease_until=None
    )
    if begun:
        forget_refused(session, row)  # the import finds them again, with those that are refused only now
        tell(session, row, "import.started", user_id, when)
    return begun


def cancel(session: Session, row: Import, *, user_id: int | None, when: dt.datetime) -> bool:
    """Stop it; what was imported stays. False when it is not at work."""
    stopped = move(
        session, row, (models.NEW, models.CHECKING, models.CHECKED, models.RUNNING), models.CANCELLED, finished_at=when
    )
    if stopped:
        tell(session, row, "import.cancelled", user_id, when)
    return stopped


def undo(session: Session, row: Import, *, user_id: int | None, when: dt.datetime) -> bool:
    """Put what it made into the bin, as a job. False when it is at work, or made nothing."""
    if not row.made:
        return False
    began = move(
        session, row, (models.DONE, models.CANCELLED, models.FAILED), models.UNDOING, lease="", lease_until=None
    )
    if began:
        tell(session, row, "import.undo_started", user_id, when)
    return began


def tell(session: Session, row: Import, deed: str, user_id: int | None, when: dt.datetime) -> None:
    """Write a step of an import into the audit trail."""
    new = {
        "import": row.id,
        "type": row.kind,
        "file": row.file_name,
        "rows": row.total,
        "made": row.made,
        "updated": row.changed,
        "skipped": row.skipped,
        "refused": row.refused,
    }
    record_deed(session, when=when, user_id=user_id, deed=deed, kind="imports", record_id=row.id, new=new)


def outcome(session: Session, row: Import) -> dict[tuple[str, str], int]:
    """How many records of each type were made, changed, binned or kept by it."""
    one = ImportedRecord
    query = select(one.kind, one.deed, func.count()).where(one.import_id == row.id).group_by(one.kind, one.deed)
    return {(kind, deed): count for kind, deed, count in session.execute(query)}


def forget_refused(session: Session, row: Import) -> None:
    """Drop the refused rows of an import: they are found anew."""
    session.execute(delete(RefusedRow).where(RefusedRow.import_id == row.id))


def refused_rows(session: Session, import_id: int, *, limit: int | None = None) -> Iterator[Any]:
    """The rows that were refused, in the order of the file: line, cells, problem; read piece by piece."""
    one = RefusedRow
    query = select(one.line, one.cells, one.problem).where(one.import_id == import_id).order_by(one.line).limit(limit)
    yield from session.execute(query.execution_options(yield_per=500))


def refused_csv(services: Services, row: Import) -> Iterator[bytes]:
    """The refused rows as a file with their own columns and one more that says why: to mend and to import again."""
    width = len(row.headers)

    def lines() -> Iterator[list[str]]:
        with services.db.read() as session:
            for one in refused_rows(session, row.id):
                cells_of = [*one.cells, *[""] * width][: max(width, len(one.cells))]
                yield [*cells_of, one.problem]

    return sheets.write([*row.headers, PROBLEM], lines())


def tidy(services: Services) -> None:
    """Delete the files of imports older than `KEPT_FOR`, and those without one, as of an upload that broke off."""
    before = services.clock.now() - KEPT_FOR
    with services.db.read() as session:
        query = select(Import.stored_as).where((Import.created_at >= before) | Import.state.in_(AT_WORK))
        wanted = set(session.scalars(query))
    for path in folder(services).glob("*.csv"):
        if path.name not in wanted:
            _drop(path, services)
    with services.db.begin() as session:
        old = select(Import.id).where(Import.created_at < before, Import.state.not_in(AT_WORK))
        session.execute(delete(RefusedRow).where(RefusedRow.import_id.in_(old)))


def _drop(path: Path, services: Services) -> None:
    """Delete a file, unless it has just been uploaded and its row is not there yet."""
    age = services.clock.now() - dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    if age > dt.timedelta(hours=1):
        path.unlink(missing_ok=True)


def file_of(services: Services, row: Import) -> Path:
    """The stored file. Raises `BadFile` when its seven days are over."""
    path = folder(services) / row.stored_as
    if not path.is_file():
        raise BadFile(f"The file is not here any more: files are kept for {KEPT_FOR.days} days. Upload it again.")
    return path


@dataclass(frozen=True)
class Touched:
    """A page of the records of an import: records there are, by type and id, None for those in the bin for good."""

    records: Sequence[tuple[str, int, Any]]
    page: int
    pages: int
    total: int
    first: int
    last: int


def touched(session: Session, row: Import, deed: str, *, page: int, size: int) -> Touched:
    """The records that an import made or changed, by type and id; those in the bin too."""
    one = ImportedRecord
    mine = select(one.kind, one.record_id).where(one.import_id == row.id, one.deed == deed)
    total = session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    pages = max(1, -(-total // size))
    page = min(page, pages)
    ids = session.execute(mine.order_by(one.kind, one.record_id).offset((page - 1) * size).limit(size)).all()
    found: dict[tuple[str, int], Any] = {}
    for kind in {kind for kind, _ in ids}:
        model: Any = MODELS[kind]
        query = select(model).where(model.id.in_([number for of, number in ids if of == kind]))
        found |= {(kind, record.id): record for record in session.scalars(query, execution_options=WITH)}
    records = [(kind, number, found.get((kind, number))) for kind, number in ids]
    first = (page - 1) * size + 1
    return Touched(records, page, pages, total, first, first + len(records) - 1)
