"""What becomes of the rows of a piece: new, an update, skipped as a duplicate, or refused, and why.

Planning only reads. The check of a whole file and its import plan alike; the check remembers what earlier pieces would
have made, which the import finds in the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from core.imports import matching
from core.imports.cells import Read, RowReader
from core.imports.matching import Found, Key
from core.imports.models import CHANGED, MADE
from core.imports.reading import Row
from core.records.lists import SINGULAR
from core.records.models import MODELS
from core.records.service import LINKS

SKIPPED, REFUSED = "skipped", "refused"
SKIP, UPDATE, ANEW = "skip", "update", "new"
DUPLICATES = {
    SKIP: "Skip them",
    UPDATE: "Update the record: filled cells go over what it has, and add to lists such as tags",
    ANEW: "Make new records anyway",
}
LONGEST_NAME = 200


@dataclass(slots=True)
class Planned:
    """What becomes of a row: `deed` is made, changed, skipped or refused.

    `values` are those of the new record, or the new ones of the record `record`; `homeless` is the name of the
    organization that has to be made first; `problems` are sentences by target.
    """

    row: Row
    read: Read
    deed: str = MADE
    values: dict[str, Any] = field(default_factory=dict)
    record: Any = None
    homeless: str = ""
    problems: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What to do with duplicates (a key of `DUPLICATES`), and whether organizations not found are made."""

    duplicates: str = SKIP
    make_organizations: bool = True


class Planner:
    """Plans piece by piece. `remembers`: nothing is written in between, as in the check of a file."""

    def __init__(self, reader: RowReader, rules: Rules, *, remembers: bool) -> None:
        self._reader, self._rules, self._remembers = reader, rules, remembers
        self._seen: set[int] = set()  # hashes of keys: a million rows fit

    def plan(self, session: Session, rows: Sequence[Row]) -> list[Planned]:
        """What becomes of these rows, in their order."""
        planned = [self._read(row) for row in rows]
        self._link(session, planned)
        for one in planned:
            one.values, wrong = self._checked(one)
            one.problems = wrong | one.problems
        self._match(session, planned)
        for one in planned:
            if one.problems:
                one.deed = REFUSED
        return planned

    def _checked(self, one: Planned) -> tuple[dict[str, Any], dict[str, str]]:
        values, problems = self._reader.check_new(one.read)
        return {**values, **{name: one.values[name] for name in LINKS if name in one.values}}, problems

    def _read(self, row: Row) -> Planned:
        read = self._reader.read(row.cells)
        problems = dict(read.problems)
        width = len(self._reader.mapping)
        if any(cell.strip() for cell in row.cells[width:]):
            problems[""] = f"There are {len(row.cells)} cells for {width} columns. Is there a delimiter inside a text?"
        return Planned(row, read, problems=problems)

    def _link(self, session: Session, planned: Sequence[Planned]) -> None:
        """Find what the rows link to: one query for each type."""
        for target, kind in LINKS.items():
            rows = [one for one in planned if target in one.read.links]
            names = {one.read.links[target] for one in rows}
            found = matching.linked(session, kind, names)
            for one in rows:
                self._link_one(one, target, kind, found)

    def _link_one(self, one: Planned, target: str, kind: str, found: Found) -> None:
        name, word = one.read.links[target], SINGULAR[kind]
        ids = found.get(name.casefold(), [])
        if len(ids) == 1:
            one.values[target] = ids[0]
        elif ids:
            one.problems[target] = f"More than one {word} is called {name[:60]}."
        elif kind != "organizations" or not self._rules.make_organizations:
            one.problems[target] = f"No {word} is called {name[:60]}."
        elif len(name) > LONGEST_NAME:
            one.problems[target] = f"Write at most {LONGEST_NAME} characters."
        else:
            one.homeless = name

    def _match(self, session: Session, planned: Sequence[Planned]) -> None:
        """Find duplicates in the database and among the rows, and do with them as is wanted."""
        if self._rules.duplicates == ANEW:
            return
        good = [(one, self._keys(one)) for one in planned if not self._only_needs_more(one)]
        there = matching.same(session, self._reader.kind, [key for _, keys in good for key in keys])
        records = self._records(session, there) if self._rules.duplicates == UPDATE else {}
        pending: dict[Key, Planned] = {}
        for one, keys in good:
            number = next((there[key] for key in keys if key in there), None)
            earlier = next((pending[key] for key in keys if key in pending), None)
            if number is not None:
                self._onto(one, records.get(number))
            elif earlier is not None:
                self._together(one, earlier)
            elif self._was_seen(keys):
                one.deed = SKIPPED if self._rules.duplicates == SKIP else CHANGED
            if one.deed == MADE and not one.problems:
                pending.update(dict.fromkeys(self._leads_to(one, keys), one))
        self._remember(pending)

    def _only_needs_more(self, one: Planned) -> bool:
        """Whether a row is refused whatever record it may belong to: for cells that are filled, and filled wrong."""
        filled = {*one.read.typed, *one.read.links, ""}
        wrong = {name for name in one.problems if name in filled or name in one.read.problems}
        return bool(wrong) or (bool(one.problems) and self._rules.duplicates != UPDATE)

    def _keys(self, one: Planned) -> list[Key]:
        typed: Mapping[str, Any] = one.values if one.values.get("name") or one.values.get("email") else one.read.typed
        home = str(one.values.get("organization_id") or one.homeless.casefold())
        return matching.keys_of(self._reader.kind, typed, home)

    def _leads_to(self, one: Planned, keys: Sequence[Key]) -> Sequence[Key]:
        """The keys by which later rows find a new record: a contact with an e-mail by name and phone, too."""
        return [*keys, *matching.who_of(one.values)] if self._reader.kind == "contacts" else keys

    def _records(self, session: Session, there: Mapping[Key, int]) -> dict[int, Any]:
        model: Any = MODELS[self._reader.kind]
        query = select(model).where(model.id.in_(set(there.values()))).options(selectinload(model.tag_rows))
        return {record.id: record for record in session.scalars(query)}

    def _onto(self, one: Planned, record: Any) -> None:
        """A record is there already."""
        if self._rules.duplicates == SKIP or record is None:
            one.deed = SKIPPED
            return
        links = {name: one.values[name] for name in LINKS if name in one.values and name in one.read.links}
        values, one.problems = self._reader.check_change(one.read, record)
        one.deed, one.record, one.values = CHANGED, record, {**values, **links}

    def _together(self, one: Planned, earlier: Planned) -> None:
        """An earlier row of the piece makes the record: skipped, or its filled cells go over that row's."""
        if self._rules.duplicates == SKIP:
            one.deed = SKIPPED
            return
        both = Planned(earlier.row, Read(type(earlier.read.typed)(earlier.read.typed | one.read.typed), {}, {}))
        links = {name: earlier.values.get(name) for name in LINKS if name in earlier.values}
        links |= {name: one.values[name] for name in LINKS if name in one.read.links and name in one.values}
        both.values = links
        values, one.problems = self._checked(both)
        if one.problems:
            return
        one.deed, earlier.values, earlier.read.typed = CHANGED, values, both.read.typed
        if one.homeless:
            earlier.homeless = one.homeless
        elif "organization_id" in one.read.links:
            earlier.homeless = ""

    def _was_seen(self, keys: Sequence[Key]) -> bool:
        return self._remembers and any(hash(key) in self._seen for key in keys)

    def _remember(self, pending: Mapping[Key, Planned]) -> None:
        if self._remembers:
            self._seen.update(map(hash, pending))
