"""Copying fields works for any provider that claims it: here the toy ledger, whose parties carry a version."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from core.accounting import connections
from core.accounting.models import Connection, PartyChange, PartyLink, PartyRow
from core.records.models import Organization
from core.services import Services
from tests.conftest import LogIn
from tests.core.accounting.books import Books, connect
from tests.core.accounting.on_the_stub import ini
from tests.databases import NOW

__all__ = ["ini"]

pytestmark = pytest.mark.slow


def test_fields_go_both_ways_on_the_stub(services: Services, log_in: LogIn) -> None:
    connect(log_in("admin"), services)
    with services.db.begin() as session:
        party = session.scalars(select(PartyRow).where(PartyRow.state == "active")).first()
        connection = session.scalars(select(Connection)).one()
        assert party is not None
        books = Books(services, connection.id)
        party_id = party.party_id
    books.make("organization", "organizations", name="Kea Toys", email="office@kea.example", phone="")
    with services.db.begin() as session:
        session.add(
            PartyLink(**books.of("organization"), connection_id=connection.id, party_id=party_id, linked_at=NOW)
        )
    sales = log_in("sales")
    page = sales.get(f"{books.tab('organization')}/copy?link=1")
    form: Any = next(one for one in page.forms.values() if "link" in one.fields and one.method.upper() == "GET")
    for name in {"name", "email", "phone", "tax_number", "address", "city", "region", "postal_code", "country"} & set(
        form.fields
    ):
        form[name] = {"email": "there", "name": "here"}.get(name, "leave")
    shown = form.submit("step", value="preview")
    next(one for one in shown.forms.values() if "seen" in one.fields).submit(status=303)
    services.jobs.drain()
    told = connections.open_provider(services, connection.id).get_party(party_id)
    assert told.email == "office@kea.example"
    with services.db.read() as session:
        assert session.scalars(select(Organization)).one().name == told.name != "Kea Toys"
        assert session.scalars(select(PartyChange)).one().state == "made"
