"""When a draft falls due by the party's, the organisation's or the admin's rule."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounting.due_dates import default_days, falls_due, propose
from core.contract.values import Organisation, Party, PaymentTerms, Ref, TermsKind
from core.settings import StartError, read_settings

AFTER, MONTH_END = TermsKind.DAYS_AFTER_DATE, TermsKind.DAYS_AFTER_MONTH_END
THIS, NEXT = TermsKind.DAY_OF_THIS_MONTH, TermsKind.DAY_OF_NEXT_MONTH
ISSUED = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("issued", "days", "kind", "due"),
    [
        (ISSUED, 20, AFTER, date(2026, 12, 12)),
        (ISSUED, 0, AFTER, ISSUED),
        (ISSUED, 10, MONTH_END, date(2026, 12, 10)),
        (date(2026, 12, 31), 20, MONTH_END, date(2027, 1, 20)),
        (ISSUED, 28, THIS, date(2026, 11, 28)),
        (ISSUED, 22, THIS, ISSUED),
        (ISSUED, 20, THIS, date(2026, 12, 20)),
        (ISSUED, 31, THIS, date(2026, 11, 30)),
        (ISSUED, 20, NEXT, date(2026, 12, 20)),
        (date(2027, 1, 15), 31, NEXT, date(2027, 2, 28)),
        (date(2026, 12, 5), 20, NEXT, date(2027, 1, 20)),
        (date(2027, 1, 31), 30, AFTER, date(2027, 3, 2)),
        (date(2028, 1, 31), 29, AFTER, date(2028, 2, 29)),
        (date(2027, 1, 31), 0, MONTH_END, date(2027, 1, 31)),
        (date(2028, 2, 10), 1, MONTH_END, date(2028, 3, 1)),
        (date(2027, 2, 28), 31, THIS, date(2027, 2, 28)),
        (date(2027, 1, 31), 30, THIS, date(2027, 2, 28)),
        (date(2028, 1, 31), 30, THIS, date(2028, 2, 29)),
        (date(2027, 1, 31), 31, NEXT, date(2027, 2, 28)),
        (date(2028, 1, 31), 31, NEXT, date(2028, 2, 29)),
        (date(2027, 3, 31), 31, NEXT, date(2027, 4, 30)),
        (date(2026, 12, 31), 1, NEXT, date(2027, 1, 1)),
        (date(2027, 5, 10), 0, NEXT, date(2027, 6, 1)),
    ],
)
def test_terms_of_all_four_kinds(issued: date, days: int, kind: TermsKind, due: date) -> None:
    assert falls_due(issued, PaymentTerms(days, kind)) == due


@given(
    st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.integers(min_value=0, max_value=120), st.sampled_from(TermsKind)
)
def test_nothing_falls_due_before_it_is_issued(issued: date, days: int, kind: TermsKind) -> None:
    assert falls_due(issued, PaymentTerms(days, kind)) >= issued


def test_the_partys_own_terms_come_first_then_the_organisations_then_the_admins() -> None:
    own = Party(Ref("p"), "Hana", sales_terms=PaymentTerms(7, AFTER))
    without = Party(Ref("p"), "Hana")
    house = Organisation("o", "Kererū", sales_terms=PaymentTerms(20, NEXT))
    bare = Organisation("o", "Kererū")
    assert (propose(ISSUED, own, house, 14).on, propose(ISSUED, own, house, 14).own) == (date(2026, 11, 29), True)
    assert propose(ISSUED, without, house, 14).on == date(2026, 12, 20)
    assert "day 20 of next month" in propose(ISSUED, without, house, 14).words
    assert propose(ISSUED, None, bare, 14).on == date(2026, 12, 6)


def rule(text: str) -> int:
    return default_days(read_settings({"crm.url": "http://localhost", "accounting.default_due_days": text}, {}))


@pytest.mark.parametrize(("text", "days"), [("30", 30), ("", 14), ("0", 0), (" 7 ", 7)])
def test_the_admins_rule_is_a_setting(text: str, days: int) -> None:
    assert rule(text) == days


@pytest.mark.parametrize("text", ["soon", "-1", "99999", "1.5", "١٤"])
def test_a_rule_that_is_no_number_of_days_stops_the_start_and_is_named(text: str) -> None:
    with pytest.raises(StartError, match=r"accounting.default_due_days"):
        rule(text)
