"""What every accounting page needs: where it is, what the user may see, and which template draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.renderers import render_to_response
from pyramid_jinja2 import IJinja2Environment
from sqlalchemy.orm import Session

from core.accounting import access
from core.accounting.access import SEE_AMOUNTS, SEE_BILLS, SEE_STATUS
from core.accounting.models import Connection
from core.accounting.tab import Sight
from core.contract.errors import Denied, ProviderError, ReconnectNeeded, Throttled, Unavailable
from core.contract.extensions import Tab
from core.contract.provider import ProviderSpec
from core.forms import number_in
from core.records.page import record_page
from core.records.service import get_record

RECORD = r"/{records:contacts|organizations|opportunities|projects}/{id:\d{1,9}}/tabs/{provider}"


@dataclass(frozen=True)
class Place:
    """Where a page stands: the record and the accounting backend whose tab it is."""

    record: Any
    spec: ProviderSpec

    @property
    def path(self) -> str:
        """The address of the tab."""
        return f"{self.record.path}/tabs/{self.spec.key}"


def spec_at(request: Any) -> ProviderSpec:
    """The backend named in the address. Raises HTTPNotFound."""
    spec: ProviderSpec | None = request.services.providers.get(request.matchdict["provider"])
    if spec is None:
        raise HTTPNotFound()
    return spec


def place(request: Any, session: Session | None = None) -> Place:
    """The record and backend named in the address. Raises HTTPNotFound, `RecordNotFound`."""
    spec = spec_at(request)
    found = get_record(session or request.dbsession, request.matchdict["records"], int(request.matchdict["id"]))
    return Place(found, spec)


def connection_at(session: Session, spec: ProviderSpec, text: str | None) -> Connection:
    """The connection of this backend with that id. Raises HTTPNotFound."""
    connection = session.get(Connection, number_in(text))
    if connection is None or connection.provider != spec.key:
        raise HTTPNotFound()
    return connection


def sight_in(request: Any, connection: Connection) -> Sight:
    """What the user may see of one connection."""
    amounts = access.may(request, SEE_AMOUNTS, connection)
    return Sight(
        status=access.may(request, SEE_STATUS, connection),
        amounts=amounts,
        bills=amounts and access.may(request, SEE_BILLS, connection),
    )


def sight(request: Any) -> Sight:
    """What the user may see in general, where nothing else is said for a connection."""
    amounts = bool(request.has_permission(SEE_AMOUNTS))
    return Sight(
        status=bool(request.has_permission(SEE_STATUS)),
        amounts=amounts,
        bills=amounts and bool(request.has_permission(SEE_BILLS)),
    )


def accounting_page(request: Any, template: str, record: Any, spec: ProviderSpec, **values: Any) -> Any:
    """A page about a record, inside the record's own page; a plugin may bring its own template of that name."""
    values = {"spec": spec, "sight": sight(request), "tab_path": f"{record.path}/tabs/{spec.key}", **values}
    return render_to_response(
        template_of(request, spec, template), record_page(request, record, spec.key, **values), request
    )


def template_of(request: Any, spec: ProviderSpec, template: str) -> str:
    """``{provider}/accounting/{template}.jinja2`` where the plugin brings it, else the core's own."""
    env = request.registry.queryUtility(IJinja2Environment, name=".jinja2")
    names = [f"{spec.key}/accounting/{template}.jinja2", f"accounting/{template}.jinja2"]
    found = env.select_template(names).name
    return str(found if found in names else names[-1])


def accounting_tab(request: Any, provider: str, record: Any) -> Tab | None:
    """The tab of an accounting backend on a record's page; None where the user may see nothing of it."""
    spec = request.services.providers.get(provider)
    if spec is None or not request.has_permission(SEE_STATUS):
        return None
    order = 200 + list(request.services.providers).index(provider)  # as crm.plugins names them
    return Tab(provider, spec.title, f"{record.path}/tabs/{provider}", order=order, right=SEE_STATUS)


@dataclass(frozen=True)
class Trouble:
    """A failure as a sentence, what to do, and the provider's own words; `until` when it may be tried again."""

    message: str
    advice: str
    detail: str = ""
    until: Any = None


def trouble(error: ProviderError, title: str) -> Trouble:
    """What to tell about an error of the contract."""
    if isinstance(error, ReconnectNeeded | Denied):
        return Trouble(error.message, "An admin can connect it again under Admin, Accounting.", error.detail)
    if isinstance(error, Throttled | Unavailable):
        return Trouble(error.message, f"{title} may be back in a few minutes.", error.detail, error.until)
    return Trouble(error.message, "", error.detail)
