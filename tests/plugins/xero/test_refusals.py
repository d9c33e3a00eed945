from __future__ import annotations

import datetime as dt

import pytest

from core import AmountsAre, Line, NewDocument
from plugins.xero import refusals

DRAFT = NewDocument(
    "p",
    dt.date(2026, 1, 1),
    None,
    "EUR",
    AmountsAre.EXCLUSIVE,
    (
        Line("First", account="200", tax_rate="OUTPUT2", item="CHAIR"),
        Line("Second", account="999", tax_rate="BOGUS", tracking=(("Region", "Nowhere"),)),
        Line("", account="999", item="GONE"),
    ),
)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("Account code '999' is not a valid code for this document.", ["lines.1.account", "lines.2.account"]),
        (
            "The TaxType code 'BOGUS' does not exist or cannot be used for this type of transaction.",
            ["lines.1.tax_rate"],
        ),
        ("The TaxType code 'BOGUS' cannot be used with account code '200'.", ["lines.1.tax_rate"]),
        ("Item code 'GONE' is not valid", ["lines.2.item"]),
        ("The tracking category 'Region' has no active option 'Nowhere'.", ["lines.1.tracking"]),
        ("Description must be at least 1 character long.", ["lines.2.description"]),
        ("Organisation is not subscribed to currency EUR", ["currency"]),
        ("The contact with the specified contact details has been archived.", ["party"]),
        ("A Contact must be specified for this type of transaction", ["party"]),
        ("Due Date cannot be before the invoice date", ["due_date"]),
        ("The document date cannot be before the period lock date, currently set at 2025-12-31", ["date"]),
        ("Reference must not be longer than 255 characters.", ["reference"]),
        ("Branding theme could not be found.", ["theme"]),
        ("Line amount type 'Sideways' is not valid.", ["amounts_are"]),
        ("One or more line items must be specified", [""]),
        ("A line item may have at most 2 tracking categories.", [""]),
        ("The Url must not contain 'xero'.", [""]),
        ("Something quite new happened.", [""]),
    ],
)
def test_a_refusal_lands_at_its_field_in_xeros_own_words(message: str, fields: list[str]) -> None:
    problems = refusals.of_document(message, DRAFT)
    assert [problem.field for problem in problems] == fields
    assert {problem.message for problem in problems} == {message}


def test_with_a_single_line_there_is_no_doubt_which_one_is_meant() -> None:
    draft = NewDocument("p", dt.date(2026, 1, 1), None, "", AmountsAre.EXCLUSIVE, (Line("Only", account="200"),))
    (problem,) = refusals.of_document("The discount rate must be between 0 and 100.", draft)
    assert problem.field == "lines.0.discount"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Email address must be valid.", "email"),
        ("The TaxNumber field must not be longer than 50 characters.", "tax_number"),
        ("The contact name Address Ltd is already assigned to another contact.", "name"),
        ("The PostalCode field must not be longer than 50 characters.", "postal_code"),
        ("The PhoneNumber field must not be longer than 50 characters.", "phone"),
        ("The Name field must not be longer than 255 characters.", "name"),
        ("Out of coffee.", ""),
    ],
)
def test_a_contacts_refusal_lands_at_its_field(message: str, field: str) -> None:
    assert [problem.field for problem in refusals.of_party(message)] == [field]


def test_a_taken_name_and_a_moved_document_are_recognised() -> None:
    assert refusals.is_duplicate_name(["The contact name X is already assigned to another contact. The contact name…"])
    assert not refusals.is_duplicate_name(["The contact name must be specified."])
    assert refusals.has_moved_on(["Invoice not of valid status for modification"])
    assert not refusals.has_moved_on(["Email address must be valid."])
