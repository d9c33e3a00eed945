"""Drafts of sales invoices in Xero: make one, change it, delete it, find it again when the answer was lost."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core import Document, NewDocument, Problem, Rejected, Stale
from plugins.xero import answers, ids, mapping, outgoing, refusals
from plugins.xero.client import Place, XeroClient, nowhere, refused
from plugins.xero.listing import FOUR_DECIMALS, INVOICES, Lists

_MARGIN = timedelta(minutes=5)  # between our clock and Xero's


class Drafts:
    """The drafts of one organisation."""

    def __init__(self, client: XeroClient, lists: Lists, base_currency: str) -> None:
        self._client = client
        self._lists = lists
        self._base = base_currency

    def create(self, draft: NewDocument, key: str) -> Document:
        """Make a draft, once: what became of a lost answer is for `find` to say, never for a second try."""
        _check_mark(draft)
        params = {**FOUR_DECIMALS, "summarizeErrors": "true"}
        return self._write("PUT", "Invoices", outgoing.draft(draft), key, _place(draft), params)

    def update(self, document: Document, draft: NewDocument, key: str) -> Document:
        """Replace a draft that is still as it was read."""
        _check_mark(draft)
        now = self._still(document)
        if now.due_date is not None and draft.due_date is None:
            raise Rejected(
                "A due date cannot be taken out of a draft in Xero.",
                [Problem("due_date", "Xero keeps a due date once there is one. Write another day, not none.")],
            )
        body = {"InvoiceID": now.ref.id, **outgoing.draft(draft, now.lines or ())}
        return self._change(now.ref.id, body, key, _place(draft))

    def delete(self, document: Document) -> None:
        """Delete a draft that is still as it was read.

        Under a new key each time: a deletion is the same deletion twice, but Xero gives a refusal again under its key.
        """
        ident = self._still(document).ref.id
        self._change(ident, {"InvoiceID": ident, "Status": "DELETED"}, f"delete-{uuid.uuid4()}", nowhere)

    def find(self, key: str, party_id: str, since: datetime) -> Document | None:
        """The document with the key in its link back, changed since the intent, whatever its status.

        Asked first among the contact's own, then among all that this app made: the contact may have been merged.
        """
        mark = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
        for narrowed in ({"ContactIDs": ids.known(party_id)}, {}):
            asked = {"createdByMyApp": "true", **narrowed}
            for document in self._lists.every(INVOICES, asked, modified_since=since - _MARGIN):
                if mark.search(document.source_url):
                    return document
        return None

    def _still(self, document: Document) -> Document:
        """A document as it is now, where it is a draft and did not change since it was read; else `Stale`."""
        now = self._lists.one(INVOICES, ids.known(document.ref.id))
        if now is None or now.vendor_status != "DRAFT":
            raise Stale("This invoice is no longer a draft in Xero.")
        if document.ref.version and now.ref.version != document.ref.version:
            raise Stale("This draft was changed in Xero meanwhile.")
        return now

    def _change(self, ident: str, body: Mapping[str, Any], key: str, place: Place) -> Document:
        try:
            return self._write("POST", f"Invoices/{ident}", body, key, place, FOUR_DECIMALS)
        except Rejected as error:
            if refusals.has_moved_on([problem.message for problem in error.problems]):
                raise Stale("This invoice is no longer a draft in Xero.", detail=error.detail) from error
            raise

    def _write(
        self, method: str, path: str, body: Mapping[str, Any], key: str, place: Place, params: Mapping[str, str]
    ) -> Document:
        return self._client.write(
            method,
            path,
            lambda raw: self._answer(raw, place),
            {"Invoices": [body]},
            key=key,
            params=params,
            place=place,
        )

    def _answer(self, raw: bytes, place: Place) -> Document:
        told = answers.reader(answers.Invoices)(raw).invoices[0]
        messages = [error.message for error in told.validation_errors or () if error.message]
        if told.has_errors or messages:
            raise refused(messages or ["Xero gave no reason."], place)
        document = mapping.invoice(told, self._base)
        if document is None:
            raise ValueError(f"An invoice of the type {told.type}")
        return document


def _place(draft: NewDocument) -> Place:
    return lambda message: refusals.of_document(message, draft)


def _check_mark(draft: NewDocument) -> None:
    """Xero refuses links to itself, by the word alone."""
    if "xero" in draft.mark_url.lower():
        raise Rejected(
            "Xero takes no link back that holds the word “xero”.",
            [Problem("", "The address of this CRM holds the word “xero”, which Xero does not take in a link.")],
        )
