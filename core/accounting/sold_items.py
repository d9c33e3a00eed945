"""What the connected organisations sell, offered in the lines of an opportunity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from core.accounting import access, snapshot
from core.accounting.models import Connection
from core.contract.values import ChoiceKind
from core.records.line_items import SoldItem

MOST = 500  # a longer list helps nobody


def sold_items(request: Any) -> Iterator[SoldItem]:
    """The items sold in the connections in which the user may raise drafts, with prices in their base currencies."""
    for connection in request.dbsession.scalars(select(Connection).order_by(Connection.id)):
        if connection.state != "connected" or not access.may(request, access.DRAFT, connection):
            continue
        for item in snapshot.choices(request.dbsession, connection.id, ChoiceKind.ITEM)[:MOST]:
            if item.active and item.for_sales:
                yield SoldItem(item.id, item.label, item.description, item.price, connection.base_currency)
