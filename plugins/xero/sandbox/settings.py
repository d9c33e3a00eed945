"""The lists that forms choose from: items, accounts, tax rates, currencies, themes, tracking, users. None has pages."""

from __future__ import annotations

from collections.abc import Callable

from plugins.xero.sandbox.arithmetic import unit_price
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.serving import Render, listed, one
from plugins.xero.sandbox.wire import Record, shown


def _plain(ask: Ask, record: Record, full: bool) -> Record:
    return shown(record)


def _item(ask: Ask, record: Record, full: bool) -> Record:
    row = shown(record)
    for side in ("SalesDetails", "PurchaseDetails"):
        price = row[side].get("UnitPrice")
        if price is not None:
            row[side] = {**row[side], "UnitPrice": unit_price(price, ask.places)}
    return row


def _tracking(ask: Ask, record: Record, full: bool) -> Record:
    row = shown(record)
    if not ask.flag("includeArchived"):
        row["Options"] = [option for option in row["Options"] if option["Status"] == "ACTIVE"]
    return row


def _list(name: str, render: Render = _plain) -> Callable[[Ask], Answer]:
    def answer(ask: Ask) -> Answer:
        return listed(ask, name, ask.books[name].all(), render, pages=False)

    return answer


def _one(name: str, render: Render = _plain) -> Callable[[Ask], Answer]:
    def answer(ask: Ask) -> Answer:
        return one(ask, name, render)

    return answer


def tracking(ask: Ask) -> Answer:
    """Tracking categories with their options; archived ones only with `includeArchived=true`."""
    rows = ask.books["TrackingCategories"].all()
    if not ask.flag("includeArchived"):
        rows = [row for row in rows if row["Status"] == "ACTIVE"]
    return listed(ask, "TrackingCategories", rows, _tracking, pages=False)


items, one_item = _list("Items", _item), _one("Items", _item)
accounts, one_account = _list("Accounts"), _one("Accounts")
tax_rates, one_tax_rate = _list("TaxRates"), _one("TaxRates")
currencies = _list("Currencies")
branding_themes, one_branding_theme = _list("BrandingThemes"), _one("BrandingThemes")
one_tracking = _one("TrackingCategories", _tracking)
users, one_user = _list("Users"), _one("Users")
