"""What a provider could not do is written down once, counted, tried again, and settled when it goes well."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from core import OutcomeUnknown, ProviderError, Rejected, Throttled, Unavailable
from core.accounting import connections, failures, jobs, refresh, sending
from core.accounting.drafts import DEED
from core.accounting.models import Connection, Draft, Failure
from core.contract.clock import ManualClock
from core.contract.errors import Duplicate, Stale
from core.contract.values import Party, Ref
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import Books, connect, four_records
from tests.core.accounting.on_the_stub import ini
from tests.core.pages import form_of, words
from tests.databases import NOW

pytestmark = pytest.mark.slow  # walks through pages

__all__ = ["ini"]

WORDS = "BILL-8801 over 8642.19 is locked."
AWAY = Unavailable("The toy company is away.", detail=WORDS)
ABOUT = failures.About(refresh.DEED, refresh.JOB, {"connection_id": 1, "force": True})


@pytest.fixture
def admin(services: Services, log_in: LogIn) -> Browser:
    browser = log_in("admin")
    connect(browser, services)
    return browser


@pytest.fixture
def books(services: Services, admin: Browser) -> Books:
    books = Books(services)
    four_records(books)
    books.link_party("organization", "harbour")
    return books


def rows(services: Services) -> list[Failure]:
    with services.db.read() as session:
        return session.query(Failure).order_by(Failure.id).all()


def fail(services: Services, error: ProviderError = AWAY, about: failures.About = ABOUT) -> str:
    connections.note_failure(services, 1, error)
    return failures.note(services, 1, about, error)


def test_the_same_failure_again_counts_up(admin: Browser, services: Services, clock: ManualClock) -> None:
    first = fail(services)
    clock.advance(dt.timedelta(minutes=5))
    assert fail(services) == first
    assert fail(services, Throttled("Too many calls.", NOW, "minute")) != first, "another error is another failure"
    row = rows(services)[0]
    assert (row.times, row.first_at, row.last_at) == (2, NOW, NOW + dt.timedelta(minutes=5))
    assert re.fullmatch(r"LT-[2-9A-HJ-NP-Z]{5}", row.reference)


def test_a_refresh_that_goes_well_settles_what_failed_before(
    admin: Browser, services: Services, clock: ManualClock
) -> None:
    fail(services)
    clock.advance(dt.timedelta(minutes=1))
    refresh.refresh(services, 1, force=True)
    assert rows(services)[0].settled_at is not None
    again = fail(services)
    assert again != rows(services)[0].reference, "what fails after that is a new one"


def test_a_name_that_is_taken_is_an_offer_and_no_failure(admin: Browser, services: Services) -> None:
    assert failures.note(services, 1, ABOUT, Duplicate("There is one.", Party(Ref("1"), "One"))) == ""
    assert rows(services) == []


def test_the_admin_sees_failures_with_the_words_of_the_provider(
    admin: Browser, services: Services, books: Books
) -> None:
    reference = fail(services, about=failures.About("draft", "", {}, "organizations", 1, 1))
    page = admin.get("/").click(href="/admin/failures", index=0)
    text = words(page)
    for part in (reference, "The toy company is away.", WORDS, "Sending a draft", "Old Mill Bakery", "Open"):
        assert part in text
    assert page.html.select_one('nav a[href="/admin/failures"] b').get_text(strip=True) == "1"
    assert page.html.select_one('a[href="/organizations/1"]') is not None


def test_a_reference_that_somebody_tells_is_found(admin: Browser, services: Services) -> None:
    reference = fail(services)
    other = fail(services, Rejected("No such thing."))
    assert other in admin.get("/admin/failures")
    page = admin.get("/admin/failures", {"q": f" {reference.lower()} "})
    assert reference in words(page)
    assert other not in words(page)
    assert "Nothing of this reference" in admin.get("/admin/failures", {"q": "LT-22222"})


def test_try_again_puts_the_job_into_the_queue_and_the_page_shows_how_it_went(
    admin: Browser, services: Services, clock: ManualClock
) -> None:
    reference = fail(services)
    clock.advance(dt.timedelta(minutes=1))
    page = admin.send(f"/admin/failures/{reference}/retry", status=303).follow()
    assert "is tried again now" in page
    assert services.jobs.drain() == 1
    assert words(admin.get("/admin/failures", {"q": reference}), ".failures .st") == "Settled"


def test_only_known_jobs_are_tried_again(admin: Browser, services: Services) -> None:
    reference = fail(services, about=failures.About("mystery", "os.system", {"command": "ls"}))
    assert "Try again" not in admin.get("/admin/failures")
    assert "cannot be tried again" in admin.send(f"/admin/failures/{reference}/retry", status=303).follow()
    assert services.jobs.drain() == 0
    admin.send("/admin/failures/LT-22222/retry", status=404)


def test_an_admin_settles_one_by_hand(admin: Browser, services: Services) -> None:
    reference = fail(services)
    assert f"{reference} is settled" in admin.send(f"/admin/failures/{reference}/settle", status=303).follow()
    assert "Nothing is open" in admin.get("/admin/failures")
    assert reference in admin.get("/admin/failures?show=settled")
    assert "was settled already" in admin.send(f"/admin/failures/{reference}/settle", status=303).follow()


def test_the_list_comes_a_page_at_a_time_and_by_connection(admin: Browser, services: Services, books: Books) -> None:
    other = books.connect_another("Second Company")
    for number in range(30):
        failures.note(services, 1 if number else other, failures.About(f"deed {number}"), AWAY)
    assert len(admin.get("/admin/failures").html.select(".failures > li")) == 25
    assert len(admin.get("/admin/failures?page=2").html.select(".failures > li")) == 5
    assert len(admin.get(f"/admin/failures?connection={other}").html.select(".failures > li")) == 1
    for odd in ("page=x", "page=-1", "connection=zz", "show=%00", "q=%27"):
        admin.get(f"/admin/failures?{odd}", status=200)


def test_what_is_old_is_forgotten(admin: Browser, services: Services, clock: ManualClock) -> None:
    fail(services)
    clock.advance(failures.KEPT - dt.timedelta(days=1))
    jobs.tidy(services)
    assert len(rows(services)) == 1
    clock.advance(dt.timedelta(days=2))
    jobs.tidy(services)
    assert rows(services) == []


def test_who_may_not_read_the_words_gets_the_sentence_and_a_reference_for_support(
    services: Services, books: Books, log_in: LogIn
) -> None:
    reference = fail(services)
    for role, reads in (("sales", False), ("accounts", True), ("admin", True)):
        page = log_in(role).get(books.tab("organization"))
        assert ("The toy company is away." in page, reference in page, WORDS in page) == (True, True, reads), role
    log_in("accounts").get("/admin/failures", status=403)
    assert log_in("sales").get("/").html.select('nav a[href="/admin/failures"]') == []


def queued(admin: Browser, services: Services, books: Books) -> Draft:
    """A draft that was claimed by the job that sends it."""
    form = admin.get(f"{books.tab('opportunity')}/draft").follow().forms["draft-form"]
    form.submit("action", value="save", status=303)
    row = sending._claim(services, DEED, 1, ())
    assert row is not None
    return row


@pytest.mark.parametrize(
    ("error", "job"),
    [
        (AWAY, "accounting.send_draft"),
        (Rejected("The date is locked.", detail=WORDS), ""),
        (OutcomeUnknown("No answer came."), "accounting.look_up_draft"),
    ],
)
def test_a_draft_that_fails_is_told_with_its_record_and_the_job_that_goes_on(
    admin: Browser, services: Services, books: Books, error: ProviderError, job: str
) -> None:
    row = queued(admin, services, books)
    sending._failed(services, DEED, row, error)
    told = rows(services)[-1]
    assert (told.deed, told.job, told.arguments) == ("draft", job, {"intent_id": row.id})
    assert (told.kind, told.record_id, told.user_id) == ("opportunities", 1, row.created_by)


def test_the_page_of_a_draft_names_the_reference(admin: Browser, services: Services, books: Books) -> None:
    row = queued(admin, services, books)
    sending._failed(services, DEED, row, AWAY)
    reference = rows(services)[-1].reference
    assert reference in words(admin.get(f"/accounting/drafts/{row.key}"))


def test_a_search_in_vain_names_the_reference(admin: Browser, services: Services, books: Books, log_in: LogIn) -> None:
    with services.db.begin() as session:
        session.query(Connection).one().state = "disconnected"
    page = log_in("sales").get(f"{books.tab('organization')}/search?q=harbour&connection=1")
    told = rows(services)[-1]
    assert told.deed == "search"
    assert told.reference in words(page)
    assert "Ask an admin to reconnect" in words(page)
    assert words(form_of(page).submit()).count("Reference for support") == 1


def test_what_somebody_changed_meanwhile_is_no_failure(admin: Browser, services: Services, books: Books) -> None:
    row = queued(admin, services, books)
    sending._failed(services, DEED, row, Stale("It was changed meanwhile."))
    assert rows(services) == []


def test_giving_a_refused_draft_up_settles_what_failed_of_it(admin: Browser, services: Services, books: Books) -> None:
    row = queued(admin, services, books)
    other = failures.note(services, 1, failures.About("new_party", "", {"intent_id": row.id}), AWAY)
    sending._failed(services, DEED, row, Rejected("The date is locked."))
    admin.send(f"/accounting/drafts/{row.key}/delete", status=303)
    assert [one.reference for one in rows(services) if one.settled_at is None] == [other]
