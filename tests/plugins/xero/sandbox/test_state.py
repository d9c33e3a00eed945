"""What outlives a restart."""

from __future__ import annotations

from pathlib import Path

import httpx2

from core import ManualClock
from plugins.xero.sandbox import Sandbox, make_sandbox
from tests.plugins.xero.sandbox.conftest import Caller


def started(clock: ManualClock, path: Path) -> Sandbox:
    return make_sandbox(clock=clock, state_file=path, base_url="http://localhost")


def test_everything_is_there_after_a_restart(clock: ManualClock, tmp_path: Path) -> None:
    first = started(clock, tmp_path / "state.db")
    tokens = first.token()
    caller = Caller(first, tokens["access_token"], first.tenant_id)
    key = {"Idempotency-Key": "k1"}
    made = caller.send("PUT", "Contacts", {"Name": "Kept 🎉"}, headers=key)
    draft = caller.write("PUT", "Invoices", {"Type": "ACCREC", "Contact": {"Name": "Kept 🎉"}, "DueDate": "2026-12-01"})
    first.deeds.disconnect(first.connections()[1]["id"])
    before = {name: first.records(name) for name in ("Contacts", "Invoices", "CreditNotes", "Payments", "History")}
    keys = httpx2.Client(transport=httpx2.WSGITransport(app=first.app), base_url="http://localhost")
    published = keys.get("/.well-known/openid-configuration/jwks").json()
    first.close()

    clock.advance(seconds=86400 * 3)  # demo data is not made again, nor moved
    second = started(clock, tmp_path / "state.db")
    assert {name: second.records(name) for name in before} == before
    assert len(second.connections()) == 1
    client = httpx2.Client(transport=httpx2.WSGITransport(app=second.app), base_url="http://localhost")
    assert client.get("/.well-known/openid-configuration/jwks").json() == published
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    form |= {"client_id": "ledgertab-demo", "client_secret": "ledgertab-demo-secret"}
    refreshed = client.post("/connect/token", data=form).json()
    again = Caller(second, refreshed["access_token"], second.tenant_id)
    assert again.get(f"Invoices/{draft[0]['InvoiceID']}")["Invoices"][0]["Status"] == "DRAFT"
    assert again.get(f"Contacts/{made.json()['Contacts'][0]['ContactID']}")["Contacts"][0]["Name"] == "Kept 🎉"
    second.close()


def test_a_restart_within_six_minutes_gives_the_same_answer_again(clock: ManualClock, tmp_path: Path) -> None:
    first = started(clock, tmp_path / "state.db")
    token, key = first.token()["access_token"], {"Idempotency-Key": "k1"}
    body = {"Contacts": [{"Name": "Once"}]}
    made = Caller(first, token, first.tenant_id).send("PUT", "Contacts", body, headers=key)
    first.close()
    second = started(clock, tmp_path / "state.db")
    again = Caller(second, token, second.tenant_id).send("PUT", "Contacts", body, headers=key)
    assert again.content == made.content
    second.close()


def test_a_crash_loses_nothing_that_was_answered(clock: ManualClock, tmp_path: Path) -> None:
    first = started(clock, tmp_path / "state.db")
    Caller(first, first.token()["access_token"], first.tenant_id).write("PUT", "Contacts", {"Name": "Answered"})
    second = started(clock, tmp_path / "state.db")  # the first was never closed
    assert second.contact_id("Answered")
    second.close()
    first.close()


def test_two_sandboxes_in_one_process_do_not_share_their_books(clock: ManualClock) -> None:
    one, other = make_sandbox(clock=clock), make_sandbox(clock=clock)
    before = other.records("Invoices"), other.records("Contacts")
    for row in one.records("Invoices"):
        if row["Status"] in {"DRAFT", "SUBMITTED"}:
            one.deeds.approve(row["InvoiceID"])
        if row["Status"] == "AUTHORISED":
            one.deeds.credit(row["InvoiceID"])
    one.deeds.archive_contact(one.contact_id("Aoraki Outdoor Co"))
    caller = Caller(one, one.token()["access_token"], one.tenant_id)
    for row in before[0][:50]:
        caller.send("POST", "Invoices", {"InvoiceID": row["InvoiceID"], "Reference": "changed"})
    assert (other.records("Invoices"), other.records("Contacts")) == before
    assert one.records("Invoices") != before[0]
