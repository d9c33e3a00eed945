"""What accounts people do in Xero's own pages: approve, pay, void, archive, disconnect an app.

Each deed changes the books as the pages of Xero would, and bumps `UpdatedDateUTC`. They raise `Impossible` with a
sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from plugins.xero.sandbox import contact_rules, document_rules, documents, held, history, settle
from plugins.xero.sandbox.asking import Ask, local_day
from plugins.xero.sandbox.contact_parts import given_parts
from plugins.xero.sandbox.kinds import CREDIT_NOTE, INVOICE
from plugins.xero.sandbox.listing import Query
from plugins.xero.sandbox.state import State
from plugins.xero.sandbox.store import Books
from plugins.xero.sandbox.wire import Record, milliseconds


class Impossible(ValueError):
    """A deed that Xero would refuse; the text says why."""


class Deeds:
    """What a person at the sandbox's own pages, or a test, can do."""

    def __init__(self, state: State) -> None:
        self._state = state

    def approve(self, invoice_id: str) -> Record:
        """DRAFT or SUBMITTED becomes AUTHORISED, if it is complete."""
        return self._move(invoice_id, "AUTHORISED", {"DRAFT", "SUBMITTED"})

    def submit(self, invoice_id: str) -> Record:
        """DRAFT becomes SUBMITTED."""
        return self._move(invoice_id, "SUBMITTED", {"DRAFT"})

    def edit(self, invoice_id: str, element: Record) -> Record:
        """Change a draft as the pages of Xero would: `element` as one of the API, lines with their LineItemID."""
        with self._state.store.work():
            books, kept = self._invoice(invoice_id)
            if kept["Status"] != "DRAFT":
                raise Impossible("Only a draft is changed here.")
            ask = self._by_hand(books)
            record, wrong = documents.save(ask, INVOICE, {"InvoiceID": invoice_id, **element}, kept)
            if wrong:
                raise Impossible(" ".join(wrong))
            return record

    def void(self, invoice_id: str) -> Record:
        """AUTHORISED becomes VOIDED, if nothing was paid or credited."""
        with self._state.store.work():
            books, kept = self._invoice(invoice_id)
            if kept["Status"] != "AUTHORISED" or kept["AmountPaid"] or kept["AmountCredited"]:
                raise Impossible("Only an approved document on which nothing was paid can be voided.")
            if wrong := document_rules.locked(books, kept["Date"]):
                raise Impossible(" ".join(wrong))
            return documents.end(books, INVOICE, kept, "VOIDED", self._now())

    def delete(self, invoice_id: str) -> Record:
        """DRAFT or SUBMITTED becomes DELETED."""
        with self._state.store.work():
            books, kept = self._invoice(invoice_id)
            if kept["Status"] not in {"DRAFT", "SUBMITTED"}:
                raise Impossible("Only a document that is not approved yet can be deleted.")
            return documents.end(books, INVOICE, kept, "DELETED", self._now())

    def pay(self, invoice_id: str, amount: Decimal | None = None, day: date | None = None) -> Record:
        """Pay an approved invoice or bill: all that is due, or a part; today (the organisation's day) or on a day."""
        with self._state.store.work():
            books, kept = self._invoice(invoice_id)
            bank = books["Accounts"].numbered("090")[0]
            on = day.isoformat() if day else self._today(books)
            due = kept["AmountDue"] if amount is None else amount
            if wrong := document_rules.locked(books, on):
                raise Impossible(" ".join(wrong))
            try:
                payment = settle.pay(books, dict(kept), due, on, bank, self._now())
            except ValueError as error:
                raise Impossible(str(error)) from error
            history.add(books, invoice_id, "Paid", f"{payment['Amount']} paid on {on}", self._now(), history.BOOKKEEPER)
            return payment

    def credit(self, invoice_id: str, amount: Decimal | None = None) -> Record:
        """Raise a credit note for (a part of) what is due, and set it against the invoice."""
        with self._state.store.work():
            books, kept = self._invoice(invoice_id)
            try:
                return self._credit(books, dict(kept), kept["AmountDue"] if amount is None else amount)
            except ValueError as error:
                raise Impossible(str(error)) from error

    def receive(self, contact_id: str, amount: Decimal, table: str = "Overpayments", text: str = "") -> Record:
        """Money of a customer that is for no invoice yet: an overpayment, or a prepayment (``Prepayments``).

        The text is the overpayment's reference or the prepayment's invoice number.
        """
        with self._state.store.work():
            books = self._books_of("Contacts", contact_id)
            made = held.received(books, table, contact_id, amount, self._today(books), self._now(), text)
            return books[table].put(made)

    def apply(self, table: str, credit_id: str, invoice_id: str, amount: Decimal) -> Record:
        """Set (a part of) a credit note, an over- or prepayment against an invoice."""
        return self._settled(
            table, credit_id, lambda books, credit: self._apply(books, table, credit, invoice_id, amount)
        )

    def refund(self, table: str, credit_id: str, amount: Decimal) -> Record:
        """Pay (a part of) a credit note, an over- or prepayment back."""
        return self._settled(table, credit_id, lambda books, credit: self._refund(books, table, credit, amount))

    def lock(self, *, period: date | None = None, end_of_year: date | None = None, tenant_id: str = "") -> None:
        """Lock the books up to a day, and with it; without days nothing is locked any more."""
        with self._state.store.work():
            books = self._state.store.books[tenant_id or next(iter(self._state.store.books))]
            days = {"PeriodLockDate": period, "EndOfYearLockDate": end_of_year}
            kept = {name: value for name, value in books.organisation.items() if name not in days}
            books["Organisations"].put({**kept, **{name: day.isoformat() for name, day in days.items() if day}})

    def archive_contact(self, contact_id: str) -> Record:
        """The contact becomes ARCHIVED."""
        return self._contact(contact_id, ContactStatus="ARCHIVED")

    def restore_contact(self, contact_id: str) -> Record:
        """The contact becomes ACTIVE again, if no other active one bears its name."""
        return self._contact(contact_id, ContactStatus="ACTIVE")

    def rename_contact(self, contact_id: str, name: str) -> Record:
        """The contact gets another name."""
        return self._contact(contact_id, Name=name)

    def change_contact(self, contact_id: str, **fields: object) -> Record:
        """Accounts changes fields of a contact, by Xero's names for them; addresses and phones go by their kind."""
        with self._state.store.work():
            kept = self._books_of("Contacts", contact_id)["Contacts"].get(contact_id) or {}
        return self._contact(contact_id, **{**fields, **given_parts(fields, kept)})

    def merge_contact(self, contact_id: str, into: str) -> Record:
        """The contact is archived and its documents move to another, as when people merge two in Xero."""
        with self._state.store.work():
            books = self._books_of("Contacts", into)
            kept, target = books["Contacts"].get(contact_id), books["Contacts"].get(into) or {}
            if kept is None or contact_id == into or kept.get("MergedToContactID"):
                raise Impossible("Only two different contacts of one organisation can be merged, and each once.")
            if target.get("MergedToContactID") or target.get("ContactStatus") != "ACTIVE":
                raise Impossible("A contact can only be merged into one that is active.")
            for table in ("Invoices", "CreditNotes", "Overpayments", "Prepayments"):
                for row in books[table].of_contact(contact_id):
                    books[table].put({**row, "Contact": {"ContactID": into}, "UpdatedDateUTC": self._now()})
        return self._contact(contact_id, ContactStatus="ARCHIVED", MergedToContactID=into)

    def archive_account(self, code: str, tenant_id: str | None = None) -> Record:
        """The account becomes ARCHIVED."""
        with self._state.store.work():
            books = self._state.store.books[tenant_id or next(iter(self._state.store.books))]
            found = books["Accounts"].numbered(code)
            if not found:
                raise Impossible(f"There is no account {code}.")
            return books["Accounts"].put({**found[0], "Status": "ARCHIVED", "UpdatedDateUTC": self._now()})

    def disconnect(self, connection_id: str | None = None) -> None:
        """Disconnect the app from one organisation (a connection's id), or from all."""
        with self._state.store.work():
            for row in self._state.connections.all():
                if connection_id in (None, row["id"]):
                    self._state.connections.drop(row["id"])

    def revoke(self) -> None:
        """End every token of the app, as when a user withdraws it altogether."""
        with self._state.store.work():
            self._state.tokens.revoke_all()

    def _move(self, invoice_id: str, status: str, before: set[str]) -> Record:
        with self._state.store.work():
            books, kept = self._invoice(invoice_id)
            if kept["Status"] not in before:
                raise Impossible(f"A document that is {kept['Status'].lower()} cannot become {status.lower()}.")
            record = {**kept, "Status": status, "UpdatedDateUTC": self._now()}
            wrong = document_rules.problems(books, INVOICE, record, kept)
            if wrong:
                raise Impossible(" ".join(wrong))
            details = f"Document {status.lower()} by {history.BOOKKEEPER}"
            history.add(books, invoice_id, status.capitalize(), details, self._now(), history.BOOKKEEPER)
            return books["Invoices"].put(record)

    def _settled(self, table: str, credit_id: str, work: Callable[[Books, Record], Record]) -> Record:
        with self._state.store.work():
            books = self._books_of(table, credit_id)
            try:
                return work(books, dict(books[table].get(credit_id) or {}))
            except ValueError as error:
                raise Impossible(str(error)) from error

    def _apply(self, books: Books, table: str, credit: Record, invoice_id: str, amount: Decimal) -> Record:
        invoice = dict(self._invoice(invoice_id)[1])
        return settle.allocate(books, table, credit, invoice, amount, self._today(books), self._now())

    def _refund(self, books: Books, table: str, credit: Record, amount: Decimal) -> Record:
        bank = books["Accounts"].numbered("090")[0]
        return settle.refund(books, table, credit, amount, self._today(books), bank, self._now())

    def _credit(self, books: Books, invoice: Record, amount: Decimal) -> Record:
        note = documents.credit_for(books, invoice, amount, self._today(books), self._now())
        books[CREDIT_NOTE.table].put(note)
        settle.allocate(books, "CreditNotes", note, invoice, note["Total"], self._today(books), self._now())
        return note

    def _contact(self, contact_id: str, **values: object) -> Record:
        with self._state.store.work():
            books = self._books_of("Contacts", contact_id)
            kept = books["Contacts"].get(contact_id) or {}
            record = {**kept, **values, "UpdatedDateUTC": self._now()}
            wrong = contact_rules.problems(books, record)
            if wrong:
                raise Impossible(" ".join(wrong))
            return books["Contacts"].put(record)

    def _invoice(self, invoice_id: str) -> tuple[Books, Record]:
        books = self._books_of("Invoices", invoice_id)
        record = books["Invoices"].get(invoice_id)
        assert record is not None
        return books, record

    def _books_of(self, table: str, key: str) -> Books:
        for books in self._state.store.books.values():
            if books[table].get(key) is not None:
                return books
        raise Impossible(f"There is nothing with the id {key} among the {table.lower()}.")

    def _by_hand(self, books: Books) -> Ask:
        """What the bookkeeper types, as a call would be seen."""
        query = Query({"unitdp": "4"})
        return Ask(
            self._state, books, "POST", ["Invoices"], query, {}, b"", "", history.BOOKKEEPER, self._state.clock.now()
        )

    def _now(self) -> int:
        return milliseconds(self._state.clock.now())

    def _today(self, books: Books) -> str:
        return local_day(self._state.clock.now(), books)
