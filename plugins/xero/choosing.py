"""The organisation's lists that a draft is filled in from, as the core's choices. No network.

What goes into a line: an account's and an item's code, a tax rate's type, a theme's id, and for tracking the pair
(category's name, option's name), which are `Choice.group` and `Choice.id`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from core import Choice, ChoiceKind
from plugins.xero import answers, structs
from plugins.xero.literals import amount, clean

S = TypeVar("S", bound=answers.Envelope)

_SALES_TYPES = ("SALES", "REVENUE", "OTHERINCOME")


def items(told: answers.Items) -> Iterator[Choice]:
    """Products and services. Xero gives them no status; those it calls sold may stand on an invoice."""
    for item in told.items:
        sales = item.sales_details or structs.SalesDetails()
        yield Choice(
            ChoiceKind.ITEM,
            clean(item.code),
            item.name or item.code,
            for_sales=bool(item.is_sold),
            code=clean(item.code),
            description=item.description or "",
            price=None if sales.unit_price is None else amount(sales.unit_price),
            account=clean(sales.account_code),
            tax_rate=clean(sales.tax_type),
        )


def accounts(told: answers.Accounts) -> Iterator[Choice]:
    """Accounts that have a code and are not the system's own; those of revenue are for sales."""
    for account in told.accounts:
        if not account.code or account.system_account:
            continue
        revenue = account.class_ == "REVENUE" or account.type in _SALES_TYPES
        yield Choice(
            ChoiceKind.ACCOUNT,
            clean(account.code),
            account.name,
            active=account.status == "ACTIVE",
            for_sales=revenue,
            code=clean(account.code),
            description=account.description or "",
            tax_rate=clean(account.tax_type),
        )


def tax_rates(told: answers.TaxRates) -> Iterator[Choice]:
    """Tax rates, in per cent with compound parts worked in; each says whether it may be used for revenue."""
    for rate in told.tax_rates:
        per_cent = rate.effective_rate if rate.effective_rate is not None else rate.display_tax_rate
        yield Choice(
            ChoiceKind.TAX_RATE,
            clean(rate.tax_type),
            rate.name,
            active=rate.status == "ACTIVE",
            for_sales=bool(rate.can_apply_to_revenue),
            code=clean(rate.tax_type),
            rate=None if per_cent is None else amount(per_cent),
        )


def currencies(told: answers.Currencies) -> Iterator[Choice]:
    """Currencies that the organisation has switched on."""
    for currency in told.currencies:
        yield Choice(ChoiceKind.CURRENCY, currency.code, currency.description or currency.code, code=currency.code)


def themes(told: answers.BrandingThemes) -> Iterator[Choice]:
    """Branding themes, Xero's default first."""
    for theme in sorted(told.branding_themes, key=lambda theme: theme.sort_order or 0):
        yield Choice(ChoiceKind.THEME, theme.branding_theme_id, theme.name)


def tracking(told: answers.TrackingCategories) -> Iterator[Choice]:
    """The options of every tracking category; `group` is the category's name."""
    for category in told.tracking_categories:
        for option in category.options or ():
            active = category.status in ("ACTIVE", None) and option.status in ("ACTIVE", None)
            name, group = clean(option.name), clean(category.name)
            yield Choice(ChoiceKind.TRACKING, name, name, active=active, group=group)


def _list(shape: type[S], made: Callable[[S], Iterator[Choice]]) -> Callable[[bytes], Sequence[Choice]]:
    """What can be chosen of an answer: all that has a code or a name."""
    return lambda raw: tuple(choice for choice in made(answers.reader(shape)(raw)) if choice.id.strip())


# Archived options of tracking categories come only when asked for.
PARAMS = {ChoiceKind.TRACKING: {"includeArchived": "true"}, ChoiceKind.ITEM: {"unitdp": "4"}}
LISTS: dict[ChoiceKind, tuple[str, Callable[[bytes], Sequence[Choice]]]] = {
    ChoiceKind.ITEM: ("Items", _list(answers.Items, items)),
    ChoiceKind.ACCOUNT: ("Accounts", _list(answers.Accounts, accounts)),
    ChoiceKind.TAX_RATE: ("TaxRates", _list(answers.TaxRates, tax_rates)),
    ChoiceKind.CURRENCY: ("Currencies", _list(answers.Currencies, currencies)),
    ChoiceKind.THEME: ("BrandingThemes", _list(answers.BrandingThemes, themes)),
    ChoiceKind.TRACKING: ("TrackingCategories", _list(answers.TrackingCategories, tracking)),
}
