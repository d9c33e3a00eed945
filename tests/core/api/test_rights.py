"""Every operation of the API, as every role, as nobody, and with every scope but the one it takes."""

from __future__ import annotations

from typing import Any

import pytest

from core.api.scopes import SCOPES
from core.users.rights import ALL, ROLES
from tests.conftest import LogIn
from tests.core.api.conftest import BASE, Call, Program
from tests.core.conftest import Make
from tests.core.rights_table import API, LOGIN, NOBODY, ApiRow

RIGHTS = {role.key: role.rights for role in ROLES}


@pytest.fixture(autouse=True)
def _an_organization(make: Make) -> None:
    make("organizations", name="Old Mill Bakery")


def ask(caller: Program, row: ApiRow) -> Any:
    """What an operation answers, whatever that is; an empty object is sent where it takes one."""
    sent: Any = {} if row.method in ("POST", "PATCH") else None
    return caller.ask(row.method, row.path.removeprefix(BASE), sent, status=0)


@pytest.mark.parametrize("role", RIGHTS)
def test_a_role_does_by_the_api_what_it_may_do_on_the_pages(role: str, program: Call) -> None:
    caller, wrong = program(role), []
    for row in API:
        answer = ask(caller, row)
        may = row.right in (NOBODY, LOGIN) or row.right in RIGHTS[role] or ALL in RIGHTS[role]
        if (answer.status_int != 403) != may or answer.status_int in (401, 500):
            wrong.append(f"{row}: {answer.status}")
    assert wrong == []


def test_nobody_reaches_nothing_but_the_document(nobody: Program) -> None:
    wrong = []
    for row in API:
        answer = ask(nobody, row)
        if (answer.status_int == 401) == (row.right == NOBODY):
            wrong.append(f"{row}: {answer.status}")
        assert answer.status_int != 401 or answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert wrong == []


def test_a_scope_is_needed_and_no_other_does(program: Call) -> None:
    for scope in SCOPES:
        without = program("admin", scopes=[one for one in SCOPES if one != scope])
        answers = {str(row): ask(without, row) for row in API if row.scope == scope}
        assert {answer.json["type"] for answer in answers.values()} == {"urn:ledgertab:problem:scope-missing"}
        assert all(scope in answer.json["detail"] for answer in answers.values())
        only = program("admin", scopes=[scope])
        assert [str(row) for row in API if row.scope == scope and ask(only, row).status_int in (401, 403)] == []


def test_a_log_in_of_the_pages_counts_nothing(log_in: LogIn) -> None:
    answer = log_in("admin").get(f"{BASE}/contacts", status=401)
    assert answer.content_type == "application/problem+json"
    assert "/profile/tokens" in answer.json["detail"]
