"""What a person may type into a draft, and what is said of what may not stand there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.accounting import draft_fill, draft_form, draft_lists
from core.accounting.draft_form import Checked, Typed, check, read
from core.accounting.draft_lists import Lists
from core.contract.values import AmountsAre, Choice, ChoiceKind, Organisation, Party, Ref
from core.records.models import Contact, Opportunity

A, T, ITEM, C = ChoiceKind.ACCOUNT, ChoiceKind.TAX_RATE, ChoiceKind.ITEM, ChoiceKind.CURRENCY
LISTS = Lists(
    {
        A: (
            Choice(A, "200", "Sales", code="200", tax_rate="OUTPUT"),
            Choice(A, "260", "Other", code="260", active=False),
            Choice(A, "400", "Rent", code="400", for_sales=False),
            Choice(A, "600", "No tax of its own", code="600"),
            Choice(A, "500", "Exports", code="500", tax_rate="ZERO"),
        ),
        T: (
            Choice(T, "OUTPUT", "15% GST", rate=Decimal(15)),
            Choice(T, "ZERO", "Zero rated", rate=Decimal(0)),
            Choice(T, "AUTO", "Reckoned there"),
            Choice(T, "INPUT", "GST on expenses", rate=Decimal(15), for_sales=False),
        ),
        ITEM: (
            Choice(
                ITEM, "BEANS", "Beans", price=Decimal("38.5"), account="500", tax_rate="", description="Beans, 1 kg"
            ),
            Choice(ITEM, "HOUR", "An hour", account="200", tax_rate="OUTPUT"),
        ),
        C: (Choice(C, "NZD", "New Zealand Dollar"), Choice(C, "EUR", "Euro")),
        ChoiceKind.TRACKING: (
            Choice(ChoiceKind.TRACKING, "North", "North", group="Region"),
            Choice(ChoiceKind.TRACKING, "South", "South", group="Region"),
            Choice(ChoiceKind.TRACKING, "Retail", "Retail", group="Department"),
        ),
    }
)
GOOD = {
    "party": "p1",
    "date": "2026-11-22",
    "due_date": "2026-12-12",
    "reference": "Refit",
    "currency": "NZD",
    "amounts_are": "exclusive",
    "lines-0-description": "Hood",
    "lines-0-quantity": "1",
    "lines-0-unit_price": "6,400.00",
    "lines-0-account": "200",
    "lines-0-tax_rate": "OUTPUT",
}


def typed(**changes: str) -> Typed:
    return read({**GOOD, **{name.replace("__", "-"): value for name, value in changes.items()}})


def checked(party_state: str = "active", **changes: str) -> Checked:
    return check(typed(**changes), LISTS, party_state=party_state)


def test_a_good_form_is_a_document() -> None:
    found = checked(lines__0__discount="10", lines__0__tracking_1="Retail")
    assert found.problems == ()
    assert found.document is not None
    assert found.document.date == date(2026, 11, 22)
    (line,) = found.document.lines
    assert (line.unit_price, line.discount, line.account) == (Decimal("6400.00"), Decimal(10), "200")
    assert line.tracking == (("Department", "Retail"),)
    assert (found.sums.subtotal, found.sums.tax, found.sums.total) == (
        Decimal("5760.00"),
        Decimal("864.00"),
        Decimal("6624.00"),
    )


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("party", "", "Choose who"),
        ("date", "", "2026-11-22"),
        ("date", "22/11/2026", "2026-11-22"),
        ("date", "2026-02-30", "2026-11-22"),
        ("date", "0001-01-01", "too far back"),
        ("due_date", "2026-11-21", "before the date"),
        ("due_date", "soon", "2026-11-22"),
        ("reference", "r" * 256, "at most 255 characters; this has 256"),
        ("reference", "bell\x07", "cannot be shown"),
        ("currency", "", "Choose a currency"),
        ("currency", "USD", "not switched on"),
        ("amounts_are", "sometimes", "Choose whether"),
        ("theme", "made-up", "not in the organisation's list"),
        ("lines-0-description", "", "what this line is for"),
        ("lines-0-description", "d" * 4001, "at most 4,000"),
        ("lines-0-quantity", "0", "above zero"),
        ("lines-0-quantity", "0.0000", "above zero"),
        ("lines-0-quantity", "", "how many"),
        ("lines-0-quantity", "-1", "not below zero"),
        ("lines-0-quantity", "1.00001", "4 decimals"),
        ("lines-0-unit_price", "", "Write a price"),
        ("lines-0-unit_price", "1.000,00", "1,000.00"),
        ("lines-0-unit_price", "-5", "not below zero"),
        ("lines-0-unit_price", "1e9", "1,000.00"),
        ("lines-0-unit_price", "NaN", "1,000.00"),
        ("lines-0-unit_price", "Infinity", "1,000.00"),
        ("lines-0-unit_price", "١٢", "1,000.00"),
        ("lines-0-unit_price", "9" * 30, "at most"),
        ("lines-0-discount", "101", "at most 100"),
        ("lines-0-discount", "10%", "1,000.00"),
        ("lines-0-account", "260", "Other is archived"),
        ("lines-0-account", "400", "may not stand on a sales invoice"),
        ("lines-0-account", "999", "not in the organisation's list"),
        ("lines-0-tax_rate", "INPUT", "may not be used for sales"),
        ("lines-0-tax_rate", "BOGUS", "not in the organisation's list"),
        ("lines-0-item", "GONE", "not in the organisation's list"),
        ("lines-0-tracking_0", "Retail", "not among the choices of Region"),
    ],
)
def test_what_may_not_stand_there_is_said_at_its_field(field: str, value: str, sentence: str) -> None:
    found = check(read({**GOOD, field: value}), LISTS, party_state="active")
    assert found.document is None
    assert [sentence in message for message in found.at(field.replace("-", "."))] == [True], found.problems
    assert len(found.problems) == 1


@pytest.mark.parametrize("price", ["1000", "1,000", "1,000.00", "1000.0", " 1 000.00 ", "1,000.0000"])
def test_a_thousand_may_be_written_in_many_ways(price: str) -> None:
    found = checked(lines__0__unit_price=price)
    assert found.document is not None
    assert found.document.lines[0].unit_price == 1000


def test_a_price_may_have_four_decimals() -> None:
    found = checked(lines__0__unit_price="0.3333", lines__0__quantity="1000")
    assert found.document is not None
    assert found.sums.subtotal == Decimal("333.30")


def test_no_lines_is_said_once() -> None:
    found = checked(lines__0__description="", lines__0__unit_price="")
    assert [(one.field, one.message) for one in found.problems] == [("lines", "Add at least one line.")]


@pytest.mark.parametrize("state", ["", "archived"])
def test_a_party_that_is_gone_or_archived_is_refused(state: str) -> None:
    assert len(checked(state).at("party")) == 1


@pytest.mark.parametrize("count", [1, 200, 437])
def test_no_line_is_dropped(count: int) -> None:
    posted = dict(GOOD)
    for number in range(count):
        posted |= {f"lines-{number}-description": f"line {number}", f"lines-{number}-quantity": "1"}
        posted |= {f"lines-{number}-unit_price": str(number), f"lines-{number}-account": "200"}
    found = check(read(posted), LISTS, party_state="active")
    assert found.document is not None
    assert [line.unit_price for line in found.document.lines] == [Decimal(number) for number in range(count)]


def test_more_lines_than_fit_are_refused_with_their_number_and_kept() -> None:
    posted = dict(GOOD)
    for number in range(501):
        posted |= {
            f"lines-{number}-description": "x",
            f"lines-{number}-unit_price": "1",
            f"lines-{number}-quantity": "1",
        }
    read_back = read(posted)
    found = check(read_back, LISTS, party_state="active")
    assert "this has 501" in found.at("lines")[0]
    assert len(read_back.lines) == 501


def test_a_total_beyond_all_books_is_refused() -> None:
    found = checked(lines__0__unit_price="9,999,999,999.99", lines__0__quantity="10")
    assert "more than fits" in found.at("lines")[0]


def test_empty_rows_between_lines_do_not_shift_the_problems() -> None:
    posted = {**GOOD, "lines-1-quantity": "1", "lines-2-description": "x", "lines-2-unit_price": "y"}
    found = check(read({**posted, "lines-2-quantity": "1"}), LISTS, party_state="active")
    assert [one.field for one in found.problems] == ["lines.2.unit_price"]
    assert found.amount_of(0) == Decimal("6400.00")
    assert found.amount_of(1) is None


words = st.text(max_size=40)


@given(st.dictionaries(st.sampled_from([*GOOD, "lines-3-discount", "lines-7-item"]), words))
def test_whatever_is_typed_comes_back_to_the_letter_and_raises_nothing(changes: dict[str, str]) -> None:
    posted = {**GOOD, **changes}
    found = read(posted)
    for name in draft_form.HEAD:
        assert found.head[name] == posted.get(name, "")
    again = draft_form.from_payload(found.as_payload())
    assert [line for line in again.lines if not draft_form.is_blank(line)] == [
        line for line in found.lines if not draft_form.is_blank(line)
    ]
    result = check(found, LISTS, party_state="active")
    assert (result.document is None) == bool(result.problems)


def test_emoji_and_html_are_just_text() -> None:
    found = checked(lines__0__description="<script>alert(1)</script> 🦜\r\nsecond line")
    assert found.document is not None
    assert found.document.lines[0].description == "<script>alert(1)</script> 🦜\nsecond line"


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        (("OUTPUT", "500", ""), 15),
        (("", "200", ""), 15),
        (("", "500", ""), 0),
        (("", "", "BEANS"), 0),
        (("", "200", "BEANS"), 15),
        (("", "", ""), None),
        (("", "600", ""), None),
        (("BOGUS", "200", ""), None),
        (("AUTO", "200", ""), None),
    ],
)
def test_a_line_is_taxed_by_its_rate_else_its_items_else_its_accounts_else_nobody_knows(
    line: tuple[str, str, str], rate: int | None
) -> None:
    assert draft_lists.taxed(*line, LISTS).rate == rate


def test_a_line_whose_tax_is_not_known_is_named_and_adds_none() -> None:
    found = checked(lines__0__account="", lines__0__tax_rate="")
    assert found.open_tax == (0,)
    assert found.sums.tax == 0
    assert checked(lines__0__account="", lines__0__tax_rate="", amounts_are="no_tax").open_tax == ()
    assert checked(lines__0__tax_rate="").open_tax == ()


def test_what_cannot_be_read_comes_to_nobody_knows_what() -> None:
    found = checked(lines__0__unit_price="a lot")
    assert (found.amount_of(0), found.unread) == (None, True)


@pytest.mark.parametrize("way", AmountsAre)
def test_amounts_are_as_chosen(way: AmountsAre) -> None:
    found = checked(amounts_are=way.value, lines__0__unit_price="115.00")
    tax = {AmountsAre.EXCLUSIVE: "17.25", AmountsAre.INCLUSIVE: "15.00", AmountsAre.NO_TAX: "0.00"}[way]
    assert found.sums.tax == Decimal(tax)


def opportunity(**values: Any) -> Opportunity:
    return Opportunity(id=7, name="Roastery refit", currency="EUR", amount=Decimal(20000), stage="Won", **values)


HOME = Organisation("o", "Kererū", base_currency="NZD")


def test_a_new_form_takes_reference_and_currency_from_the_opportunity() -> None:
    begun = draft_fill.begin(opportunity(), None, LISTS, HOME, date(2026, 11, 22))
    assert (begun.head["reference"], begun.head["currency"]) == ("Roastery refit", "EUR")


def test_a_currency_that_is_not_switched_on_is_not_proposed() -> None:
    person = Contact(id=1, first_name="Hana", last_name="W")
    party = Party(Ref("p1"), "Hana", currency="USD")
    begun = draft_fill.begin(person, party, LISTS, HOME, date(2026, 11, 22))
    assert begun.head["currency"] == "NZD"
    assert begun.head["reference"] == ""


def test_filling_from_the_opportunity_adds_its_amount_without_tax_in_place_of_the_empty_row() -> None:
    begun = draft_fill.begin(opportunity(), None, LISTS, HOME, date(2026, 11, 22))
    filled = draft_fill.from_record(begun, opportunity(), LISTS)
    (line,) = filled.lines
    assert (line["description"], line["unit_price"]) == ("Roastery refit", "20,000.00")
    assert len(draft_fill.from_record(filled, opportunity(), LISTS).lines) == 2


def test_an_item_fills_in_only_what_is_empty() -> None:
    empty = typed(**{f"lines__0__{name}": "" for name in ("description", "unit_price", "account", "tax_rate")})
    line = draft_fill.from_items(Typed(empty.head, ({**empty.lines[0], "item": "BEANS"},)), LISTS).lines[0]
    assert (line["description"], line["unit_price"], line["account"], line["tax_rate"]) == (
        "Beans, 1 kg",
        "38.50",
        "500",
        "ZERO",
    )
    own = draft_fill.from_items(typed(lines__0__item="BEANS"), LISTS).lines[0]
    assert (own["description"], own["unit_price"], own["account"]) == ("Hood", "6,400.00", "200")


def followed(before: str, **fields: str) -> dict[str, str]:
    """What stands in the second of two rows once its item was changed from `before`."""
    two = draft_fill.with_line(typed())
    row = {**two.lines[1], **fields}
    following = draft_fill.follow_items(Typed(two.head, (two.lines[0], row)), ("", before), LISTS)
    return dict(draft_fill.from_items(following, LISTS).lines[1])


def test_an_item_on_an_added_row_brings_its_own_account_and_tax() -> None:
    row = followed("", item="BEANS")
    assert (row["account"], row["tax_rate"], row["unit_price"]) == ("500", "ZERO", "38.50")
    assert followed("", item="BEANS", account="600")["account"] == "600", "chosen by somebody"
    assert followed("BEANS", item="BEANS")["account"] == "200", "the item did not change"


def test_another_item_takes_the_place_of_what_the_first_brought_and_of_nothing_typed() -> None:
    beans = {"description": "Beans, 1 kg", "unit_price": "38.50", "account": "500", "tax_rate": "ZERO"}
    row = followed("BEANS", item="HOUR", **beans)
    assert row == {**row, "description": "An hour", "unit_price": "", "account": "200", "tax_rate": "OUTPUT"}
    row = followed("BEANS", item="HOUR", **{**beans, "description": "For the fair", "unit_price": "40"})
    assert row == {**row, "description": "For the fair", "unit_price": "40", "account": "200", "tax_rate": "OUTPUT"}
    row = followed("HOUR", item="BEANS", unit_price="0")
    assert (row["unit_price"], row["account"]) == ("0", "500"), "an hour has no price: somebody typed that it is free"
    row = followed("BEANS", item="", **beans)
    assert row == {**row, **beans}, "without an item the words and the price are somebody's own"


def test_the_item_that_a_row_had_is_told_by_the_row() -> None:
    rows = {"lines-4-item": "HOUR", "lines-4-was": "BEANS", "lines-2-description": "", "lines-9-was": "BEANS"}
    assert draft_form.items_before(rows) == ("", "BEANS")
    assert len(read(rows).lines) == 2


@pytest.mark.parametrize(
    ("text", "words"), [("9999-12-31", "9999 is too far ahead"), ("1 Jan 1000", "1000 is too far")]
)
def test_a_year_that_nobody_means_is_told_as_one(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        draft_form.parse_day(text)


def test_a_new_row_takes_account_and_tax_from_the_one_before() -> None:
    more = draft_fill.with_line(typed())
    assert (more.lines[1]["account"], more.lines[1]["tax_rate"], more.lines[1]["quantity"]) == ("200", "OUTPUT", "1")
    assert draft_form.is_blank(more.lines[1])


def test_the_last_row_is_never_taken_away() -> None:
    assert len(draft_fill.without_line(typed(), 0).lines) == 1
    assert draft_fill.without_line(typed(), 99) == typed()


@pytest.mark.parametrize("name", ["item", "account"])
def test_what_each_line_needs_here_is_asked_for(name: str) -> None:
    found = check(typed(lines__0__account=""), LISTS, party_state="active", needs=frozenset({name}))
    assert [one.field for one in found.problems] == [f"lines.0.{name}"]
    assert f"Choose an {name}" in found.problems[0].message
