"""Records by the API: made, read, changed, deleted, restored, by the rules of the pages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import AuditEntry
from core.records.custom import CustomFieldRow
from core.records.kinds import KINDS
from core.records.models import Opportunity
from core.records.stages import StageRow
from core.services import Services
from tests.conftest import LogIn
from tests.core.api.conftest import Call, Program
from tests.core.conftest import Make
from tests.core.pages import form_of, words

FULL: dict[str, dict[str, Any]] = {
    "contacts": {
        "first_name": "Hana",
        "last_name": "Whitiora",
        "job_title": "Owner",
        "email": "hana@tui.example",
        "email_kind": "Private",
        "more_emails": [{"kind": "Billing", "value": "money@tui.example"}],
        "phone": "+64 3 555 010",
        "phone_kind": "Mobile",
        "more_phones": [{"kind": "Fax", "value": "+64 3 555 011"}],
        "address_kind": "Delivery",
        "address": "1 Quay\nShed 4",
        "city": "Nelson",
        "region": "Tasman",
        "postal_code": "7010",
        "country": "New Zealand",
        "more_addresses": [
            {"kind": "Billing", "address": "2 Hill", "city": "", "region": "", "postal_code": "", "country": "Fiji"}
        ],
        "tags": ["a", "b"],
        "owner_id": None,
    },
    "organizations": {"name": "Tui Boats", "website": "https://tui.example", "tax_number": "12-345", "tags": ["boats"]},
    "opportunities": {
        "name": "Six dinghies",
        "amount": "1234.50",
        "currency": "EUR",
        "stage": "Qualified",
        "probability": 40,
        "close_date": "2026-12-24",
        "reason": "",
        "lines": [
            {"item": "", "description": "Dinghy", "quantity": "6", "unit_price": "1250.1234", "discount": "5"},
            {"item": "OAR", "description": "", "quantity": "1.5", "unit_price": "0", "discount": "0"},
        ],
    },
    "projects": {
        "name": "Refit",
        "status": "Active",
        "starts_on": "2026-11-01",
        "ends_on": "2026-11-30",
        "budget": "18000",
        "currency": "JPY",
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_is_read_and_what_is_read_can_be_sent_again(kind: str, program: Call) -> None:
    caller = program()
    made = caller.post(f"/{kind}", FULL[kind], status=201)
    assert {name: made.json[name] for name in FULL[kind]} == FULL[kind]
    read = caller.get(f"/{kind}/{made.json['id']}")
    assert read.json == made.json
    assert read.headers["ETag"] == made.headers["ETag"]
    assert made.headers["Location"] == f"http://localhost/api/v1/{kind}/{made.json['id']}"
    mine = {name: value for name, value in read.json.items() if name not in READ_ONLY}
    again = caller.patch(f"/{kind}/{made.json['id']}", mine)
    assert again.json == read.json
    assert again.headers["ETag"] == read.headers["ETag"], "nothing changed, so there is no new version"


READ_ONLY = {"id", "title", "url", "outcome", "created_at", "changed_at"}


def test_links_are_ids(program: Call, make: Make) -> None:
    home, person = make("organizations", name="Tui Boats"), make("contacts", last_name="Parata")
    caller = program()
    links = {"organization_id": home, "contact_id": person}
    deal = caller.post("/opportunities", {"name": "Six dinghies", **links}, status=201).json
    assert {name: deal[name] for name in links} == links
    work = caller.post("/projects", {"name": "Build", "opportunity_id": deal["id"]}, status=201).json
    assert work["opportunity_id"] == deal["id"]
    changed = caller.patch(f"/opportunities/{deal['id']}", {"contact_id": None}).json
    assert (changed["organization_id"], changed["contact_id"]) == (home, None)
    gone = caller.patch(f"/opportunities/{deal['id']}", {"organization_id": 999}, status=422).json
    assert gone["errors"] == [
        {"pointer": "/organization_id", "message": "This organization is not there any more. Choose another."}
    ]


def test_whoever_makes_a_record_owns_it_unless_something_else_is_said(program: Call) -> None:
    caller = program("accounts")
    me = caller.get("/me").json["id"]
    assert caller.post("/contacts", {"first_name": "Ana"}, status=201).json["owner_id"] == me
    assert caller.post("/contacts", {"first_name": "Ana", "owner_id": None}, status=201).json["owner_id"] is None
    wrong = caller.post("/contacts", {"first_name": "Ana", "owner_id": 12345}, status=422).json
    assert wrong["errors"] == [{"pointer": "/owner_id", "message": "Choose one of the list."}]


def test_a_change_leaves_alone_what_is_not_sent_and_null_empties(program: Call) -> None:
    caller = program()
    made = caller.post("/contacts", FULL["contacts"], status=201).json
    sent = {"job_title": None, "tags": ["c"], "more_phones": None, "city": "Picton"}
    changed = caller.patch(f"/contacts/{made['id']}", sent).json
    expected = {**made, "job_title": "", "tags": ["c"], "more_phones": [], "city": "Picton"}
    assert changed == {**expected, "changed_at": changed["changed_at"]}


def test_the_amount_of_a_deal_follows_its_lines_where_none_is_sent(program: Call) -> None:
    line = {"description": "Dinghy", "quantity": "2", "unit_price": "10.50"}
    deal = program().post("/opportunities", {"name": "Two", "lines": [line]}, status=201).json
    assert deal["amount"] == "21.00"
    assert deal["lines"] == [
        {"item": "", "description": "Dinghy", "quantity": "2", "unit_price": "10.5", "discount": "0"}
    ]


def test_another_stage_brings_its_probability_unless_one_is_sent(program: Call) -> None:
    caller = program()
    deal = caller.post("/opportunities", {"name": "Two", "probability": 33}, status=201).json
    assert (deal["stage"], deal["probability"], deal["outcome"]) == ("New", 33, "open")
    path = f"/opportunities/{deal['id']}"
    assert caller.patch(path, {"stage": "Proposal"}).json["probability"] == 50
    assert caller.patch(path, {"stage": "Qualified", "probability": 1}).json["probability"] == 1
    assert caller.patch(path, {"name": "Three"}).json["probability"] == 1
    lost = caller.patch(path, {"stage": "Lost"}, status=422).json
    assert lost["errors"] == [{"pointer": "/reason", "message": "Write why it was lost."}]
    assert caller.patch(path, {"stage": "Lost", "reason": "Too dear"}).json["outcome"] == "lost"


def test_stages_of_ones_own_are_taken_and_others_are_not(program: Call, services: Services) -> None:
    with services.db.begin() as session:
        for place, (name, outcome) in enumerate([("Talk", "open"), ("Yes", "won"), ("No", "lost")]):
            session.add(StageRow(name=name, probability=place, outcome=outcome, position=place))
    caller = program()
    assert caller.post("/opportunities", {"name": "Two"}, status=201).json["stage"] == "Talk"
    assert caller.post("/opportunities", {"name": "Two", "stage": "Yes"}, status=201).json["outcome"] == "won"
    wrong = caller.post("/opportunities", {"name": "Two", "stage": "New"}, status=422).json
    assert wrong["errors"] == [{"pointer": "/stage", "message": "Choose one of the list."}]


@pytest.fixture
def custom(services: Services) -> None:
    """Custom fields of contacts, one of each style, and one that was retired."""
    with services.db.begin() as session:
        for style in ("text", "number", "date", "choice", "yesno"):
            choices = ["Red", "Blue"] if style == "choice" else []
            session.add(CustomFieldRow(kind="contacts", key=style, label=style, style=style, choices=choices))
        session.add(CustomFieldRow(kind="contacts", key="old", label="Old", style="text", retired=True))


VALUES = {"text": "Tall", "number": "-12.5", "date": "2026-11-30", "choice": "Blue", "yesno": False}


@pytest.mark.usefixtures("custom")
def test_custom_fields_are_read_written_and_merged_key_by_key(program: Call) -> None:
    caller = program()
    made = caller.post("/contacts", {"first_name": "Ana", "custom": VALUES}, status=201).json
    assert made["custom"] == VALUES
    changed = caller.patch(f"/contacts/{made['id']}", {"custom": {"text": None, "yesno": True}}).json
    assert changed["custom"] == {**VALUES, "text": None, "yesno": True}
    assert caller.get("/contacts?custom_choice=Blue&custom_number_to=0").json["items"] == [changed]
    told = caller.get("/custom-fields?kind=contacts").json["items"]
    assert [one["key"] for one in told] == list(VALUES)
    assert told[3]["choices"] == ["Red", "Blue"]


@pytest.mark.usefixtures("custom")
@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("size", "L", "no such custom field"),
        ("old", "L", "no such custom field"),
        ("number", "many", "Write a number"),
        ("number", True, "a text or null"),
        ("date", "tomorrow", "year-month-day"),
        ("choice", "Green", "one of the list"),
        ("yesno", "Yes", "true, false or null"),
        ("text", "x" * 501, "at most 500"),
    ],
)
def test_a_custom_field_that_is_wrong_is_named(key: str, value: Any, says: str, program: Call) -> None:
    wrong = program().post("/contacts", {"first_name": "Ana", "custom": {key: value}}, status=422).json
    assert [one["pointer"] for one in wrong["errors"]] == [f"/custom/{key}"]
    assert says in wrong["errors"][0]["message"]


def test_what_the_api_does_is_done_as_on_the_pages(program: Call, services: Services, log_in: LogIn) -> None:
    caller = program("sales")
    made = caller.post("/contacts", {"first_name": "Zoltan", "last_name": "Quux"}, status=201).json
    caller.patch(f"/contacts/{made['id']}", {"city": "Picton"})
    with services.db.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.deed.startswith("record."))).all()
        told = [(one.deed, one.new.get("city")) for one in entries]
        assert told == [("record.created", None), ("record.changed", "Picton")]
        assert {one.user_id for one in entries} == {caller.get("/me").json["id"]}
    browser = log_in("reader")
    assert "Zoltan Quux" in words(browser.get("/search?q=quux"))
    assert "Picton" in words(browser.get(f"/contacts/{made['id']}"))


def test_what_is_deleted_is_in_the_bin_and_comes_back(program: Call, make: Make, log_in: LogIn) -> None:
    number = make("contacts", last_name="Parata")
    caller = program()
    caller.delete(f"/contacts/{number}", version='"1"', status=204)
    gone = caller.get(f"/contacts/{number}", status=404).json
    assert gone["type"] == "urn:ledgertab:problem:not-found"
    assert caller.get("/contacts").json["items"] == []
    assert "Parata" in words(log_in("sales").get("/bin"))
    back = caller.post(f"/contacts/{number}/restore")
    assert (back.json["id"], back.headers["ETag"]) == (number, '"3"')
    caller.post(f"/contacts/{number}/restore", status=404)
    assert [one["id"] for one in caller.get("/contacts").json["items"]] == [number]


def test_one_that_was_merged_into_another_says_into_which(program: Call, make: Make, log_in: LogIn) -> None:
    kept, other = make("organizations", name="Tui Boats"), make("organizations", name="Tui Boat")
    page = log_in("sales").get(f"/organizations/{kept}/merge/{other}")
    form_of(page).submit(status=303)
    answers = [program().get(f"/organizations/{number}", status=0) for number in (kept, other)]
    gone = next(one for one in answers if one.status_int == 404)
    there = next(one for one in answers if one.status_int == 200)
    assert gone.json["merged_into"] == there.json["id"]
    assert str(there.json["id"]) in gone.json["detail"]


class TestVersions:
    """Nobody writes over what somebody else changed."""

    @pytest.fixture
    def path(self, make: Make) -> str:
        return f"/contacts/{make('contacts', last_name='Parata')}"

    def test_a_change_without_a_version_is_refused(self, program: Call, path: str) -> None:
        for method in ("PATCH", "DELETE"):
            told = program().ask(method, path, {"city": "Picton"} if method == "PATCH" else None, status=428).json
            assert "If-Match" in told["detail"]

    @pytest.mark.parametrize("seen", ['"1"', "1", '"2', '"x"', '"00000000000002"', "W/", ",", '"1", "7"'])
    def test_a_change_of_another_version_is_refused(self, program: Call, path: str, seen: str) -> None:
        caller = program()
        caller.patch(path, {"city": "Nelson"}, version='"1"')
        for refused in (
            caller.patch(path, {"city": "P"}, version=seen, status=412),
            caller.delete(path, version=seen, status=412),
        ):
            assert refused.headers["ETag"] == refused.json["etag"] == '"2"'
        assert caller.get(path).json["city"] == "Nelson"

    @pytest.mark.parametrize("seen", ['"2"', '"1", "2"', "*", 'W/"2"'])
    def test_a_change_of_this_version_is_made(self, program: Call, path: str, seen: str) -> None:
        caller = program()
        caller.patch(path, {"city": "Nelson"}, version='"1"')
        assert caller.patch(path, {"city": "Picton"}, version=seen).headers["ETag"] == '"3"'

    @pytest.mark.parametrize(("known", "status"), [('"1"', 304), ('W/"1"', 304), ("*", 304), ('"2"', 200), ("x", 200)])
    def test_what_is_known_is_not_sent_again(self, program: Call, path: str, known: str, status: int) -> None:
        answer = program().get(path, headers={"If-None-Match": known}, status=status)
        assert bool(answer.body) == (status == 200)
        assert answer.headers["ETag"] == '"1"'

    def test_every_change_on_a_page_is_a_new_version(self, program: Call, path: str, log_in: LogIn) -> None:
        page = log_in("sales").get(f"{path}/edit")
        form = form_of(page)
        form["tags"] = "new"
        form.submit(status=303)
        caller = program()
        caller.patch(path, {"city": "Picton"}, version='"1"', status=412)
        assert caller.get(path).json["tags"] == ["new"]


def test_a_head_is_a_get_without_its_body(program: Call, make: Make) -> None:
    number = make("contacts", last_name="Parata")
    caller = program()
    head, get = (caller.ask(method, f"/contacts/{number}") for method in ("HEAD", "GET"))
    assert head.body == b""
    assert (head.headers["ETag"], head.headers["Content-Length"]) == (
        get.headers["ETag"],
        get.headers["Content-Length"],
    )


def test_numbers_are_read_and_written_alike_whatever_style_a_user_has(program: Call, log_in: LogIn) -> None:
    page = log_in("sales").get("/profile")
    form = next(one for one in page.forms.values() if "numbers" in one.fields)
    form["numbers"] = "point"
    form.submit(status=303)
    caller: Program = program("sales")
    deal = caller.post("/opportunities", {"name": "Two", "amount": "1234.50"}, status=201).json
    assert deal["amount"] == "1234.50"
    assert caller.patch(f"/opportunities/{deal['id']}", {"name": "Three"}).json["amount"] == "1234.50"


def test_amounts_are_exact(program: Call, services: Services) -> None:
    caller = program()
    sent = {"name": "Much", "amount": "999999999.99", "currency": "NZD"}
    assert caller.post("/opportunities", sent, status=201).json["amount"] == "999999999.99"
    with services.db.begin() as session:
        deal = session.scalars(select(Opportunity)).one()
        number = deal.id
    assert caller.get(f"/opportunities/{number}").json["amount"] == "999999999.99"


def test_the_trail_tells_of_a_reason_what_became_of_it(program: Call, services: Services) -> None:
    caller = program()
    deal = caller.post("/opportunities", {"name": "Six dinghies", "reason": "too early"}, status=201)
    path = f"/opportunities/{deal.json['id']}"
    assert deal.json["reason"] == ""
    assert caller.patch(path, {"reason": "still too early"}).headers["ETag"] == deal.headers["ETag"], "nothing changed"
    assert caller.patch(path, {"stage": "Won", "reason": "price"}).json["reason"] == "price"
    assert caller.patch(path, {"stage": "New"}).json["reason"] == ""
    with services.db.read() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.kind == "opportunities").order_by(AuditEntry.id)
        ).all()
    told = [(row.old.get("reason"), row.new.get("reason")) for row in rows]
    assert told == [(None, None), ("", "price"), ("price", "")]
