"""Lists by the API: every one exactly once, filtered and ordered as on the list pages."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from core.records.custom import CustomFieldRow
from core.records.filters import FILTERS, STYLES
from core.records.kinds import KINDS
from core.records.sorting import SORTS
from core.services import Services
from core.users.models import User
from tests.conftest import LogIn
from tests.core.api.conftest import Call, Program
from tests.core.conftest import Make

pytestmark = pytest.mark.slow


def walk(caller: Program, path: str, **asked: Any) -> list[Any]:
    """Every item of a list, page by page; `next` and the header Link lead to the same page."""
    found: list[Any] = []
    address = f"{path}?{urlencode(asked)}"
    while True:
        answer = caller.get(address)
        found += answer.json["items"]
        assert len(answer.json["items"]) <= int(asked.get("limit", 50))
        if answer.json["next"] is None:
            assert "Link" not in answer.headers
            return found
        address = f"{path}?{urlencode({**asked, 'cursor': answer.json['next']})}"
        link = re.fullmatch(r'<http://localhost/api/v1(.*)>; rel="next"', answer.headers["Link"])
        assert link is not None
        assert caller.get(link[1]).json == caller.get(address).json


@pytest.mark.parametrize("sort", ["", "name", "-name", "city", "-city", "organization", "owner", "-changed"])
def test_every_record_comes_exactly_once(sort: str, program: Call, make: Make) -> None:
    ids = [make("contacts", last_name=f"N{number % 4}", city=["", "Nelson"][number % 2]) for number in range(23)]
    asked = {"limit": 5, **({"sort": sort} if sort else {})}
    found = [one["id"] for one in walk(program(), "/contacts", **asked)]
    assert sorted(found) == ids


def test_who_is_added_while_one_walks_doubles_and_hides_nobody(program: Call, make: Make) -> None:
    ids = [make("organizations", name=f"M{number:02}") for number in range(12)]
    caller, found, cursor = program(), [], ""
    for _ in range(4):
        page = caller.get(f"/organizations?limit=3{cursor}").json
        found += [one["id"] for one in page["items"]]
        make("organizations", name="A before")
        make("organizations", name="Z behind")
        cursor = f"&cursor={page['next']}"
    assert len(found) == len(set(found))
    assert [number for number in found if number in ids] == ids


def test_the_order_is_that_of_the_list_page(program: Call, make: Make, log_in: LogIn) -> None:
    for name in ("Écluse", "beta", "Alpha", "Zulu", "Ärger", "alpha"):
        make("organizations", name=name, city=name[:1])
    caller, browser = program("sales"), log_in("sales")
    for sort in (*SORTS["organizations"], *(f"-{one}" for one in SORTS["organizations"])):
        page = browser.get(f"/organizations?sort={sort}")
        links = page.html.select("main table tbody a[href^='/organizations/']")
        shown = list(dict.fromkeys(int(re.sub(r"\D", "", link["href"])) for link in links))
        assert [one["id"] for one in walk(caller, "/organizations", sort=sort, limit=4)] == shown, sort


GIVEN: dict[str, list[dict[str, str]]] = {
    "contacts": [
        {"q": "hana"},
        {"owner": "me"},
        {"owner": "nobody"},
        {"tag": "vip"},
        {"city": "nel"},
        {"country": "new"},
        {"organization": "1"},
        {"organization": "-"},
        {"changed_since": "2026-11-01"},
        {"changed_since": "2026-12-01"},
        {"custom_size": "L", "city": "nelson"},
    ],
    "organizations": [{"q": "boats"}, {"tag": "vip"}, {"city": "picton"}],
    "opportunities": [
        {"stage": "Won"},
        {"outcome": "open"},
        {"amount_from": "100"},
        {"amount_to": "99.99"},
        {"currency": "EUR"},
        {"close_from": "2026-12-01", "close_to": "2026-12-31"},
    ],
    "projects": [{"status": "On hold"}, {"start_from": "2026-01-01"}, {"end_to": "2026-01-01"}, {"amount_from": "5"}],
}


@pytest.fixture
def many(make: Make, services: Services, program: Call) -> None:
    """Records that each filter above finds some of, and not others."""
    me = program("sales").get("/me").json["id"]
    with services.db.begin() as session:
        session.add(CustomFieldRow(kind="contacts", key="size", label="Size", style="text"))
    home = make("organizations", name="Tui Boats", city="Picton", tags=("vip",))
    make("organizations", name="Old Mill")
    make("contacts", first_name="Hana", owner_id=me, tags=("vip", "old"), city="Nelson", custom={"size": "XL"})
    make("contacts", first_name="Tane", organization_id=home, country="New Zealand", tags=("old",))
    make("contacts", first_name="Zoe", city="Nelson", custom={"size": "M"})
    make("opportunities", name="A", stage="Won", amount=100, currency="EUR")
    make("opportunities", name="B", amount=50, close_date=dt.date(2026, 12, 24))
    make("projects", name="A", status="On hold", budget=5)
    make("projects", name="B", starts_on=dt.date(2026, 1, 1))
    make("projects", name="C", ends_on=dt.date(2025, 12, 31), budget=4)


@pytest.mark.usefixtures("many")
def test_filters_find_what_the_list_page_finds(program: Call, log_in: LogIn) -> None:
    caller, browser = program("sales"), log_in("sales")
    for kind, questions in GIVEN.items():
        every = {one["id"] for one in walk(caller, f"/{kind}")}
        counts = set()
        for asked in questions:
            found = {one["id"] for one in walk(caller, f"/{kind}", **asked)}
            page = browser.get(f"/{kind}?{urlencode(asked)}")
            links = page.html.select(f"main table tbody a[href^='/{kind}/']")
            assert found == {int(re.sub(r"\D", "", link["href"])) for link in links}, (kind, asked)
            counts.add(len(found))
        assert any(count < len(every) for count in counts)


def test_the_document_names_every_filter_and_every_order_of_the_pages(nobody: Program) -> None:
    paths = nobody.get("/openapi.json").json["paths"]
    for kind in KINDS:
        named = {one["name"]: one for one in paths[f"/api/v1/{kind}"]["get"]["parameters"]}
        assert {one.name for one in FILTERS[kind]} < named.keys()
        assert all(f"`{order}`" in named["sort"]["description"] for order in SORTS[kind])
        assert all(one.style in STYLES for one in FILTERS[kind])


@pytest.mark.usefixtures("many")
def test_a_filter_that_may_come_several_times_combines(program: Call) -> None:
    caller = program("sales")
    assert len(caller.get("/contacts?tag=vip&tag=old").json["items"]) == 1, "tags must all be there"
    assert len(caller.get("/opportunities?stage=Won&stage=New").json["items"]) == 2, "any stage is enough"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/contacts?colour=red", "colour"),
        ("/contacts?custom_size=L", "custom_size"),
        ("/contacts?owner=somebody", "owner"),
        ("/contacts?owner=99999", "owner"),
        ("/contacts?owner=1&owner=2", "owner"),
        ("/contacts?organization=x", "organization"),
        ("/contacts?changed_since=yesterday", "changed_since"),
        ("/contacts?changed_since=2026-02-30", "changed_since"),
        ("/contacts?sort=colour", "sort"),
        ("/contacts?sort=--name", "sort"),
        ("/contacts?limit=0", "limit"),
        ("/contacts?limit=201", "limit"),
        ("/contacts?limit=many", "limit"),
        ("/contacts?limit=1.5", "limit"),
        ("/contacts?cursor=abc", "cursor"),
        ("/contacts?cursor=%00", "cursor"),
        (f"/contacts?cursor={'x' * 3000}", "cursor"),
        ("/opportunities?stage=Nowhere", "stage"),
        ("/opportunities?amount_from=1e400", "amount_from"),
        ("/opportunities?amount_from=NaN", "amount_from"),
        ("/opportunities?currency=XXX", "currency"),
        ("/tasks?assignee=x", "assignee"),
        ("/tasks?record_id=1", "kind"),
        ("/tasks?state=lost", "state"),
        ("/tasks?due_from=soon", "due_from"),
        ("/tags", "kind"),
        ("/tags?kind=boats", "kind"),
        ("/custom-fields?kind=boats", "kind"),
        ("/search", "q"),
        ("/search?q=", "q"),
        ("/search?q=a&in=boats", "in"),
        ("/users?page=2", "page"),
        ("/me?x=1", "x"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_by_name(path: str, name: str, program: Call) -> None:
    told = program().get(path, status=400).json
    assert told["type"] == "urn:ledgertab:problem:wrong-question"
    assert [one["parameter"] for one in told["errors"]] == [name]
    assert told["errors"][0]["message"]


def test_a_cursor_of_another_order_is_no_place_in_this_one(program: Call, make: Make) -> None:
    for number in range(3):
        make("contacts", last_name=f"N{number}")
    caller = program()
    cursor = caller.get("/contacts?limit=1").json["next"]
    caller.get(f"/contacts?limit=1&sort=-name&cursor={cursor}", status=400)
    caller.get(f"/organizations?limit=1&cursor={cursor}", status=400)


def test_what_is_in_the_bin_is_in_no_list(program: Call, make: Make) -> None:
    kept, gone = make("contacts", last_name="A"), make("contacts", last_name="B")
    caller = program()
    caller.delete(f"/contacts/{gone}")
    assert [one["id"] for one in caller.get("/contacts").json["items"]] == [kept]


def test_the_records_of_a_user_who_left_are_listed(program: Call, make: Make, services: Services) -> None:
    owned, caller = make("contacts", last_name="Owned", owner_id=3), program("admin")
    make("contacts", last_name="Other", owner_id=2)
    with services.db.begin() as session:
        session.get_one(User, 3).active = False
    assert [one["id"] for one in caller.get("/contacts?owner=3").json["items"]] == [owned]
