"""Every route, as every role and as nobody; a route that no row speaks of is a failure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from core.records.models import Organization
from core.services import Services
from core.users.rights import ALL, ROLES
from tests.conftest import Browser, LogIn
from tests.core.rights_table import API, LOGIN, NOBODY, TABLE, Row
from tests.databases import NOW

RIGHTS = {role.key: role.rights for role in ROLES}
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "quickbooks_stub"}


@pytest.fixture(autouse=True)
def _an_organization(services: Services) -> None:
    with services.db.begin() as session:
        session.add(Organization(name="Old Mill Bakery", created_at=NOW, changed_at=NOW))


def views(app: Any) -> set[tuple[str, str]]:
    """Route and method of every view, without static files and pages for faults."""
    found = set()
    for each in app.registry.introspector.get_category("views"):
        view = each["introspectable"]
        route, methods = view["route_name"], view["request_methods"]
        if route and not route.startswith("__static/"):
            asked = _of_route(app, route) or methods or "GET"
            found |= {(route, method) for method in ([asked] if isinstance(asked, str) else asked) if method != "HEAD"}
    return found


def _of_route(app: Any, name: str) -> Any:
    routes = app.registry.introspector.get_category("routes")
    return next(r["introspectable"]["request_methods"] for r in routes if r["introspectable"]["name"] == name)


def ask(browser: Browser, row: Row) -> Any:
    if row.method in CHANGING:
        return browser.send(row.path, expect_errors=True)
    return browser.get(row.path, expect_errors=True)


def sent_to_log_in(answer: Any) -> bool:
    return answer.status_int in (302, 303) and urlsplit(answer.location).path == "/login"


def test_every_route_has_a_row(app: Any) -> None:
    rows = {(row.route, row.method) for row in (*TABLE, *API)}  # tests/core/api/test_rights.py walks those of the API
    assert views(app) - rows == set(), "write a row in tests/core/rights_table.py"
    assert rows - views(app) == set(), "a row speaks of a route that is not there"


@pytest.mark.slow
@pytest.mark.parametrize("role", RIGHTS)
def test_a_role_reaches_what_it_has_the_right_to_and_nothing_else(role: str, log_in: LogIn) -> None:
    wrong = []
    browser = log_in(role)
    for row in TABLE:
        if row.route in ("logout", "login", "admin.user"):
            continue  # these change who is logged in: below
        answer = ask(browser, row)
        may = row.right in (NOBODY, LOGIN) or row.right in RIGHTS[role] or ALL in RIGHTS[role]
        reached = answer.status_int != 403 and not sent_to_log_in(answer)
        if reached != may or (answer.status_int >= 500 and row.route != "readyz"):
            wrong.append(f"{row}: {answer.status}")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("role", [role for role in RIGHTS if role != "admin"])
def test_only_an_administrator_changes_users(role: str, log_in: LogIn) -> None:
    log_in(role).send("/admin/users/1", {"role": "admin", "active": "yes"}, status=403)


def test_nobody_reaches_nothing_but_the_log_in_page(client: Browser) -> None:
    wrong = []
    for row in TABLE:
        answer = ask(client, row)
        open_to_all = row.right == NOBODY
        if sent_to_log_in(answer) == open_to_all:
            wrong.append(f"{row}: {answer.status}")
    assert wrong == []


@pytest.mark.slow
def test_a_form_without_the_token_is_refused_on_every_route(log_in: LogIn) -> None:
    browser = log_in("admin")
    refused = {str(row): browser.post(row.path, {}, expect_errors=True).status_int for row in TABLE if _posts(row)}
    assert set(refused.values()) == {400}, refused


def _posts(row: Row) -> bool:
    return row.method == "POST"
