"""Each person's own way with numbers, dates and times: what is shown in it is read in it, and nothing else is."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import ManualClock, formats
from core.app import make_app
from core.audit.models import AuditEntry
from core.formats import NUMBERS, Style, using
from core.forms import in_default_style, in_present_style, parse_amount
from core.records.custom import NUMBER, CustomFieldRow
from core.records.line_items import LineItem
from core.records.models import Opportunity
from core.services import Services
from core.settings import StartError, read_settings
from core.users.models import User
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words
from tests.databases import NOW

AUCKLAND = ZoneInfo("Pacific/Auckland")
NB = "\u00a0"
Restyle = Callable[..., None]


@pytest.fixture
def restyle(services: Services) -> Restyle:
    """`restyle("sales", numbers="point")` is what a user chose on the profile."""

    def choose(login: str, **values: str) -> None:
        with services.db.begin() as session:
            session.query(User).filter_by(login=login).update(values)  # type: ignore[arg-type]

    return choose


@pytest.mark.parametrize(
    ("numbers", "amount", "money", "number", "compact"),
    [
        ("comma", "−1,234,567.50", "NZ$ 1,234.50", "1,234.5", "12.5k"),
        ("point", "−1.234.567,50", "NZ$ 1.234,50", "1.234,5", "12,5k"),
        ("space", "−1 234 567,50", "NZ$ 1 234,50", "1 234,5", "12,5k"),
        ("quote", "−1'234'567.50", "NZ$ 1'234.50", "1'234.5", "12.5k"),
    ],
)
def test_numbers_are_written_in_the_style(numbers: str, amount: str, money: str, number: str, compact: str) -> None:
    with using(Style(numbers)):
        assert formats.amount(Decimal("-1234567.5")).replace(NB, " ") == amount
        assert formats.money(Decimal("1234.5"), "NZD").replace(NB, " ") == money
        assert formats.number(Decimal("1234.50")).replace(NB, " ") == number
        assert formats.compact(Decimal(12500)) == compact
    assert formats.amount(Decimal("1234.5")) == "1,234.50", "and in no other place"


@pytest.mark.parametrize(
    ("dates", "told"), [("words", "1 Dec 2026"), ("iso", "2026-12-01"), ("day", "01/12/2026"), ("month", "12/01/2026")]
)
def test_dates_are_written_in_the_style_and_moments_in_the_zone(dates: str, told: str) -> None:
    moment = dt.datetime(2026, 11, 30, 20, 5, tzinfo=dt.UTC)
    with using(Style(dates=dates, zone=AUCKLAND)):
        assert formats.day(dt.date(2026, 12, 1)) == told
        assert formats.day(moment) == told
        assert formats.moment(moment) == f"{told}, 09:05 NZDT"
        assert formats.today(moment) == dt.date(2026, 12, 1)
    assert formats.moment(moment) == "30 Nov 2026, 20:05 UTC"
    with using(Style(zone=ZoneInfo("America/Sao_Paulo"))):
        assert formats.moment(moment).endswith("17:05 UTC-03")


@pytest.mark.parametrize(
    ("numbers", "text", "value"),
    [
        ("point", "1.234,50", "1234.50"),
        ("point", "1234,5", "1234.5"),
        ("point", "1.234", "1234"),
        ("point", "−5,00", "-5"),
        ("space", "1 234,50", "1234.50"),
        ("space", f"1{NB}234,50", "1234.50"),
        ("quote", "1'234.50", "1234.50"),
        ("quote", "1’234.50", "1234.50"),
        ("comma", "1,234.50", "1234.50"),
    ],
)
def test_what_is_typed_is_read_in_the_style(numbers: str, text: str, value: str) -> None:
    with using(Style(numbers)):
        assert parse_amount(text, places=4, minimum=Decimal(-10)) == Decimal(value)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ("point", "1234.50"),
        ("point", "1,234.50"),
        ("point", "1.23"),
        ("space", "1.5"),
        ("quote", "1,5"),
        ("comma", "1.234,50"),
    ],
)
def test_what_could_mean_something_else_is_refused_with_an_example_in_the_style(numbers: str, text: str) -> None:
    with using(Style(numbers)):
        with pytest.raises(ValueError, match="Write an amount such as 1000 or") as refusal:
            parse_amount(text, places=4)
        assert formats.localised("1,000.00") in str(refusal.value)


@given(st.sampled_from(sorted(NUMBERS)), st.decimals(0, 999_999_999, places=4))
@pytest.mark.slow
def test_whatever_is_written_is_read_as_the_same_in_every_style(numbers: str, value: Decimal) -> None:
    with using(Style(numbers)):
        for text in (formats.number(value), formats.price(value)):
            assert parse_amount(text, places=4) == value
            kept = in_default_style(text)
            assert in_present_style(kept) == text
    assert parse_amount(kept, places=4) == value


@pytest.mark.slow
def test_what_cannot_be_read_is_kept_as_it_was_typed() -> None:
    for text in ("", "abc", "1,0,0", "12;5", "\x00", "1.234,5x"):
        with using(Style("point")):
            assert in_default_style(text) == text
        assert in_default_style(text) == text


@pytest.mark.slow
def test_other_threads_write_as_ever() -> None:
    told: list[str] = []
    with using(Style("point")):
        job = threading.Thread(target=lambda: told.append(formats.amount(Decimal("1234.5"))))
        job.start()
        job.join()
    assert told == ["1,234.50"]


def stored(services: Services) -> Opportunity:
    with services.db.read() as session:
        found = session.query(Opportunity).one()
        assert found.line_items is not None
        return found


def new_deal(browser: Browser, **values: str) -> Any:
    form = form_of(browser.get("/opportunities/new"))
    form["name"] = "Roastery refit"
    for name, value in values.items():
        form[name.replace("line_", "lines-0-")].force_value(value)
    return form


LINE = {"line_description": "Refit", "line_quantity": "1,5", "line_unit_price": "1.200,1234", "line_discount": "12,5"}


@pytest.mark.slow
def test_a_form_is_filled_and_read_in_the_style_lines_too(log_in: LogIn, services: Services, restyle: Restyle) -> None:
    restyle("sales", numbers="point")
    browser = log_in("sales")
    page = new_deal(browser, amount="1.234,50", **LINE).submit(status=303).follow()
    assert stored(services).amount == Decimal("1234.50")
    assert stored(services).line_items == (
        LineItem("", "Refit", Decimal("1.5"), Decimal("1200.1234"), Decimal("12.5")),
    )
    assert "NZ$ 1.234,50" in words(page).replace(NB, " ")
    form = form_of(browser.get("/opportunities/1/edit"))
    shown = [form[name].value for name in ("amount", "lines-0-quantity", "lines-0-unit_price", "lines-0-discount")]
    assert shown == ["1.234,50", "1,5", "1.200,1234", "12,5"]
    form["name"] = "Renamed"
    form.submit(status=303)
    assert stored(services).amount == Decimal("1234.50")
    with services.db.read() as session:
        changed = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        made = session.query(AuditEntry).order_by(AuditEntry.id).first()
    assert changed is not None
    assert made is not None
    assert set(changed.new) == {"name"}, "nothing else was changed by writing it in another style"
    assert "1.5 at 1,200.1234 less 12.5 %" in str(made.new), "the audit trail has one style"


@pytest.mark.slow
def test_what_is_wrong_comes_back_as_typed_and_is_told_in_the_style(
    log_in: LogIn, services: Services, restyle: Restyle
) -> None:
    restyle("sales", numbers="point")
    page = new_deal(log_in("sales"), amount="1,234.50").submit(status=422)
    assert "1000 or 1.000,00: digits, and a comma before the decimals" in words(page)
    form = form_of(page)
    assert form["amount"].value == "1,234.50"
    form["amount"] = "1234,50"
    form.submit(status=303)
    assert stored(services).amount == Decimal("1234.50")


@pytest.mark.parametrize(("before", "after", "typed"), [("", "point", "1,234"), ("point", "", "1.234")])
@pytest.mark.slow
def test_a_form_is_read_as_it_was_drawn_though_the_style_was_changed_meanwhile(
    log_in: LogIn, services: Services, restyle: Restyle, before: str, after: str, typed: str
) -> None:
    restyle("sales", numbers=before)
    form = new_deal(log_in("sales"), amount=typed, probability="x")
    restyle("sales", numbers=after)
    page = form.submit(status=422)
    form = form_of(page)
    assert form["amount"].value == typed
    form["probability"] = "50"
    form.submit(status=303)
    assert stored(services).amount == Decimal(1234), "not 1.234"


@pytest.mark.slow
def test_a_form_that_outlived_its_log_in_is_read_as_it_was_typed(
    log_in: LogIn, services: Services, restyle: Restyle
) -> None:
    restyle("sales", numbers="point")
    browser = log_in("sales")
    form = new_deal(browser, amount="1.234")
    browser.send("/logout", status=303)
    restyle("sales", numbers="")
    page = form.submit(status=401)
    page.form["login"], page.form["password"] = "sales", "ledgertab-demo"
    between = page.form.submit(status=200)
    form_of(between.form.submit(status=200)).submit(status=303)
    assert stored(services).amount == Decimal(1234)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["", "no such", "\x00", "<b>", "x" * 500])
def test_a_style_that_is_none_is_the_default(log_in: LogIn, services: Services, style: str) -> None:
    fields = {"name": "Deal", "amount": "1,234.50", "currency": "NZD", "stage": "New", "number_style": style}
    log_in("sales").send("/opportunities/new", fields, status=303)
    assert stored(services).amount == Decimal("1234.50")


@pytest.mark.slow
def test_times_are_in_the_zone_of_who_looks_and_else_in_that_of_the_installation(
    log_in: LogIn, restyle: Restyle, clock: ManualClock
) -> None:
    restyle("sales", time_zone="Pacific/Auckland", dates="iso")
    restyle("reader", time_zone="Nowhere/Gone")
    assert "2026-11-22, 13:00 NZDT" in words(log_in("sales").get("/profile"))
    assert "22 Nov 2026, 00:00 UTC" in words(log_in("reader").get("/profile"))


class TestWithAZoneOfItsOwn:
    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.time_zone": "europe/berlin"}

    @pytest.mark.slow
    def test_who_chose_none_has_that_of_the_installation(self, log_in: LogIn) -> None:
        page = log_in("sales").get("/profile")
        assert "22 Nov 2026, 01:00 CET" in words(page)
        assert "Left empty: Europe/Berlin." in words(page)


@pytest.mark.slow
def test_a_zone_that_is_not_there_stops_the_start(tmp_path: Any) -> None:
    base = {"crm.url": "http://localhost", "crm.home": str(tmp_path), "crm.queue": "memory", "crm.make_key": "true"}
    with pytest.raises(StartError, match=r"crm\.time_zone is 'Mars/Olympus'"):
        make_app(read_settings({**base, "crm.time_zone": "Mars/Olympus"}, {}))


@pytest.mark.slow
def test_the_test_clock_is_where_these_tests_think_it_is() -> None:
    assert NOW.astimezone(AUCKLAND).hour == 13


def test_what_was_written_down_is_told_in_the_style_of_who_reads_it(
    log_in: LogIn, make: Make, services: Services, restyle: Restyle
) -> None:
    with services.db.begin() as session:
        session.add(CustomFieldRow(kind="opportunities", key="beans", label="Beans", style=NUMBER))
    line = LineItem("", "Refit: stage 1.5", Decimal("1000.5"), Decimal("2.25"), Decimal("12.5"))
    deal = make("opportunities", name="Refit", amount=Decimal("1234.5"), line_items=(line,), custom={"beans": "1234.5"})
    restyle("sales", numbers="point", dates="iso")
    restyle("admin", numbers="quote", dates="day")
    form = form_of(log_in("sales").get(f"/opportunities/{deal}/edit"))
    form["amount"], form["close_date"], form["custom_beans"] = "9.876,5", "2026-12-24", "2.000,25"
    form["lines-0-quantity"] = "2.000,5"
    form.submit(status=303)
    trail = words(log_in("admin").get("/admin/audit"))
    for told in (
        "NZ$ 1'234.50",
        "NZ$ 9'876.50",
        "24/12/2026",
        "2'000.25",
        "Refit: stage 1.5: 2'000.5 at 2.25 less 12.5 %",
    ):
        assert told in trail.replace(NB, " "), told
    timeline = words(log_in("sales").get(f"/opportunities/{deal}/timeline"))
    for told in ("NZ$ 1.234,50", "2026-12-24", "Refit: stage 1.5: 2.000,5 at 2,25 less 12,5 %"):
        assert told in timeline.replace(NB, " "), told
    file = log_in("admin").get("/admin/audit.csv").text
    assert f"NZ${NB}9,876.50" in file, "a file has the default style"


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Auckland", 22), ("America/New_York", 21)])
def test_filters_by_day_and_the_board_go_by_the_viewers_day(
    zone: str, day: int, log_in: LogIn, make: Make, services: Services, restyle: Restyle
) -> None:
    make("opportunities", name="Refit", stage="New", close_date=dt.date(2026, 11, 21))
    with services.db.begin() as session:
        session.add(AuditEntry(at=NOW, user_id=1, deed="role.made", kind="roles", new={"title": "Buyer"}))
    restyle("admin", time_zone=zone)
    admin = log_in("admin")
    late = day == 22
    assert ("overdue, 21 Nov" in words(admin.get("/opportunities/board"))) == late
    assert ("Refit" in words(admin.get("/opportunities?changed_since=2026-11-22"), "main")) == late
    assert "Refit" in words(admin.get(f"/opportunities?changed_since=2026-11-{day}"), "main")
    for asked, there in (("since=2026-11-22", late), ("until=2026-11-21", not late), (f"since=2026-11-{day}", True)):
        assert ("Buyer" in words(admin.get(f"/admin/audit?{asked}"))) == there, asked
        assert ("Buyer" in admin.get(f"/admin/audit.csv?{asked}")) == there, asked
    for odd in ("0001-01-01", "9999-12-31"):
        page = admin.get(f"/opportunities?changed_since={odd}")
        assert words(page, ".chips").startswith(f"Changed since {int(odd[-2:])} ")


def test_a_view_means_the_same_to_who_writes_numbers_otherwise(
    log_in: LogIn, make: Make, services: Services, restyle: Restyle
) -> None:
    with services.db.begin() as session:
        session.add(CustomFieldRow(kind="opportunities", key="size", label="Size", style=NUMBER))
    make("opportunities", name="Small", amount=Decimal("100"), custom={"size": "1.5"})
    make("opportunities", name="Big", amount=Decimal("2000.5"), custom={"size": "1.5"})
    restyle("sales", numbers="point")
    sales = log_in("sales")
    form = next(form for form in sales.get("/opportunities").forms.values() if "amount_from" in form.fields)
    form["amount_from"], form["amount_to"], form["custom_size_to"] = "1.500", "2.000,5", "1,5"
    page = form.submit()
    assert [link.get_text(strip=True) for link in page.html.select("tbody td.title a.num")] == ["Big"]
    assert "Amount from 1.500 ✕ Amount to 2.000,5 ✕" in words(page, ".chips")
    form = next(form for form in page.forms.values() if form.action == "/opportunities/views")
    form["name"], form["shared"] = "Large", True
    page = form.submit(status=303).follow()
    assert "amount_from=1500&amount_to=2000.5&custom_size_to=1.5" in page.request.path_qs
    assert [page.html.find(id=f"f-amount_{end}")["value"] for end in ("from", "to")] == ["1500", "2000,5"]
    form = next(form for form in page.forms.values() if "amount_from" in form.fields)
    again = sales.get("/opportunities", form.submit_fields())
    assert "Amount from 1.500 ✕ Amount to 2.000,5 ✕" in words(again, ".chips"), "what is shown is read as it is shown"

    admin = log_in("admin")
    seen = admin.get(page.request.path_qs)
    assert [link.get_text(strip=True) for link in seen.html.select("tbody td.title a.num")] == ["Big"]
    assert "Amount from 1,500 ✕ Amount to 2,000.5 ✕" in words(seen, ".chips")
    assert words(seen, ".tabs [aria-current]") == "Large shared"
    assert "Amount from 1,500" in words(admin.get(again.request.path_qs), ".chips"), "an address from the bar, too"
    assert "Amount from 1.5 ✕" in words(admin.get("/opportunities?amount_from=1.5&number_style=x"), ".chips")
