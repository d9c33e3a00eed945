"""The whole application with its plugins, against the Xero sandbox in process."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import webtest

from core import ManualClock
from core.records.models import Contact, Opportunity, Organization
from core.services import Services
from plugins.xero.sandbox import Sandbox, make_sandbox
from tests.conftest import Browser, LogIn

SANDBOX_URL = "http://sandbox.example"


@contextmanager
def large_bodies() -> Iterator[None]:
    """Around large bodies sent to the application: pyramid_retry leaves the files it keeps them in to the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@pytest.fixture
def sandbox(clock: ManualClock) -> Iterator[Sandbox]:
    made = make_sandbox(clock=clock, base_url=SANDBOX_URL)
    yield made
    made.close()


@pytest.fixture
def http(sandbox: Sandbox) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=httpx2.WSGITransport(app=sandbox.app)) as client:
        yield client


@pytest.fixture
def ini() -> dict[str, str]:
    return {
        "crm.plugins": "xero quickbooks_stub",
        "xero.client_id": Sandbox.client_id,
        "xero.client_secret": Sandbox.client_secret,
        "xero.api_url": SANDBOX_URL,
        "xero.identity_url": SANDBOX_URL,
        "xero.login_url": SANDBOX_URL,
        "xero.web_url": SANDBOX_URL,
    }


def consent(sandbox: Sandbox, url: str, *, tenants: int = 1, answer: str = "allow") -> str:
    """Walk through the sandbox's consent page; the address that it sends the browser back to."""
    visitor = webtest.TestApp(sandbox.app)
    parts = urlsplit(url)
    form = visitor.get(f"{parts.path}?{parts.query}").form
    for number, box in enumerate(form.fields["tenant"]):
        box.checked = number < tenants
    return str(form.submit("answer", value=answer).location)


def local(url: str) -> str:
    """An address of the application, as a path."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


Connect = Callable[..., Browser]


@pytest.fixture
def connect(sandbox: Sandbox, services: Services, log_in: LogIn) -> Connect:
    """`connect()` is an admin's browser after the walk to the consent page and back, the contacts read."""

    def walk(tenants: int = 1) -> Browser:
        admin = log_in("admin")
        away = admin.send("/admin/accounting/connect/xero/code", status=303).location
        back = consent(sandbox, away, tenants=tenants)
        admin.get(local(back), status=302)
        services.jobs.drain()
        return admin

    return walk


@pytest.fixture
def harbour(services: Services, clock: ManualClock) -> str:
    """The address of an organization that the books know by a longer name."""
    return add_record(services, clock, Organization(name="Harbour Coffee Roasters", email="accounts@harbour.example"))


@pytest.fixture
def hana(services: Services, clock: ManualClock) -> str:
    """The address of a person that the books know."""
    return add_record(services, clock, Contact(first_name="Hana", last_name="Whitiora", email="hana@tuidesign.example"))


@pytest.fixture
def refit(services: Services, clock: ManualClock, harbour: str) -> str:
    """The address of an opportunity of that organization."""
    number = int(harbour.rpartition("/")[2])
    made = Opportunity(name="Roastery refit, stage 1", organization_id=number, stage="Won", currency="NZD")
    return add_record(services, clock, made)


def add_record(services: Services, clock: ManualClock, record: Any) -> str:
    """Keep a record; its address."""
    record.created_at = record.changed_at = clock.now()
    with services.db.begin() as session:
        session.add(record)
        session.flush()
        return str(record.path)
