"""What the checks share: walking through pages, claims, sample parties and sample drafts."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from core.contract.clock import ManualClock
from core.contract.errors import Duplicate, ProviderError, Unsupported
from core.contract.provider import AccountingProvider, ProviderContext
from core.contract.values import (
    AmountsAre,
    Capability,
    Change,
    Choice,
    ChoiceKind,
    Document,
    DocumentKind,
    DocumentQuery,
    Line,
    NewDocument,
    NewParty,
    Page,
    Party,
)

T = TypeVar("T")

MOST_PAGES = 1000
WHOLE = re.compile("BIF|CLP|DJF|GNF|ISK|JPY|KMF|KRW|PYG|RWF|UGX|UYI|VND|VUV|XAF|XOF|XPF")
THOUSANDTHS = re.compile("BHD|IQD|JOD|KWD|LYD|OMR|TND")
DRAFTS = {DocumentKind.SALES_INVOICE: Capability.DRAFT_INVOICE, DocumentKind.ESTIMATE: Capability.ESTIMATE}
ADVANCES = (DocumentKind.OVERPAYMENT, DocumentKind.PREPAYMENT)
CREDITS = (DocumentKind.SALES_CREDIT_NOTE, *ADVANCES)


def walk(what: str, fetch: Callable[[str | None], Page[T]]) -> list[T]:
    """Every item of a paged list, by following its cursors to their end."""
    return [item for page in walk_pages(what, fetch) for item in page]


def walk_pages(what: str, fetch: Callable[[str | None], Page[T]]) -> list[Sequence[T]]:
    """The pages of a list; fails when a cursor comes back or there is no end."""
    pages: list[Sequence[T]] = []
    seen: set[str] = set()
    cursor: str | None = None
    while True:
        page = fetch(cursor)
        pages.append(page.items)
        cursor = page.cursor
        if cursor is None:
            return pages
        assert cursor not in seen, (
            f"{what}: the cursor {cursor!r} was given twice, so the walk never ends. "
            "Give a cursor that moves on with every page, and None with the last."
        )
        seen.add(cursor)
        assert len(pages) < MOST_PAGES, f"{what}: no end after {MOST_PAGES} pages. Give None as cursor with the last."


def find_parties(provider: AccountingProvider, text: str) -> list[Party]:
    """Every party that a search finds."""
    return walk("search_parties", lambda cursor: provider.search_parties(text, cursor=cursor))


def find_documents(provider: AccountingProvider, query: DocumentQuery) -> list[Document]:
    """Every document that a search finds."""

    def fetch(cursor: str | None) -> Page[Document]:
        asked = DocumentQuery(query.text, query.kinds, query.date_from, query.date_to, query.party_id, cursor)
        return provider.search_documents(asked)

    return walk("search_documents", fetch)


def all_changes(provider: AccountingProvider, since: datetime | None) -> list[Change]:
    """Every change since a moment (None: the first reading)."""
    return walk("changes", lambda cursor: provider.changes(since, cursor=cursor))


def all_advances(provider: AccountingProvider, since: datetime | None) -> list[Change]:
    """Every change of over- and prepayments since a moment (None: the first reading)."""
    return walk("advances", lambda cursor: provider.advances(since, cursor=cursor))


def need(provider: AccountingProvider, capability: Capability) -> None:
    """Skip the check unless the provider claims the capability."""
    if capability not in provider.capabilities():
        pytest.skip(f"{capability.name} is not claimed")


def need_unclaimed(provider: AccountingProvider, capability: Capability) -> None:
    """Skip the check when the provider claims the capability."""
    if capability in provider.capabilities():
        pytest.skip(f"{capability.name} is claimed")


def expect_unsupported(what: str, capability: Capability, call: Callable[[], object]) -> None:
    """Fail unless the call raises `Unsupported`."""
    try:
        answer = call()
    except Unsupported:
        return
    except Exception as error:
        pytest.fail(f"{what} raised {error!r}. {capability.name} is not claimed: raise Unsupported before any call.")
    pytest.fail(
        f"{what} answered {answer!r} though {capability.name} is not in capabilities(). "
        "Claim it, or raise Unsupported (the base class does when you leave the method out)."
    )


def expect(
    what: str, advice: str, errors: type[Exception] | tuple[type[Exception], ...], call: Callable[[], object]
) -> Exception:
    """The error that the call raises; fails when it raises none or another one. `advice` tells what to do."""
    wanted = errors if isinstance(errors, tuple) else (errors,)
    try:
        answer = call()
    except wanted as error:
        return error
    except Exception as error:
        kind = "another error of the contract" if isinstance(error, ProviderError) else "no error of the contract"
        pytest.fail(f"{what} raised {error!r}, {kind}. {advice}")
    pytest.fail(f"{what} raised nothing and gave {answer!r}. {advice}")


def made_or_taken(call: Callable[[], Party]) -> tuple[Party, bool]:
    """The party that the call gives and False, or the one that has the name already and True."""
    try:
        return call(), False
    except Duplicate as error:
        return error.existing, True


def no_complaints(what: str, complaints: Iterable[str]) -> None:
    """Fail with the first few complaints."""
    found = list(complaints)
    assert not found, f"{what}: " + " | ".join(found[:5]) + (f" | and {len(found) - 5} more" if len(found) > 5 else "")


def tick(context: ProviderContext, seconds: int = 2) -> None:
    """Let time pass, where the clock of the context can be told to."""
    if isinstance(context.clock, ManualClock):
        context.clock.advance(seconds=seconds)


def today(provider: AccountingProvider, context: ProviderContext) -> date:
    """Today in the organisation's time zone."""
    return context.clock.now().astimezone(ZoneInfo(provider.organisation().timezone)).date()


def new_key() -> str:
    """A key as the core makes them: unique, good for an address."""
    return str(uuid.uuid4())


def sample_party() -> NewParty:
    """A party that is not there yet, with accents and an apostrophe in its name."""
    mark = uuid.uuid4().hex[:8]
    return NewParty(
        name=f"Zoë O'Brien & Søn {mark}",
        first_name="Zoë",
        last_name="O'Brien",
        email=f"zoe.{mark}@example.com",
        phone="5550142",
        city="Nelson",
        postal_code="7010",
        country="NZ",
    )


def usable(choices: Sequence[Choice]) -> list[Choice]:
    """Those that may stand on a sales invoice today."""
    return [choice for choice in choices if choice.active and choice.for_sales]


def sample_draft(
    provider: AccountingProvider, context: ProviderContext, party_id: str, key: str, *, reference: str = ""
) -> NewDocument:
    """A draft of two lines, filled in from the organisation's own choices, in the party's currency.

    71.66 before tax with a half cent in it; 7,166 and 7.166 where the currency has no decimals, or three.
    """
    claimed, day = provider.capabilities(), today(provider, context)
    currency = provider.get_party(party_id).currency or provider.organisation().base_currency
    items, accounts = usable(provider.choices(ChoiceKind.ITEM)), usable(provider.choices(ChoiceKind.ACCOUNT))
    if Capability.LINE_NEEDS_ITEM in claimed and not items:
        pytest.fail(
            "choices(ITEM) has no active item for sales, though LINE_NEEDS_ITEM is claimed: no draft is possible."
        )
    item = items[0] if Capability.LINE_NEEDS_ITEM in claimed else None
    account = (item.account if item else "") or (accounts[0].id if accounts else "")
    line = Line(
        description="Consulting – août",
        quantity=Decimal(3),
        unit_price=Decimal("1999") * smallest(currency),
        item=item.id if item else "",
        account=account,
        tax_rate=_tax_rate(provider, item, next((a for a in accounts if a.id == account), None)),
    )
    half = _with(line, description="Travel", quantity=Decimal("1.5"), unit_price=Decimal("779") * smallest(currency))
    return NewDocument(
        party_id=party_id,
        date=day,
        due_date=day + timedelta(days=14),
        currency=currency,
        amounts_are=AmountsAre.EXCLUSIVE,
        lines=(line, half),
        reference=reference or f"Order {key[:6]}",
        mark_url=f"https://crm.example/opportunities/1?mark={key}",
    )


def rounded(line: Line, currency: str) -> Decimal:
    """Quantity × unit price less discount, half-up to the smallest amount of the currency."""
    amount = line.quantity * line.unit_price * (100 - line.discount) / 100 - line.discount_amount
    return amount.quantize(smallest(currency), ROUND_HALF_UP)


def smallest(currency: str) -> Decimal:
    """The smallest amount of a currency (ISO 4217): a cent of most, 1 of those without decimals."""
    if WHOLE.fullmatch(currency):
        return Decimal(1)
    return Decimal("0.001") if THOUSANDTHS.fullmatch(currency) else Decimal("0.01")


def of_parties(provider: AccountingProvider, party_ids: Sequence[str]) -> list[Document]:
    """Every document of these parties."""
    return walk("documents_of", lambda cursor: provider.documents_of(party_ids, cursor=cursor))


def of_party(provider: AccountingProvider, party_id: str) -> list[Document]:
    """Every document of one party."""
    return of_parties(provider, [party_id])


def missing(wanted: Collection[T], found: Collection[T]) -> str:
    """The first few that were wanted and not found, as text; empty when nothing is missing."""
    return ", ".join(str(thing) for thing in [w for w in wanted if w not in found][:5])


def _tax_rate(provider: AccountingProvider, item: Choice | None, account: Choice | None) -> str:
    rates = [rate.id for rate in usable(provider.choices(ChoiceKind.TAX_RATE))]
    for choice in (item, account):
        if choice and choice.tax_rate in rates:
            return choice.tax_rate
    return rates[0] if rates else ""


def _with(line: Line, *, description: str, quantity: Decimal, unit_price: Decimal) -> Line:
    return Line(description, quantity, unit_price, item=line.item, account=line.account, tax_rate=line.tax_rate)
