"""What every endpoint does the same way: list, show one, write several."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.envelope import envelope, invalid, not_found, unreadable
from plugins.xero.sandbox.listing import matching, ordered, paged, since
from plugins.xero.sandbox.wire import BadValue, Record, read_id

# Renders one record; the flag says whether everything is wanted (pages, single reads) or the light form.
Render = Callable[[Ask, Record, bool], Record]
# Writes one element; gives the record and what was wrong with it (then nothing was kept).
Write = Callable[[Ask, Record], tuple[Record, list[str]]]


def listed(ask: Ask, name: str, rows: Iterable[Record], render: Render, *, pages: bool = True) -> Answer:
    """A list: changed since, where, order, pages."""
    found = since(rows, ask.headers.get("If-Modified-Since"))
    found = matching(ask.books, name, found, ask.query.text("where"))
    found = ordered(ask.books, name, found, ask.query.text("order"))
    if not pages:
        return Answer(envelope(ask.now, name, [render(ask, row, True) for row in found]))
    page = paged(found, ask.query)
    shown = [render(ask, row, page.paged) for row in page.rows]
    return Answer(envelope(ask.now, name, shown, page.pagination))


def by_id(ask: Ask, name: str) -> Record:
    """The record that the path names, by id or else by number. Raises Refused (404)."""
    asked = ask.parts[1]
    table = ask.books[name]
    found = table.get(read_id(asked)) or table.get(asked)
    if found is None:
        named = table.numbered(asked)
        if len(named) != 1:
            raise not_found()
        found = named[0]
    return found


def one(ask: Ask, name: str, render: Render) -> Answer:
    """The one record that the path names. Raises Refused (404)."""
    return Answer(envelope(ask.now, name, [render(ask, by_id(ask, name), True)]))


def written(ask: Ask, name: str, write: Write, render: Render) -> Answer:
    """Write each element of the body.

    With `summarizeErrors=false` the answer is 200 and each element says OK or ERROR; else one bad element makes the
    answer 400 with the bad ones, while the good ones are kept all the same, as at Xero. Raises Refused (400).
    """
    return _written(ask, name, ask.elements(name), write, render)


def updated(ask: Ask, name: str, write: Write, render: Render) -> Answer:
    """Write the elements of the body over the record that the path names. Raises Refused (400, 404)."""
    key = ask.books[name].key
    found = by_id(ask, name)[key]
    return _written(ask, name, [{**row, key: found} for row in ask.elements(name)], write, render)


def _written(ask: Ask, name: str, elements: list[Record], write: Write, render: Render) -> Answer:
    single = ask.flag("summarizeErrors", otherwise=True) is False
    shown: list[Record] = []
    bad: list[Record] = []
    with ask.state.store.whole():  # one element that cannot be read, or means nothing there is, refuses them all
        results = [_tried(ask, write, element) for element in elements]
    for record, problems in results:
        row = render(ask, record, True)
        if problems:
            row = (echoed(row) if single else row) | failed(name, problems)
            bad.append(row)
        elif single:
            row["StatusAttributeString"] = "OK"
        shown.append(row)
    if bad and not single:
        raise invalid(bad)
    return Answer(envelope(ask.now, name, shown))


def _tried(ask: Ask, write: Write, element: Record) -> tuple[Record, list[str]]:
    try:
        return write(ask, element)
    except BadValue as error:
        raise unreadable(str(error)) from error


# What a refused element may hold that is of no kind Xero knows; a list answered with 200 must not repeat it.
DOUBTFUL = frozenset(
    {
        "Amount",
        "BrandingThemeID",
        "ContactStatus",
        "CurrencyCode",
        "DefaultCurrency",
        "EmailAddress",
        "LineAmountTypes",
        "LineItems",
        "PaymentTerms",
        "PurchasesDefaultLineAmountType",
        "SalesDefaultLineAmountType",
        "Status",
        "TaxNumberType",
        "Type",
    }
)


def echoed(row: Record) -> Record:
    """A refused element as it is repeated beside good ones: its names and sums, nothing that may be no value at all."""
    return {
        name: value
        for name, value in row.items()
        if name not in DOUBTFUL and not (isinstance(value, str) and len(value) > 255)
    }


def failed(name: str, problems: list[str]) -> Record:
    """What is added to an element that was refused; documents and the rest have different flags for it."""
    return {
        "HasErrors" if name in {"Invoices", "CreditNotes"} else "HasValidationErrors": True,
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": text} for text in problems],
    }
