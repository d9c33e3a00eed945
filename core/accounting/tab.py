"""What a record's tab shows, read from the snapshot alone: no provider is called while a page is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, func, select, union
from sqlalchemy.orm import Session

from core.accounting import ages, budget, connections, linking, overview, unread
from core.accounting.access import Sight
from core.accounting.charts import Charts, charts
from core.accounting.context import ConnectionContext
from core.accounting.document_filter import facets
from core.accounting.document_list import Listing, Shown, listing
from core.accounting.documents import (
    PARTY_RECORDS,
    SightOf,
    connections_known,
    documents_linked,
    shown_on,
)
from core.accounting.models import Connection, DocumentLink, DocumentRow, PartyLink, PartyRow, UnreadDocument
from core.accounting.project import Billed, agreed_for, billed
from core.accounting.snapshot import party_of
from core.accounting.words import BILL_KINDS
from core.contract.provider import AccountingProvider, ProviderSpec
from core.contract.values import Capability, DocumentKind, Party, Ref
from core.services import Services


@dataclass(frozen=True)
class LinkedParty:
    """A linked party: the link, the party as last seen (None until it was read), and where to look at it.

    `survivor`: who it was merged into, where the link could not follow; `followed`: who was merged into it.
    """

    link: PartyLink
    party: Party | None
    url: str | None
    survivor: PartyRow | None = None
    followed: PartyRow | None = None

    @property
    def archived(self) -> bool:
        """Whether the party may not be used for new documents."""
        return self.party is not None and self.party.state.value != "active" and not self.merged

    @property
    def merged(self) -> bool:
        """Whether the party was merged into `survivor`, where its documents are now."""
        return self.party is not None and bool(self.party.merged_into)


@dataclass(frozen=True)
class Contents:
    """The figures and lists of a block; for who sees no amounts a light alone."""

    light: overview.Light | None
    figures: overview.Figures | None
    billed: Billed | None
    ladder: Billed | None
    lists: Sequence[Listing]
    charts: Charts | None = None


@dataclass(frozen=True)
class Block:
    """What a tab shows of one connection. `as_of` is None until the first load is done.

    `waiting` counts linked documents that were not read yet, `unknown` those that the provider does not know, `unread`
    what it told and nobody could read: figures lack it, or have it as it was before.

    The contents are read when they are first looked at: an open tab asks every minute, and mostly nothing changed.
    """

    connection: Connection
    sight: Sight
    capabilities: frozenset[Capability]
    today: date
    parties: Sequence[LinkedParty]
    as_of: datetime | None
    stale: bool
    busy: bool
    waiting: int
    unknown: int
    unread: int
    read_contents: Callable[[], Contents]

    @property
    def parties_read(self) -> list[Party]:
        """The linked parties as last seen, without those that were not read yet."""
        return [one.party for one in self.parties if one.party is not None]

    @cached_property
    def _contents(self) -> Contents:
        return self.read_contents()

    @property
    def light(self) -> overview.Light | None:
        """How things stand, for who sees no amounts; None for others."""
        return self._contents.light

    @property
    def figures(self) -> overview.Figures | None:
        """The figures in the connection's base currency; None for who sees no amounts."""
        return self._contents.figures

    @property
    def billed(self) -> Billed | None:
        """Billed so far; None on contacts and organizations, and for who sees no amounts."""
        return self._contents.billed

    @property
    def ladder(self) -> Billed | None:
        """The same in the record's own currency, beside its amount or budget; None where it has none."""
        return self._contents.ladder

    @property
    def charts(self) -> Charts | None:
        """Invoiced and paid by month, owed by age; None on opportunities and projects, and for who sees no amounts."""
        return self._contents.charts

    @property
    def lists(self) -> Sequence[Listing]:
        """The lists of documents; empty for who sees no amounts."""
        return self._contents.lists


def build(
    session: Session, services: Services, spec: ProviderSpec, record: Any, sight_of: SightOf, asked: Mapping[str, str]
) -> list[Block]:
    """One block for each connection of the provider that the record is linked to, by party or by document."""
    found = linked_connections(session, spec.key, record, sight_of)
    return [
        _Reader(session, services, spec, record, sight_of(one), asked, f"-{one.id}" if len(found) > 1 else "").block(
            one
        )
        for one in found
    ]


def linked_connections(session: Session, provider: str, record: Any, sight_of: SightOf) -> list[Connection]:
    """The provider's connections that a record is linked to, as far as the user may know of them."""
    return [one for one in connections_known(session, record, sight_of) if one.provider == provider]


class _Reader:
    """Reads a block of one record for one user, who may see `sight` of its connection.

    `suffix` tells the lists' fields in the address from those of another block.
    """

    def __init__(
        self,
        session: Session,
        services: Services,
        spec: ProviderSpec,
        record: Any,
        sight: Sight,
        asked: Mapping[str, str],
        suffix: str,
    ) -> None:
        self._session = session
        self._services = services
        self._spec = spec
        self._record = record
        self._sight = sight
        self._asked = asked
        self._suffix = suffix

    def block(self, connection: Connection) -> Block:
        provider = self._spec.open(ConnectionContext(self._services, self._spec, connection))
        by_party = self._record.kind in PARTY_RECORDS
        links = [link for link in self._links() if link.connection_id == connection.id] if by_party else []
        documents = self._linked_documents(connection)
        rows = [linking.party_row(self._session, connection.id, link.party_id) for link in links]
        today = connections.today(connection, self._services.clock)
        feeds = Capability.CHANGES in provider.capabilities()
        now = self._services.clock.now()
        as_of = ages.of_all(self._session, connection, rows, documents, feeds=feeds)
        return Block(
            connection=connection,
            sight=self._sight,
            capabilities=provider.capabilities(),
            today=today,
            parties=[self._party(provider, link, row) for link, row in zip(links, rows, strict=True)],
            as_of=as_of,
            stale=as_of is None or as_of <= now - budget.pace(self._session, connection.id, now),
            busy=self._is_busy(connection),
            waiting=self._without_row(connection, documents, known=True),
            unknown=self._without_row(connection, documents, known=False),
            unread=unread.of_record(self._session, self._record, connection.id, bills=self._sight.bills),
            read_contents=lambda: self._contents(provider, connection, documents, today),
        )

    def _contents(
        self,
        provider: AccountingProvider,
        connection: Connection,
        documents: dict[str, int],
        today: date,
    ) -> Contents:
        whose = shown_on(self._session, self._record, connection.id, bills=self._sight.bills)
        if not self._sight.amounts:
            return Contents(overview.light(self._session, whose, today), None, None, None, ())
        shows_billed = self._record.kind not in PARTY_RECORDS
        agreed_in = self._record.currency if agreed_for(self._record) is not None else ""
        base = connection.base_currency
        figures = overview.figures(self._session, whose, base, today, converted=connection.converted)
        return Contents(
            light=None,
            figures=figures,
            billed=billed(self._session, whose, connection.base_currency) if shows_billed else None,
            ladder=billed(self._session, whose, agreed_in) if agreed_in else None,
            lists=self._lists(provider, whose, documents, figures),
            charts=None if shows_billed else charts(self._session, whose, figures),
        )

    def _links(self) -> list[PartyLink]:
        return linking.links_of(self._session, self._record.kind, self._record.id)

    def _is_busy(self, connection: Connection) -> bool:
        return connection.refresh_until is not None and connection.refresh_until > self._services.clock.now()

    def _party(self, provider: AccountingProvider, link: PartyLink, row: PartyRow | None) -> LinkedParty:
        merged = row.merged_into if row else ""
        survivor = linking.party_row(self._session, link.connection_id, merged) if merged else None
        url = provider.web_url(None, Ref(link.party_id))
        before = link.followed_from
        followed = linking.party_row(self._session, link.connection_id, before) if before else None
        return LinkedParty(link, party_of(row) if row else None, url, survivor, followed)

    def _linked_documents(self, connection: Connection) -> dict[str, int]:
        """The documents linked to the record, as far as the user may know of them."""
        found = documents_linked(self._session, self._record.kind, self._record.id, connection.id)
        return found if self._sight.bills else {one: link for one, link in found.items() if one not in self._bills}

    @cached_property
    def _bills(self) -> set[str]:
        links = linking.document_links_of(self._session, self._record.kind, self._record.id)
        return {link.document_id for link in links if link.document_kind in BILL_KINDS}

    def _without_row(self, connection: Connection, documents: Mapping[str, int], *, known: bool) -> int:
        """How many linked documents were never told: not asked for yet, or asked for in vain."""
        if not documents:
            return 0
        told = [
            select(table.document_id).where(table.connection_id == connection.id)
            for table in (DocumentRow, UnreadDocument)
        ]
        asked = DocumentLink.missing_at.is_(None) if known else DocumentLink.missing_at.is_not(None)
        mine = (DocumentLink.id.in_(list(documents.values())), DocumentLink.document_id.not_in(union(*told)), asked)
        return self._session.scalar(select(func.count()).select_from(DocumentLink).where(*mine)) or 0

    def _lists(
        self,
        provider: AccountingProvider,
        whose: ColumnElement[bool],
        documents: dict[str, int],
        figures: overview.Figures,
    ) -> list[Listing]:
        keys = ["invoices", *(["bills"] if self._sight.bills else []), "credits", "estimates"]
        shown = Shown(
            record=self._record,
            whose=whose,
            found=facets(figures.groups),
            today=figures.day.today,
            url=lambda row: provider.web_url(DocumentKind(row.kind), Ref(row.document_id, row.version)),
            links=documents,
            usual="" if self._record.kind in PARTY_RECORDS else "all",
        )
        lists = [listing(self._session, shown, key, f"{key}{self._suffix}", self._asked) for key in keys]
        return [one for one in lists if one.narrowing.total or one.key in ("invoices", "bills")]
