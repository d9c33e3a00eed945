"""The figures of the whole demo company, computed a second time from the sandbox's raw JSON, to the cent.

Nothing of the plugin or the core takes part in the second computation: it reads what goes over the wire and follows
the rules as they are written for people.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from decimal import Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import and_, select

from core import ManualClock
from core.accounting.connections import today
from core.accounting.linking import link_party
from core.accounting.models import Connection, DocumentRow, PartyRow
from core.accounting.overview import Figures, figures
from core.records.models import Organization
from core.services import Services
from plugins.xero.sandbox import Sandbox
from tests.story.conftest import SANDBOX_URL, Connect

Raw = dict[str, Any]


@pytest.fixture
def raw(sandbox: Sandbox, http: httpx2.Client) -> dict[str, list[Raw]]:
    """Every document of the first organisation as the sandbox tells it, Decimals from the literal."""
    credentials = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret}
    scope = "accounting.invoices accounting.payments.read accounting.contacts accounting.settings.read"
    form = {"grant_type": "client_credentials", "scope": scope, **credentials}
    token = http.post(f"{SANDBOX_URL}/connect/token", data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def whole(path: str) -> list[Raw]:
        found: list[Raw] = []
        for page in range(1, 50):
            url = f"{SANDBOX_URL}/api.xro/2.0/{path}?page={page}&pageSize=1000"
            answer = json.loads(http.get(url, headers=headers).content, parse_float=Decimal, parse_int=Decimal)
            found += answer[path]
            if len(answer[path]) < 1000:
                break
        return found

    return {path: whole(path) for path in ("Invoices", "CreditNotes", "Overpayments", "Prepayments")}


def day(value: str | None) -> dt.date | None:
    """The day of ``/Date(ms+0000)/``."""
    if not value:
        return None
    milliseconds = int(value[6:].split("+")[0].rstrip(")/"))
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).date()


def independent(raw: dict[str, list[Raw]], contact: str, now: dt.date) -> dict[str, Any]:
    """The figures of one contact, from the raw JSON."""
    base, sums, paid_after = "NZD", defaultdict[str, Decimal](Decimal), []
    last_year, two_years = now.replace(year=now.year - 1), now.replace(year=now.year - 2)
    for one in raw["Invoices"]:
        if one["Contact"]["ContactID"] != contact or one["CurrencyCode"] != base:
            continue
        sale, state, issued = one["Type"] == "ACCREC", one["Status"], day(one["Date"])
        due, paid = day(one.get("DueDate")), day(one.get("FullyPaidOnDate"))
        assert issued is not None
        if sale and state in ("SUBMITTED", "AUTHORISED"):
            sums[f"invoices {state}"] += one["Total"]
        if not sale and state in ("SUBMITTED", "AUTHORISED"):
            sums[f"bills {state}"] += one["Total"]
        if sale and state == "AUTHORISED":
            sums["outstanding"] += one["AmountDue"]
            sums["overdue"] += one["AmountDue"] if due and due < now else 0
        if sale and state in ("AUTHORISED", "PAID"):
            net = one["Total"] - one["TotalTax"]
            sums["lifetime"] += net
            sums["year"] += net if last_year < issued <= now else 0
        if sale and state == "PAID" and paid and two_years < paid <= now and one["AmountPaid"] > 0:
            paid_after.append((paid - issued).days)
    for one in raw["CreditNotes"]:
        if one["Contact"]["ContactID"] != contact or one["CurrencyCode"] != base or one["Type"] != "ACCRECCREDIT":
            continue
        issued = day(one["Date"])
        assert issued is not None
        if one["Status"] in ("AUTHORISED", "PAID"):
            net = one["Total"] - one["TotalTax"]
            sums["lifetime"] -= net
            sums["year"] -= net if last_year < issued <= now else 0
        sums["credit"] += one["RemainingCredit"] if one["Status"] == "AUTHORISED" else 0
    for one in raw["Overpayments"] + raw["Prepayments"]:
        mine = one["Contact"]["ContactID"] == contact and one["CurrencyCode"] == base
        if mine and one["Status"] == "AUTHORISED" and one["Type"].startswith("RECEIVE"):
            sums["credit"] += one["RemainingCredit"]
    return {**sums, "days": Decimal(str(median(paid_after))) if paid_after else None}


def as_told(found: Figures) -> dict[str, Any]:
    """The figures of the page, by the names of the second computation; zeros left out."""
    named = {
        "invoices SUBMITTED": found["invoices_submitted"].value,
        "invoices AUTHORISED": found["invoices_authorised"].value,
        "bills SUBMITTED": found["bills"].value,
        "bills AUTHORISED": found["bills_authorised"].value,
        "outstanding": found["outstanding"].value,
        "overdue": found["overdue"].value,
        "lifetime": found["lifetime"].value,
        "year": found["twelve_months"].value,
        "credit": found["unused_credit"].value,
        "days": found.days_to_pay,
    }
    return {name: value for name, value in named.items() if value}


def test_every_figure_of_every_party_is_what_the_raw_documents_say(
    connect: Connect, services: Services, clock: ManualClock, raw: dict[str, list[Raw]]
) -> None:
    connect()
    with services.db.begin() as session:
        connection = session.scalars(select(Connection).where(Connection.provider == "xero")).one()
        record = Organization(name="Everybody", created_at=clock.now(), changed_at=clock.now())
        session.add(record)
        session.flush()
        parties = session.scalars(select(PartyRow.party_id)).all()
        for party in parties:
            link_party(session, record, connection, party, user_id=1, now=clock.now())
    services.jobs.enqueue("accounting.refresh", connection_id=connection.id, party_ids=[])
    services.jobs.drain()
    now = today(connection, clock)
    assert now == clock.now().astimezone(ZoneInfo("Pacific/Auckland")).date()
    assert len(parties) >= 60
    seen = 0
    with services.db.read() as session:
        for party in parties:
            mine = and_(DocumentRow.connection_id == connection.id, DocumentRow.party_id == party)
            ours = as_told(figures(session, mine, "NZD", now))
            theirs = {name: value for name, value in independent(raw, party, now).items() if value}
            assert ours == theirs, party
            seen += len(ours)
    assert seen > 150, "the demo company has too little life in it to prove anything"
