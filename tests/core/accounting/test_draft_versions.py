"""Several versions of a draft: what each changed, and ours put on top of theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.accounting.draft_form import LINE, Typed, check, new_line
from core.accounting.draft_lists import Lists
from core.accounting.draft_versions import (
    is_same,
    is_untouched,
    lines_kept,
    merged,
    side_by_side,
    typed_of,
    unmet,
)
from core.contract.values import (
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentStatus,
    Line,
    Ref,
)

LISTS = Lists(
    {
        ChoiceKind.CURRENCY: (Choice(ChoiceKind.CURRENCY, "NZD", "NZD"),),
        ChoiceKind.ACCOUNT: (Choice(ChoiceKind.ACCOUNT, "200", "Sales", code="200"),),
    }
)
HOOD = Line("Hood", Decimal(1), Decimal(6400), amount=Decimal(6400), account="200", id="a")
VISIT = Line("Visit", Decimal("1.5"), Decimal("92.1234"), Decimal(10), account="200", id="b")


def document(*lines: Line, **values: Any) -> Document:
    return replace(
        Document(
            ref=Ref("i1", "v1"),
            kind=DocumentKind.SALES_INVOICE,
            party_id="p1",
            party_name="Harbour",
            number="INV-1",
            status=DocumentStatus.DRAFT,
            date=dt.date(2026, 11, 22),
            currency="NZD",
            total=Decimal(6400),
            tax=Decimal(0),
            amount_due=Decimal(6400),
            reference="Refit",
            lines=lines or (HOOD, VISIT),
        ),
        **values,
    )


def typed(*lines: Line, **values: Any) -> Typed:
    return typed_of(document(*lines, **values), LISTS)


def with_text(form: Typed, ident: str, **texts: str) -> Typed:
    lines = tuple({**line, **texts} if line["id"] == ident else line for line in form.lines)
    return replace(form, lines=lines)


def described(form: Typed) -> list[tuple[str, str]]:
    return [(line["id"], line["description"]) for line in form.lines]


BEFORE = typed()


def test_a_document_goes_through_its_form_unchanged() -> None:
    odd = Line("Rebate", Decimal(0), Decimal(-20), account="850", tax_rate="GONE", tracking=(("X", "Y"),), id="c")
    text = Line("Thank you", Decimal(0), id="d")
    was = document(HOOD, VISIT, odd, text)
    found = check(typed_of(was, LISTS), LISTS, party_state="active", kept=lines_kept(was))
    assert found.problems == ()
    assert found.document is not None
    assert [replace(line, amount=Decimal(0)) for line in was.lines or ()] == list(found.document.lines)
    assert unmet(was, found.document, was) == []


def test_what_was_emptied_is_not_met_by_what_was_there_before() -> None:
    hood = replace(HOOD, account="200", tax_rate="OUTPUT2", tracking=(("Region", "North"),))
    was = document(hood, due_date=dt.date(2026, 12, 20))
    emptied = replace(hood, account="", tax_rate="", tracking=())
    found = check(typed_of(was, LISTS), LISTS, party_state="active", kept=lines_kept(was)).document
    assert found is not None
    wanted = replace(found, lines=(emptied,), due_date=None)
    assert unmet(was, wanted, was) == ["Due", "Line 1, account", "Line 1, tax", "Line 1, tracking"]
    filled_in = replace(emptied, account="400", id="new")
    assert unmet(replace(was, lines=(filled_in,), due_date=None), wanted, was) == []
    assert unmet(replace(was, lines=()), found, was) == ["Lines"]


def test_an_id_that_is_not_the_documents_own_is_not_sent() -> None:
    found = check(with_text(BEFORE, "a", id="of another"), LISTS, party_state="active", kept={})
    assert found.document is not None
    assert [line.id for line in found.document.lines] == ["", ""]


def test_what_only_they_changed_stays_theirs_and_what_we_changed_is_ours() -> None:
    theirs = with_text(typed(reference="Theirs"), "a", description="Hood, 900 mm", unit_price="6,500.00")
    ours = with_text(BEFORE, "a", unit_price="6,000.00")
    put = merged(BEFORE, theirs, ours)
    assert put.head["reference"] == "Theirs"
    assert (put.lines[0]["description"], put.lines[0]["unit_price"]) == ("Hood, 900 mm", "6,000.00")


def test_the_same_amount_written_otherwise_is_no_change_of_ours() -> None:
    ours = with_text(BEFORE, "a", unit_price="6400")
    theirs = with_text(BEFORE, "a", unit_price="6,500.00")
    assert merged(BEFORE, theirs, ours).lines[0]["unit_price"] == "6,500.00"


def test_lines_they_added_come_in_and_lines_we_added_stay() -> None:
    theirs = typed(HOOD, VISIT, Line("Theirs", id="t"))
    ours = replace(BEFORE, lines=(*BEFORE.lines, {**new_line(), "description": "Ours"}))
    assert described(merged(BEFORE, theirs, ours)) == [("a", "Hood"), ("b", "Visit"), ("", "Ours"), ("t", "Theirs")]


def test_a_line_they_removed_comes_back_only_where_we_changed_it() -> None:
    theirs = typed(VISIT)
    assert described(merged(BEFORE, theirs, BEFORE)) == [("b", "Visit")]
    ours = with_text(BEFORE, "a", description="Hood, better")
    assert described(merged(BEFORE, theirs, ours)) == [("", "Hood, better"), ("b", "Visit")]


def test_a_line_we_removed_stays_removed() -> None:
    ours = replace(BEFORE, lines=BEFORE.lines[1:])
    assert described(merged(BEFORE, with_text(BEFORE, "a", description="Theirs"), ours)) == [("b", "Visit")]


def test_side_by_side_tells_what_changed_and_nothing_else() -> None:
    theirs = typed(HOOD, Line("New", Decimal(2), Decimal(3), id="t"), due_date=dt.date(2026, 12, 1))
    ours = with_text(BEFORE, "a", account="")
    told = [(one.label, one.before, one.theirs, one.ours) for one in side_by_side(BEFORE, theirs, ours, LISTS, {})]
    assert told == [
        ("Due", "none", "1 Dec 2026", "none"),
        ("Line 1, account", "200 Sales", "200 Sales", "none"),
        ("Line 2", "Visit: 1.5 × 92.1234", "not there", "Visit: 1.5 × 92.1234"),
        ("Line 3", "not there", "New: 2 × 3.00", "not there"),
    ]


def test_both_having_changed_a_field_to_different_things_is_a_clash() -> None:
    (row,) = side_by_side(BEFORE, typed(reference="Theirs"), typed(reference="Ours"), LISTS, {})
    assert row.clashes
    (row,) = side_by_side(BEFORE, typed(reference="Same"), typed(reference="Same"), LISTS, {})
    assert not row.clashes


@pytest.mark.parametrize(
    ("name", "one", "other", "same"),
    [
        ("unit_price", "6,400", "6400.00", True),
        ("unit_price", "", "0", True),
        ("unit_price", "a lot", "a lot", True),
        ("date", "22 Nov 2026", "2026-11-22", True),
        ("description", "a\r\nb ", "a\nb", True),
        ("description", "a", "b", False),
        ("quantity", "1", "2", False),
    ],
)
def test_texts_that_mean_the_same(name: str, one: str, other: str, same: bool) -> None:
    assert is_same(name, one, other) is same


def test_a_new_version_without_a_change_is_untouched() -> None:
    assert is_untouched(document(), document(ref=Ref("i1", "v2"), vendor_status="DRAFT"))
    assert not is_untouched(document(), document(status=DocumentStatus.AUTHORISED))
    assert not is_untouched(document(), document(HOOD))


def test_every_field_of_a_line_has_a_text() -> None:
    assert all(set(line) == set(LINE) for line in BEFORE.lines)
