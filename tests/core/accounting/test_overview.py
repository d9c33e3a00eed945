"""The figures of the overview: the database's sums and the explained documents say the same, to the cent."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from core.accounting.models import DocumentLink, DocumentRow
from core.accounting.overview import Figures, figures
from core.accounting.project import billed
from core.accounting.rules import BY_KEY, Day, Lens, explain
from core.contract.values import DocumentKind, DocumentStatus
from core.records.models import Opportunity

TODAY = dt.date(2026, 11, 22)
NOW = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
LENS = Lens("NZD", Day(TODAY))


def document(number: int = 0, **changes: Any) -> dict[str, Any]:
    """The columns of an approved sales invoice of 115.00, 15.00 of it tax."""
    values = {
        "connection_id": 1,
        "document_id": f"d{number}",
        "kind": DocumentKind.SALES_INVOICE.value,
        "party_id": "p1",
        "status": DocumentStatus.AUTHORISED.value,
        "date": TODAY - dt.timedelta(days=30),
        "due_date": TODAY + dt.timedelta(days=1),
        "currency": "NZD",
        "total": Decimal("115.00"),
        "tax": Decimal("15.00"),
        "amount_due": Decimal("115.00"),
        "amount_paid": Decimal(0),
        "amount_credited": Decimal(0),
        "fully_paid_on": None,
        "amounts_are": "exclusive",
        "seen_at": NOW,
    }
    return {**values, **changes}


def told(session: Session, *documents: dict[str, Any]) -> Figures:
    """The figures of these documents alone."""
    session.execute(delete(DocumentRow))
    if documents:
        session.execute(insert(DocumentRow), [{**one, "document_id": f"d{n}"} for n, one in enumerate(documents)])
    return figures(session, DocumentRow.connection_id == 1, "NZD", TODAY)


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def test_nothing_at_all_is_zero_everywhere(session: Session) -> None:
    found = told(session)
    assert {found["invoices"].value, found["overdue"].value, found["lifetime"].value, found["twelve_months"].value} == {
        Decimal(0)
    }
    assert (found.days_to_pay, found.other) == (None, ())


def test_submitted_and_approved_invoices_are_told_together_and_apart(session: Session) -> None:
    found = told(session, document(), document(status="submitted", total=Decimal("0.10")))
    assert (found["invoices"].value, found["invoices_authorised"].value, found["invoices_submitted"].value) == (
        Decimal("115.10"),
        Decimal("115.00"),
        Decimal("0.10"),
    )


def test_the_headline_of_bills_is_what_awaits_approval(session: Session) -> None:
    found = told(session, document(kind="bill"), document(kind="bill", status="submitted", total=Decimal("7.00")))
    assert (found["bills"].value, found["bills_authorised"].value) == (Decimal("7.00"), Decimal("115.00"))


def test_an_invoice_due_today_is_not_overdue_and_one_due_yesterday_is(session: Session) -> None:
    found = told(
        session,
        document(due_date=TODAY),
        document(due_date=TODAY - days(1), amount_due=Decimal("40.00")),
        document(due_date=None),
    )
    assert (found["overdue"].value, found["overdue"].number, found.oldest_days) == (Decimal("40.00"), 1, 1)
    assert found["outstanding"].value == Decimal("270.00")


def test_lifetime_value_is_without_tax_and_less_credit_notes(session: Session) -> None:
    found = told(
        session,
        document(status="paid"),
        document(kind="sales_credit_note", total=Decimal("23.00"), tax=Decimal("3.00")),
        document(kind="sales_credit_note", status="draft"),
        document(status="voided"),
    )
    assert found["lifetime"].value == Decimal("80.00")


@pytest.mark.parametrize(
    ("date", "counts"),
    [
        (dt.date(2025, 11, 22), False),
        (dt.date(2025, 11, 23), True),
        (dt.date(2026, 11, 22), True),
        (dt.date(2026, 11, 23), False),
    ],
)
def test_twelve_months_begin_the_day_after_this_day_last_year(session: Session, date: dt.date, *, counts: bool) -> None:
    assert told(session, document(date=date))["twelve_months"].value == (Decimal("100.00") if counts else 0)


def test_a_leap_day_counts_its_year_from_the_28th() -> None:
    assert Day(dt.date(2028, 2, 29)).year_ago == dt.date(2027, 2, 28)


def test_days_to_pay_is_the_median_without_what_credit_alone_settled(session: Session) -> None:
    def paid(after: int, **changes: Any) -> dict[str, Any]:
        dated = {"date": TODAY - days(100), "fully_paid_on": TODAY - days(100 - after)}
        return document(**{"status": "paid", "amount_paid": Decimal("115.00"), **dated, **changes})

    found = told(
        session,
        paid(10),
        paid(20),
        paid(45),
        paid(1, amount_paid=Decimal(0), amount_credited=Decimal("115.00")),
        paid(5, date=TODAY - days(900), fully_paid_on=TODAY - days(895)),
    )
    assert found.days_to_pay == Decimal(20)


def test_another_currency_is_told_beside_and_never_added(session: Session) -> None:
    found = told(session, document(currency="AUD", total=Decimal("2400.00")), document())
    assert found["invoices"].value == Decimal("115.00")
    assert [(one.currency, one["invoices"].value, one["invoices"].number) for one in found.other] == [
        ("AUD", Decimal("2400.00"), 1)
    ]


def test_unused_credit_stands_beside_and_is_not_netted(session: Session) -> None:
    found = told(session, document(), document(kind="overpayment", amount_due=Decimal("12.34")))
    assert (found["outstanding"].value, found["unused_credit"].value) == (Decimal("115.00"), Decimal("12.34"))


def test_billed_so_far_counts_all_that_was_sent_less_credit_notes_without_tax(session: Session) -> None:
    told(
        session,
        document(status="submitted"),
        document(status="authorised"),
        document(status="paid"),
        document(kind="sales_credit_note", status="authorised", total=Decimal("11.50"), tax=Decimal("1.50")),
        document(status="draft"),
        document(kind="bill", status="paid", total=Decimal("57.50"), tax=Decimal("7.50")),
    )
    found = billed(session, DocumentRow.connection_id == 1, "NZD")
    assert (found.sales, found.bills, found.net) == (Decimal("290.00"), Decimal("50.00"), Decimal("240.00"))
    assert (found.drafted, found.approved, found.paid) == (Decimal(200), Decimal(190), Decimal(0))


def test_the_form_counts_what_was_drafted_and_approved_once_as_the_ladder_does(session: Session) -> None:
    deal = Opportunity(name="Refit", stage="Won", currency="NZD", amount=Decimal("1000.00"))
    deal.created_at = deal.changed_at = NOW
    session.add(deal)
    session.flush()
    states = [one.value for one in DocumentStatus]
    rows = [
        *(document(status=state) for state in states),
        document(kind="sales_credit_note", status="submitted", total=Decimal("11.50"), tax=Decimal("1.50")),
        document(kind="bill", status="paid"),
        document(currency="AUD"),
    ]
    told(session, *rows)
    for number, row in enumerate(rows):
        link = {"connection_id": 1, "document_id": f"d{number}", "document_kind": row["kind"], "linked_at": NOW}
        session.add(DocumentLink(kind=deal.kind, record_id=deal.id, **link))
    session.flush()
    ladder = billed(session, DocumentRow.connection_id == 1, "NZD")
    assert ladder.drafted + ladder.approved == Decimal(390)  # draft, submitted, authorised, paid: 100 each, less 10


def test_paid_is_the_money_received_without_its_part_of_the_tax_and_never_below_zero(session: Session) -> None:
    told(
        session,
        document(amount_paid=Decimal("57.50"), amount_due=Decimal("57.50")),
        document(status="paid", amount_paid=Decimal("115.00"), amount_due=Decimal(0)),
        document(total=Decimal("0.10"), tax=Decimal("0.01"), amount_paid=Decimal("0.05")),
        document(kind="sales_credit_note", status="paid", total=Decimal("230.00"), tax=Decimal("30.00")),
        document(status="draft", amount_paid=Decimal("1.00")),
    )
    assert billed(session, DocumentRow.connection_id == 1, "NZD").paid == Decimal("150.05")


@pytest.mark.parametrize(
    ("currency", "total", "tax", "paid", "received"),
    [
        ("JPY", "1100", "100", "333", "303"),
        ("JPY", "11.55", "1.05", "11.55", "10.50"),  # some ledgers have hundredths of a yen: all of it is all of it
        ("KWD", "1.155", "0.105", "0.500", "0.455"),
    ],
)
def test_what_was_received_is_told_to_the_smallest_amount_of_its_currency(
    session: Session, currency: str, total: str, tax: str, paid: str, received: str
) -> None:
    amounts: dict[str, Any] = {"total": Decimal(total), "tax": Decimal(tax), "amount_paid": Decimal(paid)}
    told(session, document(currency=currency, amount_due=Decimal(total) - Decimal(paid), **amounts))
    assert billed(session, DocumentRow.connection_id == 1, currency).paid == Decimal(received)


def test_what_was_paid_back_on_a_credit_note_is_no_longer_paid(session: Session) -> None:
    told(
        session,
        document(status="paid", amount_paid=Decimal("115.00"), amount_due=Decimal(0)),
        document(
            kind="sales_credit_note",
            status="paid",
            total=Decimal("23.00"),
            tax=Decimal("3.00"),
            amount_paid=Decimal("23.00"),
            amount_due=Decimal(0),
        ),
    )
    found = billed(session, DocumentRow.connection_id == 1, "NZD")
    assert (found.approved, found.paid) == (Decimal("80.00"), Decimal("80.00"))


def test_the_median_of_an_even_number_lies_between(session: Session) -> None:
    def paid(after: int) -> dict[str, Any]:
        issued = TODAY - days(50)
        return document(status="paid", amount_paid=Decimal(1), date=issued, fully_paid_on=issued + days(after))

    assert told(session, paid(10), paid(15)).days_to_pay == Decimal(str(median([10, 15])))


def test_what_is_overdue_in_another_currency_is_told_with_the_days_of_the_oldest(session: Session) -> None:
    found = told(
        session,
        document(currency="GBP", due_date=TODAY - days(18)),
        document(currency="GBP", due_date=TODAY - days(3)),
        document(currency="GBP", due_date=TODAY),
        document(currency="GBP", due_date=TODAY - days(50), status="submitted"),
        document(currency="GBP", due_date=TODAY - days(60), amount_due=Decimal(0)),
        document(currency="AUD"),
        document(currency="USD", kind="bill", due_date=TODAY - days(90)),
    )
    assert (found["overdue"].value, found["overdue"].number) == (Decimal(0), 0)
    assert [(one.currency, one["overdue"].number, one.oldest_days) for one in found.late_elsewhere] == [("GBP", 2, 18)]


def test_days_to_pay_counts_what_it_leaves_out_for_its_currency_alone(session: Session) -> None:
    paid: dict[str, Any] = {
        "status": "paid",
        "amount_paid": Decimal(1),
        "date": TODAY - days(30),
        "fully_paid_on": TODAY - days(9),
    }
    found = told(
        session,
        document(**{**paid, "currency": "AUD"}),
        document(**{**paid, "currency": "GBP"}),
        document(**{**paid, "currency": "AUD", "amount_paid": Decimal(0)}),
        document(**{**paid, "currency": "AUD", "fully_paid_on": TODAY - days(900)}),
        document(currency="AUD"),
    )
    assert (found.days_to_pay, found.paid_elsewhere) == (None, 2)
    reasons = [why for _, why in explain(BY_KEY["days_to_pay"], session.query(DocumentRow), LENS).omitted]
    assert sorted(reasons) == [
        "in AUD, not NZD",
        "in GBP, not NZD",
        "not paid in the last 24 months",
        "not paid yet",
        "settled by credit alone",
    ]
