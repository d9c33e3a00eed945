"""What the draft's form is drawn from: the organisation's lists, parties, what was typed, and the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from core.accounting import (
    connections,
    draft_check,
    draft_fill,
    draft_form,
    draft_lists,
    due_dates,
    linking,
    snapshot,
    suggestions,
)
from core.accounting.committed import Committed
from core.accounting.draft_versions import lines_kept
from core.accounting.draft_view import line_numbers, sums_of
from core.accounting.drafts import offered_kind
from core.accounting.models import Connection, Draft, DraftChange, PartyRow
from core.accounting.suggestions import Candidate
from core.contract.values import (
    Capability,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    Organisation,
    Party,
    PartyState,
    Problem,
)
from core.services import Services


@dataclass(frozen=True)
class Desk:
    """Everything on the table for drafting in one organisation; read from the database alone.

    `kind` is what can be made there, None for nothing; `ready` is False until the organisation's lists were read;
    `decimals` as `ProviderSpec` has it. `suggested`: while nobody is linked, who the record may be billed to.
    """

    connection: Connection
    organisation: Organisation
    capabilities: frozenset[Capability]
    kind: DocumentKind | None
    lists: draft_lists.Lists
    today: date
    usual_days: int
    linked: Sequence[PartyRow]
    suggested: Sequence[Candidate]
    ready: bool
    decimals: int | None = None

    @property
    def offered(self) -> dict[str, Sequence[Choice]]:
        """What may be chosen, by kind."""
        return {kind.value: self.lists.offered(kind) for kind in ChoiceKind}

    @property
    def every(self) -> dict[str, Sequence[Choice]]:
        """All there is, by kind: to name what was chosen and may not be any more."""
        return {kind.value: self.lists.all(kind) for kind in ChoiceKind}

    @property
    def needs(self) -> frozenset[str]:
        """What each line must have here."""
        asked = {"item": Capability.LINE_NEEDS_ITEM, "account": Capability.LINE_NEEDS_ACCOUNT}
        return frozenset(name for name, needed in asked.items() if needed in self.capabilities)

    @property
    def has_accounts(self) -> bool:
        """Whether a line says its account: where each line needs an item, the account is the item's."""
        by_item = "item" in self.needs
        return "account" in self.needs or bool(self.lists.offered(ChoiceKind.ACCOUNT) and not by_item)

    @property
    def word(self) -> str:
        """What is made, in a word: invoice draft or estimate."""
        return "estimate" if self.kind is DocumentKind.ESTIMATE else "invoice draft"


def open_desk(session: Session, services: Services, record: Any, connection: Connection) -> Desk:
    """The table for one record and one connection."""
    able = connections.capabilities(services, connection)
    linked = linking.parties_for_draft(session, record, connection)
    return Desk(
        connection=connection,
        organisation=connections.organisation_of(connection),
        capabilities=able,
        kind=offered_kind(able),
        lists=lists_of(session, connection.id).without([kind for kind, one in _CLAIMED.items() if one not in able]),
        today=connections.today(connection, services.clock),
        usual_days=due_dates.default_days(services.settings),
        linked=linked,
        suggested=[] if linked else suggestions.for_draft(session, record, connection),
        ready=connection.choices_at is not None,
        decimals=connections.spec_of(services, connection).decimals,
    )


_CLAIMED = {ChoiceKind.THEME: Capability.THEMES, ChoiceKind.TRACKING: Capability.TRACKING}


def lists_of(session: Session, connection_id: int) -> draft_lists.Lists:
    """The organisation's lists as last read."""
    return draft_lists.Lists({kind: tuple(snapshot.choices(session, connection_id, kind)) for kind in ChoiceKind})


def party_at(session: Session, desk: Desk, party_id: str) -> PartyRow | None:
    """A party of the organisation's index."""
    return linking.party_row(session, desk.connection.id, party_id) if party_id else None


def first_party(desk: Desk) -> PartyRow | None:
    """The party to propose: the first linked one that may be used."""
    return next((row for row in desk.linked if row.state == PartyState.ACTIVE.value), None)


def begin(record: Any, desk: Desk, row: PartyRow | None) -> draft_form.Typed:
    """A new form, due by the party's terms."""
    party = snapshot.party_of(row) if row else None
    typed = draft_fill.begin(record, party, desk.lists, desk.organisation, desk.today)
    return draft_fill.follow_terms(typed, due_of(desk, typed, row), "")


def dated_today(typed: draft_form.Typed, desk: Desk, row: PartyRow | None) -> draft_form.Typed:
    """The same for a new document: today's date, due by the terms."""
    fresh = replace(typed, head={**typed.head, "date": desk.today.isoformat(), "due_date": ""})
    return draft_fill.follow_terms(fresh, due_of(desk, fresh, row), "")


def due_of(desk: Desk, typed: draft_form.Typed, row: PartyRow | None) -> due_dates.Due | None:
    """The due date to propose; None while the date cannot be read."""
    issued, party = draft_fill.issued_on(typed), snapshot.party_of(row) if row else None
    return due_dates.propose(issued, party, desk.organisation, desk.usual_days) if issued else None


@dataclass(frozen=True)
class Sheet:
    """The form as it is shown. `tried` is True once it was sent: only then does it nag about what is empty.

    `first` is the address of the draft that this form made before it was changed; `copied` the key of the draft that it
    was begun as a copy of; `filled` what to know of what was just filled in from the record. In the form of a change
    `before` is the document as it was when the form was opened, and `back` the form's address.
    """

    desk: Desk
    record: Any
    key: str
    version: int
    typed: draft_form.Typed
    party_row: PartyRow | None
    tried: bool = False
    row: Draft | DraftChange | None = None
    query: str = ""
    found: Sequence[PartyRow] = ()
    overdue: draft_check.Overdue | None = None
    agreed: Committed | None = None
    conflict: bool = False
    first: str = ""
    focus: str = ""
    before: Document | None = None
    back: str = ""
    copied: str = ""
    filled: str = ""

    @cached_property
    def party(self) -> Party | None:
        """The party chosen, as last seen."""
        return snapshot.party_of(self.party_row) if self.party_row else None

    @cached_property
    def checked(self) -> draft_form.Checked:
        """What it means."""
        state = self.party_row.state if self.party_row else ""
        desk = self.desk
        return draft_form.check(
            self.typed,
            desk.lists,
            party_state=state,
            needs=desk.needs,
            decimals=desk.decimals,
            kept=lines_kept(self.before) if self.before else {},
        )

    @cached_property
    def due(self) -> due_dates.Due | None:
        """The due date by the terms."""
        return due_of(self.desk, self.typed, self.party_row)

    @cached_property
    def refused(self) -> tuple[Problem, ...]:
        """What the provider refused, as far as it was not changed since and the page does not say so itself."""
        if self.row is None or self.row.state != "refused":
            return ()
        sent = draft_form.from_payload(self.row.payload["typed"])
        told = draft_check.problems_of(self.row.problems)
        same = [_at_input(one) for one in told if _value(sent, one.field) == _value(self.typed, one.field)]
        ours = {one.field for one in self.checked.problems}
        return tuple(one for one in same if one.field not in ours)

    @cached_property
    def items(self) -> list[draft_check.Item]:
        """The list *Before it goes*."""
        usable = self.party_row is not None and self.party_row.state == PartyState.ACTIVE.value
        known = draft_check.Known(
            self.desk.organisation,
            self.desk.capabilities,
            self.party if usable else None,
            self.desk.connection.state == "connected",
            self.overdue,
            self.agreed,
            getattr(self.record, "currency", ""),
        )
        return draft_check.before_it_goes(self.checked, self.refused, self.desk.lists, known)

    @cached_property
    def shown(self) -> Mapping[str, list[str]]:
        """The sentences at the fields."""
        shown: dict[str, list[str]] = {}
        for one in self.checked.problems:
            if self.tried or _value(self.typed, one.field).strip():
                shown.setdefault(_at_input(one).field, []).append(one.message)
        for one in self.refused:
            shown.setdefault(one.field, []).append(one.message)
        return shown

    @property
    def summary(self) -> list[draft_check.Item]:
        """What has to be mended before it can be sent, for the top of the page; empty until it was tried."""
        return [one for one in self.items if one.tone == draft_check.NO and (self.tried or one.field in self.shown)]

    @property
    def can_make_parties(self) -> bool:
        """Whether a new party can be made from here."""
        return Capability.PARTIES_CREATE in self.desk.capabilities

    @cached_property
    def columns(self) -> list[str]:
        """The choices in the first row of a line: what each line needs here, and account and tax where there are any.

        What is wrong in a choice that is not offered (any more) is shown too, to be mended.
        """
        needs_item, taxes = "item" in self.desk.needs, bool(self.desk.lists.offered(ChoiceKind.TAX_RATE))
        shown = {
            "item": needs_item,
            "account": self.desk.has_accounts or self._is_wrong("account"),
            "tax_rate": taxes or self._is_wrong("tax_rate"),
        }
        return [name for name, there in shown.items() if there]

    def _is_wrong(self, name: str) -> bool:
        """Whether there is something to mend in that field of a line."""
        return any(name in self.wrong_in(number) for number in range(len(self.typed.lines)))

    def wrong_in(self, number: int) -> set[str]:
        """The fields of a line in which something is to be mended."""
        return {field.rpartition(".")[2] for field in self.shown if field.startswith(f"lines.{number}.")}

    @property
    def has_more_items(self) -> bool:
        """Whether an item may be chosen and need not be: it stands in the second row of a line."""
        there = bool(self.desk.lists.offered(ChoiceKind.ITEM)) or self._is_wrong("item")
        return there and "item" not in self.columns

    @property
    def more_words(self) -> str:
        """What the second row of a line holds."""
        item = ["item"] if self.has_more_items else []
        words = ", ".join([*item, "discount", *self.desk.lists.groups()])
        return words[:1].upper() + words[1:]

    def tax_words(self, number: int) -> str:
        """What a line without a tax rate of its own is taxed by."""
        line = self.typed.lines[number]
        return draft_lists.taxed("", line["account"], line["item"], self.desk.lists).words

    def money_off(self, number: int) -> Decimal:
        """The discount in money that a line has in the books and keeps; zero for none."""
        old = lines_kept(self.before).get(self.typed.lines[number]["id"]) if self.before else None
        typed = self.typed.lines[number]["discount"].strip()
        return draft_form.money_off(old, Decimal(bool(typed)))

    @property
    def untaxed(self) -> str:
        """The lines whose tax is not in the totals, in words; "" for none."""
        return line_numbers([number + 1 for number in self.checked.open_tax])

    def more_of(self, number: int) -> bool:
        """Whether the second row of a line is shown open: it holds something, or something to mend."""
        line, names = self.typed.lines[number], ["discount", *draft_lists.TRACKING]
        names += ["item"] if self.has_more_items else []
        return bool(self.money_off(number)) or any(
            f"lines.{number}.{name}" in self.shown or line[name] for name in names
        )

    def is_linked(self, party_id: str) -> bool:
        """Whether a party is linked to the record, its organization or its contact."""
        return any(row.party_id == party_id for row in self.desk.linked)

    def parties(self) -> list[tuple[str, list[PartyRow]]]:
        """The groups of the party list: linked ones, else those it may be, and the one chosen if it is another."""
        chosen, likely = self.party_row, [one.party for one in self.desk.suggested]
        known = {row.party_id for row in (*self.desk.linked, *likely)}
        extra = [chosen] if chosen is not None and chosen.party_id not in known else []
        groups = [("Linked", list(self.desk.linked)), ("May be meant", likely), ("Someone else", extra)]
        return [(title, rows) for title, rows in groups if rows]

    def reasons(self, party_id: str) -> tuple[str, ...]:
        """Why a party that nobody linked is offered, the surest first; none for others."""
        return next((one.reasons for one in self.desk.suggested if one.party.party_id == party_id), ())


def _at_input(problem: Problem) -> Problem:
    """The problem at a field that the page has."""
    if problem.field.endswith(".tracking"):
        return replace(problem, field=f"{problem.field}_0")
    return problem


def _value(typed: draft_form.Typed, field: str) -> str:
    """What stands in a field of the form; "" for what is no field."""
    if field in typed.head:
        return typed.head[field]
    parts = field.split(".")
    if len(parts) == 3 and parts[1].isdigit() and int(parts[1]) < len(typed.lines):
        return typed.lines[int(parts[1])].get(parts[2], "")
    return ""


def overdue_of(session: Session, desk: Desk, party_id: str) -> draft_check.Overdue | None:
    """What the customer owes beyond its due date."""
    base = desk.organisation.base_currency
    return draft_check.overdue_of(session, desk.connection.id, party_id, base, desk.today) if party_id else None


def with_party(typed: draft_form.Typed, desk: Desk, party_id: str) -> draft_form.Typed:
    """With another party, as chosen in an address; "" changes nothing."""
    return replace(typed, head={**typed.head, "party": party_id}) if party_id else typed


def payload_of(sheet: Sheet, document: dict[str, Any] | None) -> dict[str, Any]:
    """What is kept of a form: typed, meant, and added up."""
    return {
        "typed": sheet.typed.as_payload(),
        "document": document,
        "party_name": sheet.party_row.name if sheet.party_row else "",
        "sums": sums_of(sheet.checked),
    }
