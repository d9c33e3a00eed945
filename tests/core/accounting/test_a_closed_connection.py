"""What a role may not see of one connection of two is in no page, whatever it may see of the other.

Every page is walked by roles that are limited in the second connection, and once more after all that they may not see
there was changed: both walks must tell the same, to the letter. So neither an amount nor a sum of one gives it away.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request
from sqlalchemy import select

from core import Unavailable
from core.accounting import failures
from core.accounting.access import DRAFT, LINK, SEE_AMOUNTS, SEE_BILLS, SEE_STATUS
from core.accounting.codec import to_json
from core.accounting.models import (
    Connection,
    ConnectionAccess,
    DocumentRow,
    Draft,
    DraftChange,
    LineRow,
    NewPartyIntent,
    PartyChange,
    PartyLink,
    PartyRow,
    PaymentRow,
)
from core.accounting.rules import BY_KEY
from core.contract.values import Party, Ref
from core.services import Services
from core.users.models import Role
from core.users.seed import DEMO_PASSWORD
from core.users.service import add_user
from tests.conftest import Browser, LogIn
from tests.core.accounting.books import Books, connect, four_records
from tests.core.accounting.on_the_stub import ini
from tests.core.accounting.walking import leaks, told, walked
from tests.core.rights_table import ACCOUNTING
from tests.databases import NOW

__all__ = ["ini"]

pytestmark = pytest.mark.slow
EVERYTHING = (SEE_STATUS, SEE_AMOUNTS, SEE_BILLS, LINK, DRAFT)
# What roles keep in the second connection; in the first they have all.
LIMITED = {
    "hidden": (),
    "status only": (SEE_STATUS, LINK, DRAFT),
    "no bills": (SEE_STATUS, SEE_AMOUNTS, LINK, DRAFT),
}
NAMES = ("Sesame Holdings", "Aladdin Ltd")
SALES = ("INV-9901", "INV-9903", "9,411.83", "4,417.71", "2,004.09", "EST-9904", "6,077.31", "Oil in forty jars")
BILLS = ("BILL-9902", "8,642.19", "7,514.95", "Carpet for a director")
TYPED = ("Lamp that was typed", "5,913.77")
COPIED = ("ali@sesame.example", "Baba Trading")
WORDS = "BILL-9902 over 8642.19 is locked."
HIDDEN: dict[str, tuple[str, ...]] = {
    "hidden": (*NAMES, *SALES, *BILLS, *TYPED, *COPIED, WORDS),
    "status only": (*SALES, *BILLS, *TYPED, WORDS),
    "no bills": (*BILLS, WORDS),
}
KINDS = {"hidden": None, "status only": None, "no bills": ("bill", "bill_credit_note")}


@pytest.fixture
def books(services: Services, log_in: LogIn) -> Books:
    """Two connections with the same four records linked in both; the second holds all that is secret."""
    admin = log_in("admin")
    connect(admin, services)
    books = Books(services)
    four_records(books)
    other = books.connect_another("Sesame Holdings")
    for name in ("organization", "contact"):
        books.link_party(name, "harbour")
        books.link_party(name, "Aladdin", other)
    for to in ("opportunity", "project"):
        books.document("INV-7701", total="7411.83", to=to)
        books.document("BILL-7702", "bill", total="1111.83", to=to)
        _secret_documents(books, other, to)
    books.fill("INV-9901", line="9411.83", text="Oil in forty jars", paid="4417.71")
    books.fill("BILL-9902", line="7514.95", text="Carpet for a director", paid="1127.24")
    books.fill("EST-9904", line="6077.31", text="Forty more jars", paid="0.01")
    _intents(books, admin, other)
    _deeds(books, admin, other)
    error = Unavailable("The toy company is away.", detail=WORDS)
    failures.note(services, other, failures.About("draft", "", {}, "organizations", 1, 1), error)
    return books


def _secret_documents(books: Books, other: int, to: str) -> None:
    of: dict[str, Any] = {"to": to, "connection": other, "party_id": "Aladdin", "party_name": "Aladdin Ltd"}
    paid: dict[str, Any] = {"amount_due": Decimal("4994.12"), "amount_paid": Decimal("4417.71")}
    books.document("INV-9901", total="9411.83", **paid, **of)
    books.document("INV-9903", total="2004.09", currency="NZD", **of)
    books.document("EST-9904", "estimate", total="6077.31", status="draft", **of)
    books.document("BILL-9902", "bill", total="8642.19", **of)


def _intents(books: Books, admin: Browser, other: int) -> None:
    """A draft, a change of one, a new party and a copy, all of the second connection and of somebody else."""
    form = admin.get(f"{books.tab('opportunity')}/draft?connection=1").follow().forms["draft-form"]
    form["lines-0-description"], form["lines-0-unit_price"] = "Lamp that was typed", "5913.77"
    form.submit("action", value="save", status=303)
    document = {"connection": other, "document": "id of EST-9904", "deed": "change"}
    organization, opportunity = books.of("organization"), books.of("opportunity")
    admin.send("/accounting/changes", {**document, **opportunity}, status=303)
    about: dict[str, Any] = {"connection_id": other, "created_by": 1, "created_at": NOW, "updated_at": NOW}
    about |= {**organization, "state": "missing"}
    party = to_json(Party(Ref("Aladdin"), "Aladdin Ltd", email="ali@sesame.example"))
    with books.services.db.begin() as session:
        draft = session.scalars(select(Draft)).one()
        draft.connection_id, draft.payload = other, {**draft.payload, "party_name": "Aladdin Ltd"}
        link = session.scalars(select(PartyLink).where(PartyLink.connection_id == other)).first()
        copied = {"typed": {"email": "ali@sesame.example"}, "here": {}, "party": party, "link": link.id if link else 0}
        session.add(PartyChange(**about, key="c" * 32, party_id="Aladdin", payload=copied, before={"email": ""}))
        typed = {"typed": {"name": "Baba Trading", "email": "", "phone": "", "address": ""}, "next": "", "ref": ""}
        session.add(NewPartyIntent(**about, key="d" * 32, payload=typed))


def _deeds(books: Books, admin: Browser, other: int) -> None:
    """Written down by doing them."""
    at = {"connection": str(other)}
    for number in ("INV-9901", "BILL-9902"):
        admin.send(f"{books.tab('contact')}/documents/link", {**at, "document": f"id of {number}"}, expect_errors=True)
    admin.send(f"{books.tab('contact')}/link", {**at, "party": "Aladdin"}, expect_errors=True)
    with books.services.db.read() as session:
        link = session.query(PartyLink).filter_by(connection_id=other, **books.of("contact")).one().id
    admin.send(f"{books.tab('contact')}/unlink", {"link": str(link)}, status=303)
    admin.send(f"{books.tab('contact')}/link", {**at, "party": "Aladdin"}, status=303)


def enter(books: Books, log_in: LogIn, name: str, kept: tuple[str, ...] | None) -> Browser:
    """A user with all rights but managing, of which only `kept` hold in the second connection."""
    key = name.replace(" ", "-")
    with books.services.db.begin() as session:
        role = Role(key=key, title=name, rights=[*EVERYTHING, "records.edit", "audit.see", "admin.users"])
        session.add(role)
        session.flush()
        if kept is not None:
            session.add(ConnectionAccess(role_id=role.id, connection_id=2, rights=list(kept)))
        add_user(session, login=key, name=name.title(), password=DEMO_PASSWORD, role=key, when=NOW)
    return log_in(key)


def addresses(books: Books) -> Iterator[str]:
    """Every page on which something of a connection can stand, asked in general, for the first and for the second."""
    for path, tab in [(books.paths[name], books.tab(name)) for name in books.paths]:
        yield from (path, f"{path}/edit", f"{path}/delete", f"{path}/contacts", f"{path}/opportunities")
        yield from (tab, f"{tab}?invoices=all&bills=all&credits=all&estimates=all", f"{tab}/draft/lines")
        yield from (f"{tab}/draft?key={'0' * 32}", f"{tab}/new-party", f"{tab}/find?what=bills")
        for document in ids(books, DocumentRow):
            yield f"{tab}/documents/{document}"
    for tab in (books.tab("organization"), books.tab("project")):  # who has parties, and what has documents alone
        for number in (1, 2):
            yield from (f"{tab}/explain/{figure}?connection={number}" for figure in BY_KEY)
        for at in ("", "&connection=2"):
            for what in ("invoices", "bills"):
                yield from (f"{tab}/find?what={what}{at}", f"{tab}/documents/linked?what={what}{at}")
                yield f"{tab}/documents/linked?what={what}&unlinked=id+of+INV-9901,id+of+BILL-9902{at}"
            yield from (f"{tab}/search?q=Aladdin{at}", f"{tab}/search?q=a&for=draft{at}", f"{tab}/new-party?a{at}")
            yield f"{tab}/draft?key={'0' * 32}&party=Aladdin&q=Ala{at}"
        yield from (f"{tab}/copy?link={link}" for link in ids(books, PartyLink))
        yield from (f"{tab}/documents/{document}/pdf" for document in ids(books, DocumentRow))
    for draft in keys(books, Draft):
        yield from (f"/accounting/drafts/{draft}", f"/accounting/drafts/{draft}/edit")
        yield f"{books.tab('opportunity')}/draft?key={'0' * 32}&connection=1&copy={draft}"
    for change in keys(books, DraftChange):
        at = f"/accounting/changes/{change}"
        yield from (at, f"{at}/edit", f"{at}/edit/lines")
        yield f"{books.tab('opportunity')}/draft?key={'0' * 32}&connection=1&change={change}"
    yield f"/accounting/party-changes/{'c' * 32}"
    yield from (f"/accounting/new-parties/{'d' * 32}", f"/accounting/new-parties/{'d' * 32}/edit")
    yield from ("/", "/admin/audit", "/admin/users", "/accounting/drafts", "/search?q=Sesame", "/search?q=Aladdin")
    yield from ("/accounting/won-but-not-invoiced", "/accounting/invoiced-more-than-agreed")
    yield from (f"/{kind}" for kind in ("contacts", "organizations", "opportunities", "projects"))
    yield from ("/admin/accounting", "/admin/accounting/2/access", "/admin/failures", "/admin/accounting/2/disconnect")


def ids(books: Books, model: Any) -> list[int]:
    with books.services.db.read() as session:
        return list(session.scalars(select(model.id).order_by(model.id)))


def keys(books: Books, model: Any) -> list[str]:
    with books.services.db.read() as session:
        return list(session.scalars(select(model.key).order_by(model.id)))


def alter(books: Books, kinds: tuple[str, ...] | None, *, names: bool) -> None:
    """Give documents of the second connection other amounts, numbers and texts; with `names` all that is called."""
    with books.services.db.begin() as session:
        rows = select(DocumentRow).where(DocumentRow.connection_id == 2)
        for row in session.scalars(rows.where(DocumentRow.kind.in_(kinds)) if kinds else rows):
            row.number, row.reference = f"{row.number}-9", "another"
            row.total, row.amount_due, row.amount_paid = row.total * 3, row.amount_due * 3, row.amount_paid * 3
            for line in session.scalars(select(LineRow).where(LineRow.document == row.id)):
                line.amount, line.unit_price, line.description = line.amount * 3, line.unit_price * 3, "Something else"
            for payment in session.scalars(select(PaymentRow).where(PaymentRow.document == row.id)):
                payment.amount = payment.amount * 3
        if names:
            connection = session.get_one(Connection, 2)
            connection.name, connection.base_currency = "Another Company", "EUR"
            connection.organisation = {**connection.organisation, "name": "Another Company", "base_currency": "EUR"}
            for party in session.scalars(select(PartyRow).where(PartyRow.connection_id == 2)):
                party.name, party.folded = "Another party", "another party"
                party.data = {**party.data, "name": "Another party"}


@pytest.mark.parametrize("role", LIMITED)
def test_nothing_that_is_closed_shows_on_any_page(books: Books, log_in: LogIn, role: str) -> None:
    before = walked(enter(books, log_in, role, LIMITED[role]), addresses(books))
    assert leaks(before, HIDDEN[role]) == []
    assert "7,411.83" in before[books.tab("opportunity")], "the first connection shows as ever"


def test_no_page_changes_with_a_connection_that_is_hidden(books: Books, log_in: LogIn) -> None:
    browser, paths = enter(books, log_in, "hidden", LIMITED["hidden"]), list(addresses(books))
    before = told(walked(browser, paths, pieces=False))
    alter(books, KINDS["hidden"], names=True)
    after = told(walked(browser, paths, pieces=False))
    assert [path for path, text in after.items() if before[path] != text] == []


@pytest.mark.parametrize("role", ["status only", "no bills"])
def test_no_tab_changes_with_amounts_that_may_not_be_seen(books: Books, log_in: LogIn, role: str) -> None:
    browser = enter(books, log_in, role, LIMITED[role])
    paths = [*books.paths.values(), *map(books.tab, books.paths), "/", "/accounting/won-but-not-invoiced"]
    before = told(walked(browser, paths, pieces=False))
    alter(books, KINDS[role], names=False)
    after = told(walked(browser, paths, pieces=False))
    assert [path for path, text in after.items() if before[path] != text] == []


def test_who_is_not_limited_sees_all_of_it_so_that_the_walk_misses_nothing(books: Books, log_in: LogIn) -> None:
    seen = "".join(walked(enter(books, log_in, "unlimited", None), addresses(books)).values())
    everything = (*NAMES, *SALES, *BILLS, *TYPED, *COPIED)
    assert [one for one in everything if one not in seen] == []


# Addresses that carry nothing of a connection to who may not see it: they change something and lead to a page that is
# walked, or are for who manages connections alone, from whom nothing of one is kept.
CHANGES_AND_LEADS_ON = {
    row.route for row in ACCOUNTING if row.method == "POST" and row.route.endswith(("_deed", "_link", "_unlink"))
} | {"accounting_change_begin", "accounting_document_ask", "accounting_refresh"}
FOR_MANAGERS = {row.route for row in ACCOUNTING if row.right == "accounting.manage_connections"}


def test_every_route_of_accounting_is_walked_or_can_carry_nothing(books: Books, app: Any) -> None:
    mapper = app.registry.getUtility(IRoutesMapper)
    walked_over = {mapper(Request.blank(path))["route"].name for path in addresses(books)}
    every = {route.name for route in mapper.get_routes() if route.name.startswith("accounting_")}
    assert every - walked_over - CHANGES_AND_LEADS_ON - FOR_MANAGERS == set(), "walk it in `addresses`"
    assert (CHANGES_AND_LEADS_ON | FOR_MANAGERS) - every == set(), "a route that is not there"
