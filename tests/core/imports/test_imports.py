"""A file becomes records: columns by their names, values by the rules of the forms, duplicates as chosen."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from core import ManualClock
from core.audit.models import AuditEntry
from core.imports import jobs
from core.imports.models import Import
from core.imports.writing import write_piece
from core.jobs.periodic import tick
from core.records.custom import CustomFieldRow
from core.records.hiding import WITH
from core.records.models import Contact, Organization
from core.services import Services
from core.users.models import User
from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.imports.conftest import Importer, columns_form
from tests.core.pages import words

PEOPLE = "First name,Last name,E-mail\n"


def people(first: int, last: int) -> str:
    return "".join(f"Nr,Person {n},p{n}@example.com\n" for n in range(first, last))


def test_contacts_come_in_with_all_that_their_columns_say(sales: Importer, services: Services) -> None:
    with services.db.begin() as session:
        session.add(CustomFieldRow(kind="contacts", key="since", label="Customer since", style="date"))
        session.add(CustomFieldRow(kind="contacts", key="vip", label="VIP", style="yesno"))
        owner = session.scalar(select(User.id).where(User.login == "accounts"))
    text = (
        "Name;Firma;E-Mail;E-mail 2;Mobile;Tags;Owner;Customer since;VIP;Ort;Whatever\n"
        "Mere Parata;Old Mill Bakery;mere@mill.example;m@x.example, mp@y.example;021 1;Wholesale, Café;"
        "Tom Fielding;30.11.2025;x;Köln;'=1+1\n"
    )
    row = sales.bring(text.encode("cp1252"))
    assert (row.state, row.made, row.refused, row.encoding, row.delimiter) == ("done", 1, 0, "cp1252", ";")
    (mere,) = sales.stored()
    (mill,) = sales.stored("organizations")
    assert (mere.first_name, mere.last_name, mere.email, mere.city) == ("Mere", "Parata", "mere@mill.example", "Köln")
    assert mere.organization_id == mill.id
    assert mill.name == "Old Mill Bakery"
    assert [way.value for way in mere.more_emails] == ["m@x.example", "mp@y.example"]
    assert [way.value for way in mere.more_phones] == ["021 1"]
    assert mere.tags == ("Café", "Wholesale")
    assert mere.owner_id == mill.owner_id == owner
    assert mere.custom == {"since": "2025-11-30", "vip": True}
    assert "Mere Parata" in words(sales.browser.get(f"{row.path}/made"))
    assert "Imported" in words(sales.browser.get("/imports"))


def test_deals_come_in_with_numbers_dates_and_stages_of_other_countries(sales: Importer, make: Make) -> None:
    mill = make("organizations", name="Old Mill Bakery")
    mere = make("contacts", first_name="Mere", last_name="Parata", email="mere@mill.example")
    text = (
        "Deal,Company,Contact,Betrag,Stage,Close date,Currency,Reason\n"
        'Ovens,old mill bakery,mere@MILL.example,"1.234,50",proposal,31/12/2026,eur,\n'
        'Mixers,Old Mill Bakery,Mere Parata,"€ 20,00",,1/2/2027,,\n'
        'Scales,Old Mill Bakery,Nobody Known,"1,234.50",Wonderful,31/31/2027,XXX,\n'
        "Ladles,Old Mill Bakery,,5,Lost,,,\n"
    )
    row = sales.bring(text, "opportunities", currency="USD")
    ovens, mixers = sales.stored("opportunities")
    assert (ovens.organization_id, ovens.contact_id, ovens.amount) == (mill, mere, Decimal("1234.50"))
    assert (ovens.stage, ovens.close_date, ovens.currency, ovens.probability) == (
        "Proposal",
        dt.date(2026, 12, 31),
        "EUR",
        50,
    )
    assert (mixers.amount, mixers.stage, mixers.close_date) == (Decimal("20.00"), "New", dt.date(2027, 2, 1))
    assert (mixers.currency, mixers.contact_id) == ("USD", mere)
    page = words(sales.browser.get(row.path))
    for sentence in (
        "Contact: No contact is called Nobody Known.",
        "Amount: Write a number such as 1.234,50",
        "Stage: Choose one of the list.",
        "Currency: Choose one of the list.",
        "Expected close: Write a date such as 30/11/2026",
        "Reason: Write why it was lost.",
    ):
        assert sentence in page


def test_what_a_form_would_refuse_is_refused_at_its_cell(sales: Importer) -> None:
    hostile = "<script>alert(1)</script>"
    text = (
        f"{PEOPLE.strip()},Notes\nAna,{'x' * 10_000},ana@example.com,\n,,only@example.com,\nRua,Rangi,not an address,\n"
        f'Tia,Lee,tia@example.com,"{hostile}",too,many\n{hostile},=cmd(),h@example.com,\n'
    )
    page = sales.check(text)
    shown = words(page)
    for sentence in ("Write at most 100 characters.", "Write a first name or a last name.", "Write one e-mail address"):
        assert sentence in shown
    assert "There are 6 cells for 4 columns" in shown
    assert hostile not in page
    assert sales.stored() == []
    row = sales.bring(text)
    assert (row.made, row.refused) == (1, 4)
    assert [record.last_name for record in sales.stored()] == ["=cmd()"]
    for path in (row.path, f"{row.path}/made", "/imports"):
        assert hostile not in sales.browser.get(path)


@pytest.mark.slow
def test_a_killed_worker_goes_on_where_it_was(
    sales: Importer, services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PIECE", 10)
    page = sales.check(PEOPLE + people(0, 35), duplicates="new")
    next(form for form in page.forms.values() if form.action.endswith("/start")).submit(status=303)
    done = 0

    def killed(*arguments: Any) -> None:
        nonlocal done
        done += 1
        if done == 3:
            raise SystemExit("killed")
        write_piece(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "write_piece", killed)
        with pytest.raises(SystemExit):
            services.jobs.drain()
    assert (sales.row().position, len(sales.stored())) == (20, 20)
    tick(services)
    services.jobs.drain()  # the lease is still held
    assert len(sales.stored()) == 20
    clock.advance(jobs.LEASE + dt.timedelta(minutes=1))
    tick(services)
    services.jobs.drain()
    assert [one.email for one in sales.stored()] == [f"p{n}@example.com" for n in range(35)]
    assert (sales.row().state, sales.row().made) == ("done", 35)


@pytest.mark.slow
def test_two_workers_never_run_one_import(sales: Importer, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "PIECE", 10)
    page = sales.check(PEOPLE + people(0, 25), duplicates="new")
    next(form for form in page.forms.values() if form.action.endswith("/start")).submit(status=303)
    number, done = sales.row().id, []

    def meanwhile(session: Any, kind: str, ids: Any, new: bool) -> None:
        done.append(len(ids))
        if len(done) == 1:
            services.jobs.enqueue(jobs.JOB, import_id=number)

    followers = jobs.Followers((), (), [meanwhile])
    jobs.work(services, followers, number)
    services.jobs.drain()
    assert done == [10, 10, 5]
    assert len(sales.stored()) == 25
    with services.db.begin() as session:
        row = session.get_one(Import, number)
        row.state, row.position = "running", 0
    other = jobs.Worker(services, followers, number, "a lease that ran out", "running")
    with pytest.raises(jobs.NotOurs):
        other.run()
    assert len(sales.stored()) == 25


@pytest.mark.slow
def test_what_fails_again_and_again_stops_with_a_sentence(
    sales: Importer, services: Services, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = sales.check(PEOPLE + people(0, 5))
    next(form for form in page.forms.values() if form.action.endswith("/start")).submit(status=303)

    def broken(*arguments: Any) -> None:
        raise RuntimeError("a full disk, say")

    monkeypatch.setattr(jobs, "write_piece", broken)
    for _ in range(jobs.MOST_FAILURES):
        services.jobs.drain()
        clock.advance(dt.timedelta(minutes=1))
        tick(services)
    assert sales.row().state == "failed"
    assert "Something broke" in words(sales.browser.get(sales.row().path))


@pytest.mark.slow
def test_cancelling_keeps_what_is_there_and_undoing_takes_it_back(
    sales: Importer, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PIECE", 10)
    page = sales.check("First name,Last name,E-mail,Company\n" + people(0, 30).replace("\n", ",Mill\n"))
    row = sales.row()
    next(form for form in page.forms.values() if form.action.endswith("/start")).submit(status=303)

    def then_cancelled(session: Any, one: Import, *rest: Any) -> None:
        write_piece(session, one, *rest)
        one.lease = "taken away"  # what a cancel does between two pieces: the next finds the import not its own
        one.state = "cancelled"

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "write_piece", then_cancelled)
        services.jobs.drain()
    assert "It was stopped after 10 of 30 rows." in words(sales.browser.get(row.path))
    first = sales.stored()[0]
    sales.browser.send(f"{first.path}/edit", {"first_name": "Changed", "version": "1"}, status=303)
    sales.browser.send(f"{row.path}/undo", status=303)
    sales.browser.send(f"{row.path}/undo", status=303)
    services.jobs.drain()
    assert [one.first_name for one in sales.stored()] == ["Changed"]
    assert sales.stored("organizations") == []
    page = words(sales.browser.get(row.path))
    assert "10 are in the bin" in page
    assert "1 was changed or deleted since and stays as it is." in page
    with services.db.read() as session:
        assert len(session.scalars(select(Contact), execution_options=WITH).all()) == 10
        deeds = session.scalars(
            select(AuditEntry.deed).where(AuditEntry.kind == "imports").order_by(AuditEntry.id)
        ).all()
    assert deeds == ["import.started", "import.undo_started", "import.undone"]


@pytest.mark.slow
def test_cancel_stops_what_waits_and_is_said(sales: Importer, services: Services) -> None:
    page = sales.check(PEOPLE + people(0, 3))
    next(form for form in page.forms.values() if form.action.endswith("/start")).submit(status=303)
    sales.browser.send(f"{sales.row().path}/cancel", status=303)
    services.jobs.drain()
    assert (sales.row().state, sales.stored()) == ("cancelled", [])
    assert "It was over already." in words(sales.browser.send(f"{sales.row().path}/cancel", status=303).follow())


@pytest.mark.slow
def test_refused_rows_are_mended_and_sent_again(sales: Importer) -> None:
    row = sales.bring(f'{PEOPLE.strip()},Phone\n=Ana,"Lee, ""A""",bad,+64 21\nMere,Parata,mere@example.com,\n')
    answer = sales.browser.get(f"{row.path}/refused.csv")
    table = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert table[0] == ["First name", "Last name", "E-mail", "Phone", "Problem"]
    assert table[1][:4] == ["'=Ana", 'Lee, "A"', "bad", "'+64 21"]
    assert "Write one e-mail address" in table[1][4]
    row = sales.bring(answer.body.replace(b",bad,", b",ana@example.com,"))
    assert (row.made, row.refused) == (1, 0)
    ana = sales.stored()[-1]
    assert (ana.first_name, ana.last_name, ana.phone) == ("=Ana", 'Lee, "A"', "+64 21")


@pytest.mark.slow
def test_the_columns_can_be_read_another_way_and_wrong_choices_are_said(sales: Importer) -> None:
    page = sales.upload("Name;Mail\nZoë Lee;z@example.com\n".encode())
    form = columns_form(page)
    assert [form[f"column-{n}"].value for n in (0, 1)] == ["full_name", "email"]
    form["column-0"] = "email"
    said = words(form.submit(status=422))
    assert "Two columns go into E-mail." in said
    assert "Say which column has a first name or a last name." in said
    form = columns_form(page)
    form["delimiter"], form["encoding"] = ",", "cp1252"
    again = form.submit("look", status=200)
    assert "Name;Mail" in words(again)
    path = form.action
    for field in ("column-0", "decimal", "dates", "encoding", "delimiter", "duplicates", "currency"):
        sales.browser.send(path, {"column-1": "email", "column-0": "last_name", field: "\0" * 1000}, status=422)
    assert sales.row().state == "new"


@pytest.mark.slow
def test_everybody_sees_their_own_imports_and_admins_all(sales: Importer, log_in: LogIn, services: Services) -> None:
    row = sales.bring(PEOPLE + people(0, 1))
    accounts, admin, reader = log_in("accounts"), log_in("admin"), log_in("reader")
    assert "people.csv" not in accounts.get("/imports")
    for path in (
        row.path,
        f"{row.path}/refused.csv",
        f"{row.path}/made",
        f"{row.path}/columns",
        "/imports/99999999999999",
    ):
        accounts.get(path, status=404)
    accounts.send(f"{row.path}/undo", status=404)
    assert "people.csv" in admin.get("/imports")
    admin.get(row.path, status=200)
    reader.get("/imports", status=403)
    assert "/imports" not in reader.get("/contacts")


@pytest.mark.slow
def test_many_at_once_are_written_down_as_one_by_one_and_told(sales: Importer, services: Services, app: Any) -> None:
    told: list[tuple[str, list[int], bool]] = []
    app.registry.record_bulk_watchers.append(lambda session, kind, ids, new: told.append((kind, list(ids), new)))
    row = sales.bring("First name,Last name,Company,Tags,Other phones\nMere,Parata,Mill,A;B,021 1\n")
    (mere,) = sales.stored()
    (mill,) = sales.stored("organizations")
    assert told == [("organizations", [mill.id], True), ("contacts", [mere.id], True)]
    fields = {"first_name": "Mere", "last_name": "Parata", "organization_id": f"#{mill.id}", "tags": "A, B"}
    kinds = {"email_kind": "Work", "phone_kind": "Work", "address_kind": "Office"}
    ways = {"more_phones-rows": "1", "more_phones-0-value": "021 1", "more_phones-0-kind": "Other"}
    sales.browser.send("/contacts/new", {**fields, **kinds, **ways, "seen-twin": str(mere.id)}, status=303)
    with services.db.read() as session:
        created = select(AuditEntry).where(AuditEntry.kind == "contacts", AuditEntry.deed == "record.created")
        many, single = session.scalars(created.order_by(AuditEntry.id)).all()
    assert many.new == {**single.new, "import": row.id}
    assert many.user_id == single.user_id


@pytest.mark.slow
def test_files_go_after_a_week_and_a_later_look_says_so(
    sales: Importer, services: Services, clock: ManualClock
) -> None:
    page = sales.check(PEOPLE + people(0, 1))
    clock.advance(dt.timedelta(days=8))
    tick(services)
    assert list((services.settings.home / "imports").iterdir()) == []
    assert "The file is not here any more" in words(sales.browser.get(page.request.path))


@pytest.mark.slow
def test_the_first_import_of_a_page_can_be_polled_in_pieces(sales: Importer, services: Services) -> None:
    form = columns_form(sales.upload(PEOPLE + people(0, 3)))
    path = form.submit(status=303).location
    waiting = sales.browser.get(path)
    assert "0 of 3 rows" in words(waiting)
    assert "every 1500ms" in waiting
    assert 'http-equiv="refresh"' in waiting
    services.jobs.drain()
    piece = sales.browser.get(path, headers={"HX-Request": "true"})
    assert "<html" not in piece
    assert "Import now" in piece
    assert "every 1500ms" not in piece
    with services.db.read() as session:
        assert session.scalar(select(func.count()).select_from(Organization)) == 0


def test_the_check_names_the_problem_of_every_row_however_far_down_and_gives_them_as_a_file(sales: Importer) -> None:
    good = people(1, 80)
    page = sales.check(f"{PEOPLE}{good}Ana,Lee,no-address\n")
    assert "Write one e-mail address" in words(page)
    assert "Rows that would be refused" in words(page)
    [row] = csv.DictReader(io.StringIO(sales.browser.get(f"{page.request.path}/refused.csv").text.lstrip("\ufeff")))
    assert (row["First name"], row["E-mail"]) == ("Ana", "no-address")
    done = next(form for form in page.forms.values() if form.action.endswith("/start")).submit(status=303)
    sales.services.jobs.drain()
    page = done.follow()
    assert "Refused 1" in words(page)
    assert words(page).count("no-address") == 1
