"""What every accounting page needs: where it is, what the user may see, and which template draws it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.renderers import render_to_response
from pyramid_jinja2 import IJinja2Environment
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounting import access, connections, failures, intents, linking
from core.accounting.access import SEE_STATUS, Sight
from core.accounting.budget import Caller
from core.accounting.intents import Row
from core.accounting.models import Connection
from core.accounting.plain import Trouble, trouble
from core.contract.errors import ProviderError
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
    """The record and backend named in the address.

    Raises HTTPNotFound, `RecordNotFound`, and HTTPForbidden where the user's role may know of no connection there.
    """
    spec, session = spec_at(request), session or request.dbsession
    if knows_of_none(request, session, spec.key):
        raise HTTPForbidden()
    return Place(get_record(session, request.matchdict["records"], int(request.matchdict["id"])), spec)


def knows_of_none(request: Any, session: Session, provider: str) -> bool:
    """Whether all connections of a backend are hidden from the user's role, and there are some."""
    hidden = access.hidden_from(request)
    if not hidden:
        return False
    numbers = session.scalars(select(Connection.id).where(Connection.provider == provider)).all()
    return bool(numbers) and hidden.issuperset(numbers)


def connection_at(session: Session, spec: ProviderSpec, text: str | None) -> Connection:
    """The connection of this backend with that id. Raises HTTPNotFound."""
    connection = session.get(Connection, number_in(text))
    if connection is None or connection.provider != spec.key:
        raise HTTPNotFound()
    return connection


def connection_for(request: Any, session: Session, spec: ProviderSpec, text: str | None, right: str) -> Connection:
    """The connection of this backend with that id, for something that takes a right there.

    Raises HTTPNotFound, also where the user's role may not know of it, and HTTPForbidden.
    """
    connection = connection_at(session, spec, text)
    require(request, connection, right)
    return connection


def intent_at(request: Any, model: type[Row], right: str) -> Row:
    """The intent of that kind whose key stands in the address, for something that takes a right in its connection.

    Raises HTTPNotFound, also where the user's role may not know of the connection, and HTTPForbidden.
    """
    found = intents.find(request.dbsession, model, request.matchdict["key"])
    if found is None:
        raise HTTPNotFound()
    require(request, found.connection, right)
    return found


def intent_of_plugin_at(request: Any, model: type[Row], right: str) -> Row:
    """The same; HTTPNotFound also while the connection's plugin is off, for pages that need it."""
    found = intent_at(request, model, right)
    if found.connection.provider not in request.services.providers:
        raise HTTPNotFound()
    return found


def require(request: Any, connection: Connection, right: str) -> None:
    """Raises HTTPNotFound where the user's role may not know of a connection, HTTPForbidden without the right there."""
    if access.is_hidden(request, connection):
        raise HTTPNotFound()
    if not access.may(request, right, connection):
        raise HTTPForbidden()


def sight_in(request: Any, connection: Connection) -> Sight:
    """What the user may see of one connection."""
    return access.sight_in(request, connection)


def sight(request: Any) -> Sight:
    """What the user may see in general, where nothing else is said for a connection."""
    return access.sight(request)


def accounting_page(request: Any, template: str, record: Any, spec: ProviderSpec, **values: Any) -> Any:
    """A page about a record, inside the record's own page; a plugin may bring its own template of that name.

    `sight` is what the user may see of the page's `connection`; without one, and on the tab, what holds in general.
    """
    connection = values.get("connection")
    seen = access.sight_in(request, connection) if connection else access.sight(request)
    values = {"spec": spec, "sight": seen, "tab_path": f"{record.path}/tabs/{spec.key}", **values}
    values["sight_of"] = partial(access.sight_in, request)
    values["relation"] = partial(linking.relation, record)
    values["reference_of"] = partial(failures.reference_of, request.dbsession)
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
    if spec is None or not request.has_permission(SEE_STATUS) or knows_of_none(request, request.dbsession, provider):
        return None
    order = 200 + list(request.services.providers).index(provider)  # as crm.plugins names them
    return Tab(provider, spec.title, f"{record.path}/tabs/{provider}", order=order, right=SEE_STATUS)


def note_trouble(
    request: Any, connection: Connection, deed: str, error: ProviderError, *, of_one: bool = False, **about: Any
) -> Trouble:
    """Write down what went wrong while a person waited, and say what to tell; on own-session routes.

    `of_one`: it was about one document alone (`connections.note_failure`). `about` is more of `failures.About`: the
    job that does it again, the record it was for.
    """
    services = request.services
    connections.note_failure(services, connection.id, error, of_one=of_one)
    noted = failures.About(deed, user_id=request.identity.id, **about)
    return trouble(request, connection, error, failures.note(services, connection.id, noted, error))


def who_looks(request: Any) -> Caller:
    """The user of a request, as somebody who looks: each has a share of the calls while they run low."""
    return Caller(user_id=request.identity.id)
