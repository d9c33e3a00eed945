"""A new contact from a record: made once, linked, offered when it is there already."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from core import ManualClock
from core.accounting import failures, parties, sending
from core.accounting.models import Connection, NewPartyIntent, PartyLink, PartyRow
from core.audit.models import AuditEntry
from core.records.models import Contact
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser, LogIn
from tests.core.accounting.drafting import draft_form, fields_of, key_in, open_form
from tests.story.conftest import Connect

pytestmark = pytest.mark.slow
WRITES: dict[str, Any] = {"method": "PUT", "path": "/api.xro/2.0/Contacts"}


@pytest.fixture
def sales(connect: Connect, log_in: LogIn) -> Browser:
    """A sales person's browser; the organisation is connected."""
    connect()
    return log_in("sales")


@pytest.fixture
def ngaio(services: Services, clock: ManualClock) -> str:
    """The address of a person that the books do not know."""
    person = Contact(first_name="Ngaio", last_name="Blackwood", email="ngaio@blackwood.example")
    person.created_at = person.changed_at = clock.now()
    with services.db.begin() as session:
        session.add(person)
        session.flush()
        return person.path


def form_of(page: Any) -> Any:
    return next(form for form in page.forms.values() if form.action.endswith("/new-party"))


def filled(sales: Browser, record: str, **fields: str) -> Any:
    form = form_of(sales.get(f"{record}/tabs/xero/new-party"))
    for name, value in fields.items():
        form[name] = value
    return form


def named(sandbox: Sandbox, name: str) -> list[dict[str, Any]]:
    return [one for one in sandbox.records("Contacts") if one["Name"] == name]


def puts(sandbox: Sandbox) -> int:
    return sandbox.calls.counts().get("PUT /api.xro/2.0/Contacts", 0)


def pass_time(services: Services, clock: ManualClock, seconds: int) -> None:
    for _ in range(0, seconds, 15):
        clock.advance(seconds=15)
        sending.sweep(services, parties.DEED)
        services.jobs.drain()


def test_the_form_shows_what_will_be_copied(sales: Browser, ngaio: str) -> None:
    form = filled(sales, ngaio)
    assert (form["name"].value, form["first_name"].value) == ("Ngaio Blackwood", "Ngaio")
    assert form["email"].value == "ngaio@blackwood.example"


def test_a_new_contact_is_made_linked_and_audited(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    answer = filled(sales, ngaio, phone="+64 9 555 0100").submit(status=303)
    assert "is being made in Kererū Trading" in answer.follow()
    services.jobs.drain()
    (contact,) = named(sandbox, "Ngaio Blackwood")
    assert contact["EmailAddress"] == "ngaio@blackwood.example"
    landed = sales.get(answer.location, status=303)
    assert landed.location.endswith(f"{ngaio}/tabs/xero")
    page = landed.follow()
    assert "is in Kererū Trading and linked" in page
    assert "Linked to" in page
    with services.db.read() as session:
        assert session.scalars(select(PartyLink)).one().party_id == contact["ContactID"]
        assert (
            session.scalars(select(PartyRow).filter_by(party_id=contact["ContactID"])).one().name == "Ngaio Blackwood"
        )
        assert {"party made", "party linked"} <= set(session.scalars(select(AuditEntry.deed)))


def test_a_double_click_makes_one_contact(sales: Browser, services: Services, sandbox: Sandbox, ngaio: str) -> None:
    fields = fields_of(filled(sales, ngaio), "")
    for _ in range(2):
        sales.post(f"{ngaio}/tabs/xero/new-party", fields, status=303)
    services.jobs.drain()
    sales.post(f"{ngaio}/tabs/xero/new-party", fields, status=303)
    services.jobs.drain()
    assert len(named(sandbox, "Ngaio Blackwood")) == 1
    assert puts(sandbox) == 1


def test_a_lost_answer_is_found_by_the_name(sales: Browser, services: Services, sandbox: Sandbox, ngaio: str) -> None:
    sandbox.faults.add("drop-after", times=1, **WRITES)
    filled(sales, ngaio).submit(status=303)
    services.jobs.drain()
    assert len(named(sandbox, "Ngaio Blackwood")) == 1
    assert puts(sandbox) == 1
    with services.db.read() as session:
        assert session.scalars(select(NewPartyIntent)).one().state == "made"
        assert len(session.scalars(select(PartyLink)).all()) == 1


def test_a_contact_that_never_arrived_is_sent_again_after_the_margin(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str, clock: ManualClock
) -> None:
    sandbox.faults.add("drop-before", times=1, **WRITES)
    answer = filled(sales, ngaio).submit(status=303)
    services.jobs.drain()
    assert "We do not know yet" in sales.get(answer.location)
    assert named(sandbox, "Ngaio Blackwood") == []
    pass_time(services, clock, 120)
    assert len(named(sandbox, "Ngaio Blackwood")) == 1
    assert puts(sandbox) == 2


def test_another_of_the_name_found_after_a_lost_answer_is_offered_never_linked(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    """The answer was lost and the name was taken all along: its e-mail says that it is not the one we sent."""
    sandbox.faults.add("drop-before", times=1, **WRITES)
    answer = filled(sales, ngaio, name="Harbour Coffee Roasters Ltd", email="other@elsewhere.example").submit(
        status=303
    )
    services.jobs.drain()
    with services.db.read() as session:
        assert session.scalars(select(PartyLink)).all() == []
        assert session.scalars(select(NewPartyIntent)).one().state == "refused"
    assert "has Harbour Coffee Roasters Ltd already" in sales.get(answer.location).follow()


def test_a_name_that_is_taken_offers_the_one_that_has_it(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    answer = filled(sales, ngaio, name="Harbour Coffee Roasters Ltd").submit(status=303)
    services.jobs.drain()
    page = sales.get(answer.location).follow()
    assert "Kererū Trading has Harbour Coffee Roasters Ltd already." in page
    assert form_of(page)["name"].value == "Harbour Coffee Roasters Ltd"
    link = next(form for form in page.forms.values() if form.action.endswith("/link"))
    done = link.submit(status=303).follow()
    assert done.location.endswith(f"{ngaio}/tabs/xero")
    with services.db.read() as session:
        wanted = sandbox.contact_id("Harbour Coffee Roasters Ltd")
        assert session.scalars(select(PartyLink)).one().party_id == wanted
    assert len(named(sandbox, "Harbour Coffee Roasters Ltd")) == 1


def test_linking_the_one_that_has_the_name_settles_what_failed_before(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    sandbox.faults.add("drop-before", times=1, **WRITES)
    form = filled(sales, ngaio, name="Harbour Coffee Roasters Ltd", email="other@elsewhere.example")
    page = sales.get(form.submit(status=303).location)
    services.jobs.drain()
    with services.db.read() as session:
        assert failures.open_count(session) == 1
    page = sales.get(page.request.path).follow()
    next(form for form in page.forms.values() if form.action.endswith("/link")).submit(status=303)
    with services.db.read() as session:
        assert failures.open_count(session) == 0


def test_a_taken_name_can_be_changed_and_sent_again(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    answer = filled(sales, ngaio, name="Harbour Coffee Roasters Ltd").submit(status=303)
    services.jobs.drain()
    form = form_of(sales.get(answer.location).follow())
    form["name"] = "Harbour Coffee Roasters (Ngaio)"
    form.submit(status=303)
    services.jobs.drain()
    assert len(named(sandbox, "Harbour Coffee Roasters (Ngaio)")) == 1
    keys = [call.headers["idempotency-key"] for call in sandbox.calls.all() if call.method == "PUT"]
    assert keys == [key_in(answer.location), f"{key_in(answer.location)}-2"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "   ", "Write the name"),
        ("name", "N" * 256, "at most 255 characters"),
        ("email", "not an address", "name@example.com"),
        ("phone", "1" * 51, "at most 50 characters"),
        ("city", "Wai\x07heke", "cannot be shown"),
    ],
)
def test_bad_input_comes_back_as_typed_with_a_sentence_at_its_field(
    sales: Browser, sandbox: Sandbox, ngaio: str, field: str, value: str, sentence: str
) -> None:
    form = filled(sales, ngaio, **{field: value})
    page = form.submit(status=422)
    assert sentence in page.html.find(id=f"{field}-error").get_text()
    assert form_of(page)[field].value == value
    assert puts(sandbox) == 0


def test_a_form_without_its_key_is_not_sent_and_keeps_what_was_typed(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    fields = {**dict(fields_of(filled(sales, ngaio, city="Wellington"), "")), "key": "none"}
    page = sales.post(f"{ngaio}/tabs/xero/new-party", fields, status=422)
    assert "was not sent" in page
    assert form_of(page)["city"].value == "Wellington"
    form_of(page).submit(status=303)
    services.jobs.drain()
    assert len(named(sandbox, "Ngaio Blackwood")) == 1


def test_a_second_click_after_a_refusal_sends_nothing_again(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    form = filled(sales, ngaio, name="Harbour Coffee Roasters Ltd")
    for _ in range(2):
        answer = form.submit(status=303)
        services.jobs.drain()
    assert puts(sandbox) == 1
    assert "has Harbour Coffee Roasters Ltd already" in sales.get(answer.location).follow()


def test_a_form_from_before_a_change_is_shown_again_with_what_was_typed(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    stale = filled(sales, ngaio, name="Harbour Coffee Roasters Ltd")
    answer = stale.submit(status=303)
    services.jobs.drain()
    stale["name"] = "Ngaio Blackwood Builders"
    page = stale.submit(status=409)
    assert "It changed after this form was opened" in page
    assert form_of(page)["name"].value == "Ngaio Blackwood Builders"
    assert puts(sandbox) == 1
    form_of(page).submit(status=303)
    services.jobs.drain()
    assert len(named(sandbox, "Ngaio Blackwood Builders")) == 1
    stale["name"] = "Once more"
    page = stale.submit(status=409)
    assert "This form was sent before, as Ngaio Blackwood Builders" in page
    assert form_of(page)["key"].value != key_in(answer.location)


def test_a_name_that_nobody_can_see_is_none(sales: Browser, sandbox: Sandbox, ngaio: str) -> None:
    page = filled(sales, ngaio, name="\u200b\u00a0").submit(status=422)
    assert "Write the name" in page.html.find(id="name-error").get_text()


def test_names_in_emoji_and_html_are_just_text(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    name = "<b>Hana</b> & Söhne 🦜"
    answer = filled(sales, ngaio, name=name).submit(status=303)
    assert "<b>Hana" not in answer.follow()
    services.jobs.drain()
    assert len(named(sandbox, name)) == 1


def test_made_from_a_draft_it_leads_back_to_the_draft(
    sales: Browser, services: Services, sandbox: Sandbox, refit: str
) -> None:
    page = open_form(sales, refit)
    form = draft_form(page)
    form["lines-0-description"] = "Typed before"
    away = form.submit("action", value="new-party", status=303).follow()
    answer = form_of(away).submit(status=303)
    services.jobs.drain()
    back = sales.get(answer.location, status=303)
    form = draft_form(back.follow())
    assert form["lines-0-description"].value == "Typed before"
    assert form["party"].value == sandbox.contact_id("Roastery refit, stage 1")


def test_it_leads_nowhere_else(sales: Browser, ngaio: str) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/accounting/drafts/x/edit"):
        page = sales.get(f"{ngaio}/tabs/xero/new-party", {"next": wanted})
        assert form_of(page)["next"].value == ""


def test_who_may_not_link_makes_no_contact(connect: Connect, log_in: LogIn, sandbox: Sandbox, ngaio: str) -> None:
    connect()
    reader = log_in("reader")
    reader.get(f"{ngaio}/tabs/xero/new-party", status=403)
    reader.send(f"{ngaio}/tabs/xero/new-party", {"name": "X"}, status=403)
    assert puts(sandbox) == 0


def test_one_taken_back_or_made_after_its_record_was_deleted_leads_to_the_list_and_says_so(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    answers = [filled(sales, ngaio, name=name).submit(status=303) for name in ("Ngaio One", "Ngaio Two")]
    sales.send(f"{ngaio}/delete", {"version": "1"}, status=303)
    at = [answer.location.removeprefix("http://localhost") for answer in answers]
    sales.send(f"{at[1]}/back", status=303)
    services.jobs.drain()
    told = [sales.get(one, status=303).follow() for one in at]
    assert "Ngaio One is there, and linked to nothing (Kererū Trading)" in told[0]
    assert "Ngaio Two was not made there" in told[1]
    with services.db.begin() as session:
        session.execute(update(NewPartyIntent).where(NewPartyIntent.state == "open").values(in_doubt=True))
    assert "Ngaio Two may be there, and is linked to nothing" in sales.get(at[1], status=303).follow()
    assert sales.get(f"{at[1]}/edit", status=303).location.endswith(at[1])
    assert [len(named(sandbox, name)) for name in ("Ngaio One", "Ngaio Two")] == [1, 0]


def allow_refs(services: Services) -> None:
    with services.db.begin() as session:
        session.execute(update(Connection).values(record_refs=True))


def test_the_number_of_the_record_is_sent_only_where_the_admin_allows_it(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    filled(sales, ngaio).submit(status=303)
    services.jobs.drain()
    assert not named(sandbox, "Ngaio Blackwood")[0].get("ContactNumber")
    allow_refs(services)
    filled(sales, ngaio, name="Ngaio Blackwood Builders").submit(status=303)
    services.jobs.drain()
    assert named(sandbox, "Ngaio Blackwood Builders")[0]["ContactNumber"] == ngaio.strip("/")
    filled(sales, ngaio, name="Ngaio Blackwood Roofers").submit(status=303)
    services.jobs.drain()
    assert not named(sandbox, "Ngaio Blackwood Roofers")[0].get("ContactNumber"), "one contact carries it, no second"


def test_a_number_that_cannot_be_typed_is_not_taken_from_a_form(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    fields = [*fields_of(filled(sales, ngaio), ""), ("record_ref", "organizations/1")]
    sales.post(f"{ngaio}/tabs/xero/new-party", fields, status=303)
    services.jobs.drain()
    assert not named(sandbox, "Ngaio Blackwood")[0].get("ContactNumber")


def test_a_number_that_another_contact_carries_is_left_out_at_the_second_press(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    """The index did not know it yet: somebody gave the number to another contact a moment ago."""
    allow_refs(services)
    other = sandbox.contact_id("Harbour Coffee Roasters Ltd")
    sandbox.deeds.change_contact(other, ContactNumber=ngaio.strip("/"))
    answer = filled(sales, ngaio).submit(status=303)
    services.jobs.drain()
    page = sales.get(answer.location).follow()
    assert "carries the number of this record already" in page
    form_of(page).submit(status=303)
    services.jobs.drain()
    (made,) = named(sandbox, "Ngaio Blackwood")
    assert not made.get("ContactNumber")


def test_the_one_with_the_name_is_offered_though_it_is_spaced_and_capitalised_otherwise(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    answer = filled(sales, ngaio, name=" harbour COFFEE roasters ltd ").submit(status=303)
    services.jobs.drain()
    assert "has Harbour Coffee Roasters Ltd already." in sales.get(answer.location).follow()
    assert len(named(sandbox, "Harbour Coffee Roasters Ltd")) == 1


def test_the_name_of_an_archived_contact_is_free_there(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    sandbox.deeds.archive_contact(sandbox.contact_id("Harbour Coffee Roasters Ltd"))
    with services.db.read() as session:
        number = session.scalars(select(Connection.id)).one()
    services.jobs.enqueue("accounting.refresh", connection_id=number, force=True)
    services.jobs.drain()
    filled(sales, ngaio, name="Harbour Coffee Roasters Ltd").submit(status=303)
    services.jobs.drain()
    states = sorted(one["ContactStatus"] for one in named(sandbox, "Harbour Coffee Roasters Ltd"))
    assert states == ["ACTIVE", "ARCHIVED"]


def test_the_form_says_who_has_the_name_already_the_archived_ones_too(
    sales: Browser, services: Services, sandbox: Sandbox, clock: ManualClock, harbour: str
) -> None:
    page = sales.get(f"{harbour}/tabs/xero/new-party")
    assert "Kererū Trading has Harbour Coffee Roasters Ltd already." in page
    next(form for form in page.forms.values() if form.action.endswith("/link")).submit(status=303)
    with services.db.read() as session:
        wanted = sandbox.contact_id("Harbour Coffee Roasters Ltd")
        assert session.scalars(select(PartyLink)).one().party_id == wanted


def test_in_place_it_is_the_same_form_and_its_state(
    sales: Browser, services: Services, sandbox: Sandbox, ngaio: str
) -> None:
    """With scripts the tab gives way to the form, the form to its state, and that leads to the tab when it is made."""
    tab = f"{ngaio}/tabs/xero"
    link = sales.get(tab).html.find("a", string="New Xero contact")
    assert (link["href"], link["hx-target"], link["hx-select"]) == (link["hx-get"], "#accounting-tab", "#new-party")
    form = filled(sales, ngaio)
    held = sales.get(f"{tab}/new-party").html.find(id="new-party").find("form", attrs={"hx-post": True})
    assert held["hx-select"] == "#new-party, #new-party-state"
    answer = form.submit(status=303, headers={"HX-Request": "true"})
    state = sales.get(answer.location, headers={"HX-Request": "true"})
    assert state.text.strip().startswith('<section id="new-party-state"')
    services.jobs.drain()
    assert sales.get(answer.location, headers={"HX-Request": "true"}).headers["HX-Redirect"] == tab
