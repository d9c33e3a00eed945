"""Filters of lists: each by itself, together, and with what nobody should type; and the file of what is shown."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from core import sheets
from core.records.bulk import BulkChange
from core.records.custom import CustomFieldRow
from core.records.models import Contact
from core.services import Services
from core.users.models import User
from core.users.service import find_user
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words

CUSTOM_HEADS = ("Text", "Number", "Date", "Choice", "Yesno")
HOSTILE = ("", "\x00", "a" * 10_000, "99999999999999999999", "-1", "1e400", "nan", "<u>", "%", "é", "2026-02-30", "#")
CUSTOM = {"text": (), "number": (), "date": (), "choice": ("Gold", "Silver"), "yesno": ()}


@pytest.fixture
def deals(services: Services, make: Make) -> Services:
    """Three deals that differ in everything that can be filtered by."""
    with services.db.begin() as session:
        session.add_all(
            CustomFieldRow(
                kind="opportunities", key=key, label=key.title(), style=key, choices=list(choices), in_list=True
            )
            for key, choices in CUSTOM.items()
        )
    mill = make("organizations", name="Old Mill Bakery")
    gold = {"text": "Fine 100%", "number": "1.5", "date": "2026-03-01", "choice": "Gold", "yesno": True}
    make("opportunities", name="One", stage="New", amount=Decimal("100.5"), owner_id=2, organization_id=mill,
         close_date=dt.date(2026, 12, 1), tags=("VIP", "Café"), custom=gold)  # fmt: skip
    silver = {"text": "fine", "number": "-20", "date": "2025-03-01", "choice": "Silver", "yesno": False}
    make("opportunities", name="Two", stage="Won", amount=Decimal("20000"), currency="AUD", tags=("VIP",),
         close_date=dt.date(2026, 12, 31), owner_id=3, custom=silver)  # fmt: skip
    make("opportunities", name="Three", stage="Lost", reason="Price")
    return services


def shown(page: Any) -> list[str]:
    return sorted(link.get_text(strip=True) for link in page.html.select("tbody td.title a.num"))


FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({"q": "o"}, ["One", "Two"]),
    ({"owner": "2"}, ["One"]),
    ({"owner": "nobody"}, ["Three"]),
    ({"tag": "VIP"}, ["One", "Two"]),
    ({"tag": ["VIP", "Café"]}, ["One"]),
    ({"stage": ["New", "Lost"]}, ["One", "Three"]),
    ({"outcome": "won"}, ["Two"]),
    ({"organization": "1"}, ["One"]),
    ({"organization": "Old Mill Bakery #1"}, ["One"]),
    ({"organization": "-"}, ["Three", "Two"]),
    ({"amount_from": "100.50", "amount_to": "1,000"}, ["One"]),
    ({"amount_from": "100.51"}, ["Two"]),
    ({"currency": "AUD"}, ["Two"]),
    ({"close_from": "2026-12-02"}, ["Two"]),
    ({"close_to": "2026-12-01"}, ["One"]),
    ({"changed_since": "2026-11-23"}, []),
    ({"changed_since": "2026-11-22"}, ["One", "Three", "Two"]),
    ({"custom_text": "FINE"}, ["One", "Two"]),
    ({"custom_text": "0%"}, ["One"]),
    ({"custom_number_from": "-20"}, ["One", "Two"]),
    ({"custom_number_to": "1.4"}, ["Two"]),
    ({"custom_date_from": "2026-01-01"}, ["One"]),
    ({"custom_date_to": "2025-03-01"}, ["Two"]),
    ({"custom_choice": ["Gold", "-"]}, ["One", "Three"]),
    ({"custom_yesno": "yes"}, ["One"]),
    ({"custom_yesno": "no"}, ["Two"]),
    ({"custom_yesno": "-"}, ["Three"]),
    ({"tag": "VIP", "custom_yesno": "no", "amount_from": "1"}, ["Two"]),
]


def test_each_filter_finds_what_meets_it_and_filters_combine(deals: Services, log_in: LogIn) -> None:
    browser = log_in("sales")
    for asked, names in FOUND:
        page = browser.get(f"/opportunities?{urlencode(asked, doseq=True)}")
        found = shown(page)
        assert found == names, asked
        assert page.html.select_one(".err") is None, asked
        chips = page.html.select("a.chip")
        assert len(chips) == sum(len(value) if isinstance(value, list) else 1 for value in asked.values())
        if len(chips) == 1:
            assert shown(browser.get("/opportunities" + chips[0]["href"])) == ["One", "Three", "Two"]


def test_me_is_who_is_logged_in(log_in: LogIn, make: Make, services: Services) -> None:
    with services.db.read() as session:
        user = find_user(session, "sales")
        assert user is not None
        mine = user.id
    make("contacts", last_name="Mine", owner_id=mine)
    make("contacts", last_name="Nobody's")
    assert shown(log_in("sales").get("/contacts?owner=me")) == ["Mine"]
    assert shown(log_in("admin").get("/contacts?owner=me")) == []


def test_a_wrong_value_is_told_at_its_filter_and_the_list_is_shown_without_it(deals: Services, log_in: LogIn) -> None:
    browser = log_in("reader")
    wrong = {"amount_from": "much", "close_to": "soon", "stage": "Gone", "owner": "99", "organization": "x",
             "currency": "XXX", "custom_yesno": "perhaps", "custom_number_to": "1,0",
             "custom_date_from": "1.2.2026"}  # fmt: skip
    page = browser.get("/opportunities", {**wrong, "tag": "VIP"})
    assert shown(page) == ["One", "Two"]
    assert {error["id"] for error in page.html.select(".err")} == {f"f-{name}-error" for name in wrong}
    assert page.html.find(id="f-amount_from")["value"] == "much"
    names = [
        *wrong,
        "q",
        "tag",
        "changed_since",
        "custom_text",
        "custom_choice",
        "sort",
        "page",
        "after",
        "before",
        "x",
    ]
    for text in HOSTILE:
        page = browser.get("/opportunities", [(name, text) for name in names])
        assert "<u>" not in str(page.html.select_one(".filter"))


def test_nothing_yet_and_nothing_that_meets_the_filters_are_two_things(log_in: LogIn, make: Make) -> None:
    browser = log_in("sales")
    assert "No contacts yet" in words(browser.get("/contacts"))
    make("contacts", last_name="Parata", city="Nelson")
    page = browser.get("/contacts?city=otorua")
    assert "No contact meets this filter." in words(page)
    assert "Take one away." in words(browser.get("/contacts?city=Rotorua&q=x"))


def test_owner_tags_and_custom_fields_are_in_the_list_and_it_is_sorted_by_them(deals: Services, log_in: LogIn) -> None:
    page = log_in("reader").get("/opportunities?sort=-custom_number")
    heads = [" ".join(head.get_text(" ").split()) for head in page.html.select("thead th")]
    assert heads[-6:] == ["Text", "Number ↓", "Date", "Choice", "Yesno", "Owner"]
    assert [link.get_text() for link in page.html.select("tbody a.num")] == ["One", "Two", "Three"]
    assert [tag.get_text() for tag in page.html.select("tbody tr:first-child .tag")] == ["Café", "VIP"]
    assert "1.5 1 Mar 2026 Gold Yes" in words(page, "tbody tr:first-child")


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.body.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))


def test_the_file_has_what_the_list_shows_with_every_field(deals: Services, log_in: LogIn) -> None:
    answer = log_in("reader").get("/opportunities/export.csv?tag=VIP&sort=-name")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="opportunities-2026-11-22.csv"'
    two, one = rows_of(answer)
    assert (two["Name"], two["Currency"], Decimal(two["Amount"])) == ("Two", "AUD", Decimal("20000"))
    assert (one["Organization"], one["Tags"], one["Expected close"]) == ("Old Mill Bakery", "Café, VIP", "2026-12-01")
    assert [two[name] for name in CUSTOM_HEADS] == ["fine", "-20", "2025-03-01", "Silver", "no"]
    assert one["Owner"]


def test_a_cell_that_a_spreadsheet_would_carry_out_is_made_harmless(log_in: LogIn, make: Make) -> None:
    make("contacts", last_name="=HYPERLINK(1)", first_name="@SUM(1)", phone="+64 4 801", city="-2+3", job_title="-5")
    [row] = rows_of(log_in("reader").get("/contacts/export.csv"))
    assert [row[name] for name in ("Last name", "First name", "Phone", "City", "Job title")] == [
        "'=HYPERLINK(1)", "'@SUM(1)", "'+64 4 801", "'-2+3", "-5"]  # fmt: skip
    assert [sheets.neutral(text) for text in ("\tx", "\rx", "-1.50", "plain", "")] == [
        "'\tx",
        "'\rx",
        "-1.50",
        "plain",
        "",
    ]


def test_a_file_is_written_as_its_rows_come() -> None:
    read = 0

    def rows() -> Any:
        nonlocal read
        for number in range(20_000):
            read = number
            yield [number, "x" * 50]

    pieces = sheets.write(["Number", "Text"], rows())
    next(pieces)
    assert read < 2_000
    assert sum(piece.count(b"\r\n") for piece in pieces) > 18_000


def test_a_list_with_a_filter_that_cannot_be_read_is_neither_exported_nor_changed_as_a_whole(
    log_in: LogIn, make: Make, services: Services
) -> None:
    number = make("contacts", last_name="Parata", owner_id=2)
    sales, wrong = log_in("sales"), "/contacts?owner=2&changed_since=soon"
    page = sales.get(wrong)
    form = next(form for form in page.forms.values() if "/bulk" in form.action)
    assert "all" not in form.fields
    assert page.html.find("a", string="Export") is None
    answer = sales.get("/contacts/export.csv?owner=2&changed_since=soon", status=422)
    assert (answer.content_type, "cannot be read" in answer.text) == ("text/plain", True)
    stale = {"all": "on", "deed": "delete"}  # from a page on which the filter could still be read
    page = sales.send("/contacts/bulk?owner=2&changed_since=soon", stale, status=303).follow()
    assert page.request.path_qs == wrong
    assert "A filter cannot be read, so nothing was chosen." in words(page, "body")
    with services.db.read() as session:
        assert session.query(BulkChange).count() == 0
    page = sales.send("/contacts/bulk?owner=2&changed_since=soon", {"id": str(number), "deed": "delete"}, status=303)
    assert "1 contact will" in words(page.follow()), "those with a tick are who they are"


def test_a_view_on_a_custom_field_that_went_says_so(log_in: LogIn, make: Make, services: Services) -> None:
    field = CustomFieldRow(kind="contacts", key="sales_region", label="Sales region", style="text", retired=True)
    with services.db.begin() as session:
        session.add(field)
    make("contacts", last_name="Parata", custom={"sales_region": "North"})
    sales = log_in("sales")
    view = {"name": "North", "query": "custom_sales_region=North&city=&custom_b=&plugin=1"}
    page = sales.send("/contacts/views", view, status=303).follow()
    assert "Sales region This field is not there any more" in words(page, ".chips")
    assert page.html.find("a", string="Export") is None
    sales.get("/contacts/export.csv?custom_sales_region=North", status=422)
    gone = {"all": "on", "deed": "delete"}
    page = sales.send("/contacts/bulk?custom_sales_region=North", gone, status=303).follow()
    assert "A filter cannot be read" in words(page, "body")
    assert page.html.select_one(".chips a")["href"] == "?", "which takes the filter away"
    many = "&".join(f"custom_{number}=1" for number in range(200))
    assert len(sales.get(f"/contacts?{many}").html.select(".chips .chip")) == 20


def test_the_records_of_a_colleague_who_left_are_found_and_handed_over(
    log_in: LogIn, make: Make, services: Services
) -> None:
    owned = make("contacts", last_name="Owned", owner_id=3)
    make("contacts", last_name="Other", owner_id=2)
    admin = log_in("admin")
    with services.db.begin() as session:
        former = session.get_one(User, 3)
        former.active, name = False, former.name
    page = admin.get("/contacts?owner=3")
    assert shown(page) == ["Owned"]
    assert f"Owner {name} (no longer active)" in words(page, ".chips")
    assert [one.get_text() for one in page.html.select("#f-owner option")][-1] == f"{name} (no longer active)"
    assert name not in words(page, "#bulk-owner"), "nothing is given to who left"
    form = next(form for form in page.forms.values() if "/bulk" in form.action)
    form["all"], form["owner"] = True, "2"
    page = form.submit("deed", value="owner", status=303).follow()
    assert "1 contact will be changed" in words(page)
    form_of(page).submit(status=303)
    with services.db.read() as session:
        assert session.get_one(Contact, owned).owner_id == 2
