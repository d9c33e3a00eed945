"""The sandbox tells what changed as Xero does; every delivery is held to Xero's own description of webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from core import ManualClock
from plugins.xero.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.webhooks import TRIES
from tests.plugins.xero import openapi
from tests.plugins.xero.sandbox.conftest import HARBOUR, NOW
from tests.plugins.xero.sandbox.test_pages import Visitor, text

URL, KEY = "https://crm.example/webhooks/xero", "secret-of-the-app"
FILE = "xero-webhooks.yaml"


@cache
def described() -> dict[str, Any]:
    """Xero's description; skips where it is not at hand."""
    openapi.needed()
    found: dict[str, Any] = yaml.safe_load((openapi.folder() / FILE).read_text(encoding="utf-8"))
    return found


def judge(body: bytes) -> None:
    """Hold one delivery of events to the description."""
    for event in json.loads(body)["events"]:
        name = "CreditNoteWebhookEvent" if event["eventCategory"] == "CREDITNOTE" else "WebhookEvent"
        whole = {**described(), "$ref": f"#/components/schemas/{name}"}
        alone = {**json.loads(body), "events": [event]}
        # Xero writes eventDateUtc without an offset, which is no date-time of the RFC: the format is not checked.
        Draft202012Validator(whole, format_checker=FormatChecker(["uuid"])).validate(alone)


class App:
    """An app that hears: answers by the signature, or by `answer` where that is set."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.answer: int | None = None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        assert url == URL
        right = base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
        if self.answer is None and headers["x-xero-signature"] != right:
            return 401
        if json.loads(body)["events"]:
            self.heard.append(body)
        return self.answer or 200

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for body in self.heard for event in json.loads(body)["events"]]


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def told(sandbox: Sandbox, app: App) -> Sandbox:
    """A sandbox that is connected and tells."""
    sandbox.token()
    sandbox.webhooks.subscribe(URL, KEY)
    sandbox.webhooks.post = app.post
    sandbox.webhooks.deliver()
    return sandbox


def first(sandbox: Sandbox, status: str) -> str:
    rows = sandbox.records("Invoices")
    return str(next(row["InvoiceID"] for row in rows if (row["Status"], row["Type"]) == (status, "ACCREC")))


def test_every_sort_of_event_is_as_xero_describes_it(told: Sandbox, app: App) -> None:
    told.deeds.rename_contact(told.contact_id(HARBOUR), "Harbour")
    told.deeds.credit(first(told, "AUTHORISED"))
    assert told.webhooks.deliver() == 1
    for body in app.heard:
        judge(body)
    assert [(one["eventCategory"], one["eventType"]) for one in app.events] == [
        ("CONTACT", "UPDATE"),
        ("CREDITNOTE", "CREATE"),
        ("INVOICE", "UPDATE"),
    ]
    numbers = json.loads(app.heard[0])
    assert (numbers["firstEventSequence"], numbers["lastEventSequence"]) == (1, 3)


def test_a_wrong_delivery_would_be_seen(told: Sandbox, app: App) -> None:
    told.deeds.rename_contact(told.contact_id(HARBOUR), "Harbour")
    told.webhooks.deliver()
    wrong = json.loads(app.heard[0])
    wrong["events"][0]["eventType"] = "DELETE"
    with pytest.raises(ValidationError):
        judge(json.dumps(wrong).encode())


@pytest.mark.parametrize(("answer", "state"), [(200, "was not answered by 401"), (401, "answered by 401 instead")])
def test_who_does_not_tell_right_from_wrong_hears_nothing(sandbox: Sandbox, app: App, answer: int, state: str) -> None:
    sandbox.token()
    app.answer = answer
    sandbox.webhooks.subscribe(URL, KEY)
    sandbox.webhooks.post = app.post
    sandbox.deeds.rename_contact(sandbox.contact_id(HARBOUR), "Harbour")
    assert sandbox.webhooks.deliver() == 0
    assert sandbox.webhooks.subscription is not None
    assert state in sandbox.webhooks.subscription.state
    assert app.heard == []


def test_what_is_not_taken_comes_again_for_a_day_and_no_longer(told: Sandbox, app: App, clock: ManualClock) -> None:
    app.answer = 500
    told.deeds.rename_contact(told.contact_id(HARBOUR), "Harbour")
    for seconds in (0, *TRIES, *TRIES):
        clock.advance(seconds=seconds)
        told.webhooks.deliver()
    assert len(app.heard) == len(TRIES) + 1
    assert len({*app.heard}) == 1
    app.answer = 200
    clock.advance(seconds=24 * 3600)
    assert told.webhooks.deliver() == 0


def test_an_organisation_that_no_app_reaches_is_not_told_of(told: Sandbox, app: App) -> None:
    told.deeds.disconnect()
    told.deeds.rename_contact(told.contact_id(HARBOUR), "Harbour")
    assert told.webhooks.deliver() == 0


def test_work_that_is_undone_is_not_told(told: Sandbox, app: App) -> None:
    store = told._state.store
    contact = told.record("Contacts", told.contact_id(HARBOUR))

    def fail() -> None:
        with store.work(), store.whole():
            told.books()["Contacts"].put({**contact, "Name": "Never", "UpdatedDateUTC": 1})
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fail()
    assert told.webhooks.deliver() == 0


def test_the_page_shows_what_was_told_and_registers_an_address(told: Sandbox, app: App) -> None:
    visitor = Visitor(told)
    told.deeds.rename_contact(told.contact_id(HARBOUR), "Harbour")
    told.webhooks.deliver()
    page = visitor.see("/sandbox/webhooks")
    assert "CONTACT update" in text(page)
    assert "Intent to receive: OK" in text(visitor.press(page, "Send intent to receive"))
    for url in ("javascript:alert(1)", "http://[", "https://"):
        page = visitor.press(page, "Register", url=url)
        assert "begins with http" in text(page)
    assert "Nobody is told" in text(visitor.press(page, "Unsubscribe"))
    assert "Registered" in text(visitor.press(visitor.see("/sandbox/webhooks"), "Register", url="https://x.example/"))


def test_a_contact_is_merged_on_its_page(sandbox: Sandbox) -> None:
    visitor, contact = Visitor(sandbox), sandbox.contact_id(HARBOUR)
    page = visitor.see(f"/Contacts/View/{contact}")
    assert "no other contact" in text(visitor.press(page, "Merge", into="Nobody"))
    assert "Merged into Aoraki Outdoor Co" in text(visitor.press(page, "Merge", into="aoraki outdoor co"))
    merged = sandbox.record("Contacts", contact)
    assert merged["ContactStatus"] == "ARCHIVED"
    assert merged["MergedToContactID"] == sandbox.contact_id("Aoraki Outdoor Co")
    assert not sandbox.books()["Invoices"].of_contact(contact)


def test_an_address_given_at_the_start_is_registered() -> None:
    made = make_sandbox(clock=ManualClock(NOW), webhook=(URL, KEY))
    assert made.webhooks.subscription is not None
    assert (made.webhooks.subscription.url, made.webhooks.subscription.key) == (URL, KEY)
