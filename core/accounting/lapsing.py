"""Told on every page to who manages connections: one that needs Reconnect, and one whose grant is about to lapse.

A grant that is used does not lapse, and the daily light call uses it: it comes near that only where no worker runs, or
where the accounting system has not been reached for weeks. One query a page, for who manages connections alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select

from core import formats
from core.accounting.access import MANAGE
from core.accounting.models import Connection, GrantRow
from core.web import Notice

EARLY, SOON = timedelta(days=14), timedelta(days=3)
GONE = "{title} no longer lets Ledgertab into {name}. Tabs show the last known copy until it is connected again."
LAPSES = (
    "The connection to {name} in {title} lapses on {day}, for it was last used on {used}. Reconnect it, and see that "
    "the worker runs: it uses every connection once a day."
)
LAPSED = "The connection to {name} in {title} was not used since {used} and has lapsed. Reconnect it."

_concerned = (
    select(Connection.id, Connection.name, Connection.provider, Connection.state)
    .add_columns(GrantRow.authorizer, GrantRow.lapses_at, GrantRow.refreshed_at)
    .outerjoin(GrantRow, Connection.grant_id == GrantRow.id)
    .where(Connection.state != "disconnected")
    .order_by(Connection.name, Connection.id)
)


def notices(request: Any) -> Iterator[Notice]:
    """What to say to this user on this page, one notice for each connection concerned."""
    if not request.has_permission(MANAGE):
        return
    now = request.clock.now()
    concerned = _concerned.where(or_(Connection.state == "reconnect", GrantRow.lapses_at <= now + EARLY))
    with request.services.db.read() as session:
        rows = session.execute(concerned).all()
    for row in rows:
        spec = request.services.providers.get(row.provider)
        if spec is not None:
            yield _notice(spec, row, now)


def _notice(spec: Any, row: Row[Any], now: datetime) -> Notice:
    words = {"name": row.name, "title": spec.title}
    way = row.authorizer or next((one.key for one in spec.authorizers), "")
    url = f"/admin/accounting/connect/{spec.key}/{way}?connection={row.id}"
    if row.state == "reconnect":
        return Notice(GONE.format(**words), "bad", url, "Reconnect")
    words |= {"day": formats.day(row.lapses_at), "used": formats.day(row.refreshed_at)}
    sentence = LAPSES if row.lapses_at > now else LAPSED
    return Notice(sentence.format(**words), "bad" if row.lapses_at <= now + SOON else "warn", url, "Reconnect")
