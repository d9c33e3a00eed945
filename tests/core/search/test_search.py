"""One search box: forgiving of accents, order and typing errors, the best first, and never a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.records.models import Contact
from core.records.ways import Way
from core.search import Entry, SearchSource, storage
from core.search.following import FOLLOWED_AT_ONCE, rebuild
from core.search.indexing import drop, index, put
from core.search.models import SearchEntry
from core.search.words import mark, read
from core.services import Services
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words

HOSTILE = (
    '"', "'", '""', "a AND", "NOT", "NEAR(a b)", "text:x", "-", "*", "a*", "^ a", "$", "%", "_%_", "\\", "(", "{}",
    "\x00", "a\x00b", "🎉", "🎉🎉🎉 ☕", "مرحبا بالعالم", "\u202eabc", "ab", "a", " ", "%00", "'; DROP TABLE users; --",
    "x" * 10_000, "word " * 2_000, "1" * 300, "+64 (0)4 385-1174", "@", "@@@", "a@", "王", "王明",
    "ﬀ", "İstanbul",
)  # fmt: skip


def found(browser: Browser, text: str) -> list[str]:
    """The titles on the page of the search, in order."""
    page = browser.get("/search", {"q": text})
    return [" ".join(link.get_text().split()) for link in page.html.select(".hits a")]


@pytest.fixture
def reader(log_in: LogIn) -> Browser:
    return log_in("reader")


def test_accents_capitals_and_the_order_of_words_make_no_difference(reader: Browser, make: Make) -> None:
    tui = make("organizations", name="Tūī Straße Đorđe Øl", city="Kraków", tags=("Wholesale",), tax_number="NZ 12-345")
    ways = (Way("Private", "h.w@home.example"),), (Way("Mobile", "+64 21 555-123"),)
    make("contacts", first_name="Hana", last_name="O'Whitiora", organization_id=tui, more_emails=ways[0],
         phone="04 801 4420", more_phones=ways[1])  # fmt: skip
    for text in ("tui", "TUI strasse", "dorde ol", "øl TŪĪ", "krakow", "olesal", "12-345"):
        assert "Tūī Straße Đorđe Øl" in found(reader, text), text
    for text in ("whitiora hana", "owhit", "O'Whi", "h.w@home", "home example", "048014420", "04 801", "4420",
                 "+64 21 555", "021 555 123", "tui hana", "ha"):  # fmt: skip
        assert "Hana O'Whitiora" in found(reader, text), text
    assert found(reader, "hana kraków") == []


def test_the_best_come_first_and_among_equals_what_changed_last(reader: Browser, make: Make) -> None:
    for name in ("The Mill", "Old Milling", "Treadmills", "Millers", "Mill", "Milliner"):
        make("organizations", name=name)
    assert found(reader, "mill") == ["Mill", "Milliner", "Millers", "Old Milling", "The Mill", "Treadmills"]
    options = reader.get("/search/suggest", {"q": "mill"}).html.select("[role=option]")
    assert [option.b.get_text() for option in options][:2] == ["Mill", "Milliner"]
    assert options[0]["href"] == "/organizations/5"


def test_a_typing_error_finds_what_is_similar_and_says_so(reader: Browser, make: Make) -> None:
    make("contacts", first_name="Daniel", last_name="Koroma")
    make("organizations", name="Harbour Coffee Roasters")
    people = (("koromma", "Daniel Koroma"), ("daneil koroma", "Daniel Koroma"))
    homes = (("habour", "Harbour Coffee Roasters"), ("harbor cofee", "Harbour Coffee Roasters"))
    for text, title in (*people, *homes):
        page = reader.get("/search", {"q": text})
        assert "Nothing found" in words(page), text
        assert words(page).endswith(f"Similar {title} {'contact' if 'Dan' in title else 'organization'}"), text
    assert found(reader, "xylophone") == []


@pytest.mark.parametrize("path", ["/search", "/search/suggest", "/contacts/choices"])
def test_nothing_that_can_be_typed_makes_a_fault(reader: Browser, make: Make, path: str) -> None:
    make("contacts", first_name='A "quoted" 100%', last_name="_under\\score")
    for text in HOSTILE:
        reader.get(path, {"q": text}, status=200)


def test_the_index_follows_what_happens_to_a_record(log_in: LogIn, reader: Browser) -> None:
    sales = log_in("sales")
    form = form_of(sales.get("/organizations/new"))
    form["name"] = "Old Mill Bakery"
    path = form.submit(status=303).location
    assert found(reader, "bakery") == ["Old Mill Bakery"]
    form = form_of(sales.get(f"{path}/edit"))
    form["name"] = "New Mill Brewery"
    form.submit(status=303)
    assert found(reader, "bakery") == []
    assert found(reader, "brewery") == ["New Mill Brewery"]
    form_of(sales.get(f"{path}/delete")).submit(status=303)
    assert found(reader, "brewery") == []
    sales.send(f"/bin{path.removeprefix('http://localhost')}/restore", status=303)
    assert found(reader, "brewery") == ["New Mill Brewery"]


@pytest.mark.parametrize("people", [2, FOLLOWED_AT_ONCE + 1])
def test_people_are_found_by_the_new_name_of_their_organization(
    log_in: LogIn, make: Make, services: Services, people: int
) -> None:
    mill = make("organizations", name="Old Mill Bakery")
    with services.db.begin() as session:
        values = {"last_name": "Parata", "organization_id": mill}
        now = services.clock.now()
        session.add_all(Contact(**values, created_at=now, changed_at=now) for _ in range(people))
        session.flush()
        index(session, "contacts", session.scalars(select(Contact.id)).all())
    sales = log_in("sales")
    form = form_of(sales.get(f"/organizations/{mill}/edit"))
    form["name"] = "Brewery"
    form.submit(status=303)
    assert services.jobs.drain() == (people > FOLLOWED_AT_ONCE)
    with services.db.read() as session:
        count = select(func.count()).select_from(SearchEntry).where(SearchEntry.text.contains("brewery"))
        assert session.scalar(count) == people + 1


def _notes(session: Session, kind: str, ids: Sequence[int]) -> Iterator[Entry]:
    yield from (
        Entry("calls", kind, number, "Call", (f"They asked about grinders {number}",), item_id=7) for number in ids
    )


@pytest.mark.slow
def test_a_room_has_its_notes_found_with_a_link_to_their_record(
    app: object, log_in: LogIn, make: Make, services: Services
) -> None:
    source = SearchSource("calls", "Calls", _notes, right="audit.see", tab="/activity")
    app.registry.search_sources.append(source)  # type: ignore[attr-defined]
    contact = make("contacts", first_name="Mere")
    assert rebuild(services.db, [source]) == (1, True)
    page = log_in("admin").get("/search", {"q": "grinders"})
    assert words(page, ".card h2") == "Calls"
    assert page.html.select_one(".hits a")["href"] == f"/contacts/{contact}/activity"
    assert found(log_in("reader"), "grinders") == []
    with services.db.begin() as session:
        drop(session, "calls", [7])
        put(session, [Entry("calls", "contacts", contact, "Call", ("About kettles",), item_id=7)])
    assert found(log_in("admin"), "grinders") == []
    log_in("sales").send(f"/contacts/{contact}/delete", {"version": "1"}, status=303)
    assert found(log_in("admin"), "kettles") == []


@pytest.mark.slow
def test_without_the_right_to_the_extension_searching_goes_on(services: Services, make: Make, log_in: LogIn) -> None:
    make("contacts", first_name="Mere")
    with services.db.begin() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"DROP INDEX {storage.GIN}")
            assert not storage.make_index(connection, extension="is_not_there")
    assert found(log_in("reader"), "mere") == ["Mere"]


@pytest.mark.slow
def test_what_matched_is_marked_in_the_text_as_it_is_written() -> None:
    assert mark("<b>Tūī & Straße", read("strasse tui")) == "&lt;b&gt;<mark>Tūī</mark> &amp; <mark>Straße</mark>"
    assert mark("plain", read("🎉")) == "plain"
