"""Accounts people at work in the sandbox's books, deed after deed, at random."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from uuid import UUID

from core import ManualClock
from plugins.xero.sandbox import Sandbox
from plugins.xero.sandbox.deeds import Impossible
from plugins.xero.sandbox.wire import Record, milliseconds

ADVANCES = ("Overpayments", "Prepayments")


class Accounts:
    """Accounts people before the books: each deed picks something at random; what Xero would refuse is not done.

    With `calm` contacts stay as they are.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        clock: ManualClock,
        chance: random.Random,
        parties: Sequence[str],
        *,
        calm: bool = False,
    ) -> None:
        self._sandbox, self._clock, self._chance, self._calm = sandbox, clock, chance, calm
        self._parties = list(parties)
        self.done: Counter[str] = Counter()

    def work(self) -> None:
        """One deed."""
        deeds = (
            *(self.write, self.pay, self.credit, self.void, self.delete, self.approve, self.submit) * 3,
            *(self.receive, self.apply, self.refund, self.move) * 3,
            *(() if self._calm else (*(self.rename,) * 3, self.archive, self.restore, self.merge)),
        )
        deed: Callable[[], object] = self._chance.choice(deeds)
        try:
            deed()
        except (Impossible, IndexError):
            return
        self.done[deed.__name__] += 1

    def _rows(self, table: str) -> list[Record]:
        """The records themselves, to be looked at only."""
        return self._sandbox.books()[table].all()

    def _party(self) -> str:
        return self._chance.choice(self._parties)

    def _invoice(self, *statuses: str) -> Record:
        found = [row for row in self._rows("Invoices") if row["Status"] in statuses]
        mine = [row for row in found if row["Contact"]["ContactID"] in self._parties]
        return self._chance.choice(mine)

    def _part(self, amount: Decimal) -> Decimal:
        return (Decimal(amount) * self._chance.choice((100, 100, 50, 33, 7)) / 100).quantize(Decimal("0.01"))

    def _put(self, table: str, record: Record) -> None:
        with self._sandbox.work():
            self._sandbox.books()[table].put({**record, "UpdatedDateUTC": milliseconds(self._clock.now())})

    def write(self) -> None:
        """A new invoice or bill, as another one was."""
        like = self._invoice("DRAFT", "SUBMITTED", "AUTHORISED")
        if like["AmountPaid"] or like["AmountCredited"]:
            raise Impossible("That one was paid already.")
        ident = str(UUID(int=self._chance.getrandbits(128), version=4))
        new = {"InvoiceID": ident, "InvoiceNumber": f"R-{ident[:6]}", "Contact": {"ContactID": self._party()}}
        self._put("Invoices", {**like, **new, "Status": self._chance.choice(("DRAFT", "SUBMITTED", "AUTHORISED"))})

    def pay(self) -> None:
        row = self._invoice("AUTHORISED")
        self._sandbox.deeds.pay(row["InvoiceID"], self._part(row["AmountDue"]))

    def credit(self) -> None:
        row = self._invoice("AUTHORISED")
        self._sandbox.deeds.credit(row["InvoiceID"], self._part(row["AmountDue"]))

    def void(self) -> None:
        self._sandbox.deeds.void(self._invoice("AUTHORISED")["InvoiceID"])

    def delete(self) -> None:
        self._sandbox.deeds.delete(self._invoice("DRAFT", "SUBMITTED")["InvoiceID"])

    def approve(self) -> None:
        self._sandbox.deeds.approve(self._invoice("DRAFT", "SUBMITTED")["InvoiceID"])

    def submit(self) -> None:
        self._sandbox.deeds.submit(self._invoice("DRAFT")["InvoiceID"])

    def move(self) -> None:
        """Another contact on a draft, perhaps one that nobody is linked to."""
        everybody = [row["ContactID"] for row in self._rows("Contacts") if row["ContactStatus"] == "ACTIVE"]
        to = self._chance.choice((self._party(), self._chance.choice(everybody)))
        self._put("Invoices", {**self._invoice("DRAFT"), "Contact": {"ContactID": to}})

    def receive(self) -> None:
        amount = Decimal(self._chance.randrange(100, 90_000)) / 100
        self._sandbox.deeds.receive(self._party(), amount, self._chance.choice(ADVANCES))

    def _credit_left(self) -> tuple[str, str, Record]:
        table, key = self._chance.choice(
            (("Overpayments", "OverpaymentID"), ("Prepayments", "PrepaymentID"), ("CreditNotes", "CreditNoteID"))
        )
        found = [row for row in self._rows(table) if row["Status"] == "AUTHORISED"]
        row = self._chance.choice([row for row in found if row["Contact"]["ContactID"] in self._parties])
        return table, row[key], row

    def apply(self) -> None:
        table, ident, credit = self._credit_left()
        invoice = self._chance.choice(
            [
                row
                for row in self._rows("Invoices")
                if row["Status"] == "AUTHORISED" and row["Type"] == "ACCREC" and row["Contact"] == credit["Contact"]
            ]
        )
        amount = min(self._part(credit["RemainingCredit"]), Decimal(invoice["AmountDue"]))
        self._sandbox.deeds.apply(table, ident, invoice["InvoiceID"], amount)

    def refund(self) -> None:
        table, ident, credit = self._credit_left()
        self._sandbox.deeds.refund(table, ident, self._part(credit["RemainingCredit"]))

    def rename(self) -> None:
        self._sandbox.deeds.rename_contact(self._party(), f"Renamed {self._chance.getrandbits(30)} Ltd")

    def archive(self) -> None:
        self._sandbox.deeds.archive_contact(self._party())

    def restore(self) -> None:
        self._sandbox.deeds.restore_contact(self._party())

    def merge(self) -> None:
        one, other = self._party(), self._party()
        if (self._sandbox.books()["Contacts"].get(other) or {}).get("ContactStatus") == "ACTIVE" and len(
            self._parties
        ) > 3:
            self._sandbox.deeds.merge_contact(one, other)
            self._parties.remove(one)
