"""What every answer carries, what a fault looks like, and when jobs go into the queue."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core.records.models import Organization
from core.services import Services
from core.users.models import Role
from core.web import POLICY
from tests.conftest import Browser, LogIn
from tests.core.pages import words
from tests.databases import NOW


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "probe"}


@pytest.fixture
def extra() -> Mapping[str, ModuleType]:
    """A plugin whose pages do what a page may do wrong."""
    module = ModuleType("probe")
    module.includeme = _probes  # type: ignore[attr-defined]
    return {"probe": module}


def _probes(config: Any) -> None:
    config.add_route("broken", "/probe/broken")
    config.add_view(_broken, route_name="broken")
    config.add_route("job", "/probe/job/{ends}")
    config.add_view(_job, route_name="job", renderer="string")
    config.add_own_session_route("own", "/probe/own/{deed}")
    config.add_view(_own, route_name="own", renderer="string")
    config.add_route("write", "/probe/write")
    config.add_view(_write, route_name="write", renderer="string")


def _broken(request: Any) -> Any:
    raise RuntimeError("a secret detail")


def _job(request: Any) -> str:
    request.dbsession.add(Organization(name="Made", created_at=NOW, changed_at=NOW))
    request.enqueue("probe", said=request.matchdict["ends"])
    assert not waiting(request.services), "before the commit nothing is in the queue"
    if request.matchdict["ends"] == "badly":
        raise RuntimeError("after all")
    return "done"


def _own(request: Any) -> str:
    if request.matchdict["deed"] == "reads":
        return ", ".join(request.dbsession.scalars(select(Role.key).order_by(Role.key)))
    if request.matchdict["deed"] == "queues":
        request.enqueue("probe", said="at once")
        return str(waiting(request.services))
    request.dbsession.add(Organization(name="Lost", created_at=NOW, changed_at=NOW))
    request.dbsession.flush()
    return "written"


def _write(request: Any) -> str:
    request.dbsession.add(Organization(name="From a GET", created_at=NOW, changed_at=NOW))
    return "written"


def waiting(services: Services) -> int:
    return len(services.jobs.huey.pending())


@pytest.fixture
def done(services: Services) -> list[str]:
    done: list[str] = []

    def handler(said: str) -> None:
        done.append(said)

    services.jobs.add("probe", handler)
    return done


def test_every_page_carries_the_headers_that_protect_it(log_in: LogIn) -> None:
    for answer in (log_in("reader").get("/"), log_in("reader").get("/nothing", status=404)):
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["Vary"] == "HX-Request, HX-Boosted", "a piece of a page is no copy of the page"
        assert "Strict-Transport-Security" not in answer.headers


def test_no_page_holds_what_the_content_policy_forbids(log_in: LogIn) -> None:
    browser = log_in("admin")
    for path in ("/", "/login", "/contacts", "/contacts/new", "/admin/styleguide", "/admin/users", "/nothing"):
        page = browser.get(path, expect_errors=True).maybe_follow(expect_errors=True)
        assert page.html.select("style, [style], script:not([src])") == []
        assert [tag for tag in page.html.find_all() if any(name.startswith("on") for name in tag.attrs)] == []


def test_static_files_are_kept_for_a_year_under_an_address_that_changes_with_them(client: Browser) -> None:
    page = client.get("/login")
    for address in [page.html.find("link", rel="stylesheet")["href"], *[s["src"] for s in page.html.select("script")]]:
        assert "?x=" in address
        answer = client.get(address)
        assert "max-age=31536000" in answer.headers["Cache-Control"]
    client.get("/static/ui/../app.py", status=404)


def test_a_fault_of_ours_is_told_under_a_number_and_its_detail_is_not(
    log_in: LogIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "core.faults"):
        page = log_in("reader").get("/probe/broken", status=500)
    assert "Something broke" in words(page)
    assert "a secret detail" not in page
    number = page.html.select_one(".empty b").get_text()
    assert f"fault {number} at GET /probe/broken" in caplog.text


def test_a_piece_of_a_page_that_fails_is_one_line(log_in: LogIn) -> None:
    answer = log_in("reader").get("/probe/broken", headers={"HX-Request": "true"}, status=500)
    assert "<html" not in answer
    assert answer.html.select_one(".banner.bad") is not None


def test_a_form_without_its_token_is_asked_for_again(log_in: LogIn) -> None:
    page = log_in("sales").post("/contacts/new", {"first_name": "Mere"}, status=400)
    assert "Please send it again" in words(page)
    wrong = {"first_name": "Mere", "csrf_token": "x"}
    assert "Please send it again" in words(log_in("sales").post("/contacts/new", wrong, status=400))


def test_what_the_role_may_not_do_is_told(log_in: LogIn) -> None:
    page = log_in("reader").get("/contacts/new", status=403)
    assert "Your role does not have the right" in words(page)


def test_a_job_goes_into_the_queue_when_its_transaction_is_committed(
    log_in: LogIn, services: Services, done: list[str]
) -> None:
    log_in("sales").send("/probe/job/well")
    assert services.jobs.drain() == 1
    assert done == ["well"]
    with services.db.read() as session:
        assert session.query(Organization).count() == 1


def test_a_job_of_a_transaction_that_failed_never_runs(log_in: LogIn, services: Services, done: list[str]) -> None:
    log_in("sales").send("/probe/job/badly", status=500)
    assert services.jobs.drain() == 0
    assert done == []
    with services.db.read() as session:
        assert session.query(Organization).count() == 0


def test_outside_the_transaction_a_job_is_queued_at_once(log_in: LogIn, done: list[str]) -> None:
    assert log_in("sales").get("/probe/own/queues").text == "1"


def test_outside_the_transaction_a_page_may_read_but_not_write_by_the_request(log_in: LogIn) -> None:
    assert log_in("reader").get("/probe/own/reads").text == "accounts, admin, reader, sales"
    log_in("reader").get("/probe/own/writes", status=500)


def test_the_process_is_alive_and_the_database_ready(client: Browser) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ok\n"


def test_without_its_tables_the_process_is_alive_and_not_ready(client: Browser, services: Services) -> None:
    with services.db.begin() as session:
        session.connection().exec_driver_sql("DELETE FROM alembic_version")
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz", status=503).text == "the database needs an upgrade\n"


def test_without_a_database_there_is_still_a_page(
    client: Browser, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("no such server"))

    client.get("/login")
    services.db.engine.dispose()
    monkeypatch.setattr(services.db.engine, "pool", type("Gone", (), {"connect": gone, "dispose": lambda self: None})())
    assert client.get("/readyz", status=503).text == "the database does not answer\n"
    assert "Not here" in words(client.get("/nothing", status=404))
