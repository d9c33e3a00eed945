"""What may be asked of a kind of document that is written through the API: one, its PDF, new and changed ones."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.xero.sandbox import documents
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.kinds import Kind
from plugins.xero.sandbox.rendering import as_pdf, wants_pdf
from plugins.xero.sandbox.serving import Render, one, updated, written
from plugins.xero.sandbox.wire import Record


@dataclass(frozen=True)
class DocumentCalls:
    """The calls of one kind of document, and how a document of it is shown."""

    kind: Kind
    render: Render

    def read_one(self, ask: Ask) -> Answer:
        """One document, by id or number; as PDF for who accepts that only."""
        return self.pdf(ask) if wants_pdf(ask) else one(ask, self.kind.table, self.render)

    def pdf(self, ask: Ask) -> Answer:
        """One document as PDF."""
        return as_pdf(ask, self.kind)

    def create(self, ask: Ask) -> Answer:
        """PUT: new documents."""
        return written(ask, self.kind.table, self._create, self.render)

    def upsert(self, ask: Ask) -> Answer:
        """POST: update the document of this id (or sales number); create it if there is none."""
        return written(ask, self.kind.table, self._upsert, self.render)

    def update_one(self, ask: Ask) -> Answer:
        """POST with an id in the path."""
        return updated(ask, self.kind.table, self._upsert, self.render)

    def _create(self, ask: Ask, element: Record) -> tuple[Record, list[str]]:
        return documents.save(ask, self.kind, element, None)

    def _upsert(self, ask: Ask, element: Record) -> tuple[Record, list[str]]:
        return documents.save(ask, self.kind, element, documents.find(ask, self.kind, element))
