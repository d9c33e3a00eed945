"""The front door: what the core gets when the plugin is on."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from pyramid.request import Request

from core import Authorization, MissingSetting, Rejected, Tab
from core.app import make_app
from core.services import Services
from core.settings import Settings, StartError, read_settings
from plugins.xero import plugin
from plugins.xero.provider import XeroProvider
from plugins.xero.sandbox import Sandbox
from tests.plugins.xero.conftest import REDIRECT, URL, Wire


@pytest.fixture
def ini() -> dict[str, str]:
    return {
        "crm.plugins": "xero",
        "xero.client_id": Sandbox.client_id,
        "xero.client_secret": Sandbox.client_secret,
        "xero.api_url": URL,
        "xero.identity_url": f"{URL}/",
        "xero.login_url": URL,
    }


@pytest.fixture
def http(wire: Wire) -> httpx2.Client:
    return wire.http


def test_the_plugin_brings_one_backend_with_two_ways_to_connect(xero_settings: dict[str, Any]) -> None:
    (spec,) = plugin.accounting_providers(xero_settings)
    assert (spec.key, spec.title, spec.open) == ("xero", "Xero", XeroProvider)
    assert [authorizer.key for authorizer in spec.authorizers] == ["code", "custom"]


def test_without_a_client_id_the_start_stops_with_its_name() -> None:
    with pytest.raises(MissingSetting, match=r"xero\.client_id"):
        plugin.accounting_providers({})


@pytest.mark.parametrize(
    "url", ["https://xero.crm.example", "https://crm.example/XERO", "http://myXeroCrm.example:8080"]
)
def test_an_address_with_the_word_that_xero_refuses_stops_the_start_with_a_sentence(
    xero_settings: dict[str, Any], url: str, settings: Settings
) -> None:
    with pytest.raises(MissingSetting, match=r"crm\.url is .* Give the CRM an address without that word"):
        plugin.accounting_providers({**xero_settings, "crm.url": url})
    with pytest.raises(StartError) as stopped:
        make_app(read_settings({**settings.all, "crm.url": url}, {}))
    assert str(stopped.value).startswith(
        f"The plugin xero cannot start: The setting crm.url is {url}. Xero takes no link"
    )


@pytest.mark.parametrize(
    "redirect", ["http://127.0.0.1:6543/back", "http://crm.example/back", "http://localhost.evil/x"]
)
def test_an_address_that_xero_sends_nobody_back_to_is_said_before_one_sets_out(
    xero_settings: dict[str, Any], redirect: str
) -> None:
    (spec,) = plugin.accounting_providers(xero_settings)
    code = spec.authorizers[0]
    with pytest.raises(Rejected, match="http://localhost"):
        code.start(redirect, "state", {})
    for fine in ("http://localhost:6543/back", "https://127.0.0.1/back"):
        assert isinstance(code.start(fine, "state", {}), Authorization)


def test_the_application_connects_with_its_own_client_and_clock(services: Services, sandbox: Sandbox) -> None:
    authorizer = services.providers["xero"].authorizers[1]
    typed = {"client_id": Sandbox.client_id, "client_secret": Sandbox.client_secret}
    grant = authorizer.start(REDIRECT, "state", typed)
    assert grant.expires_at > services.clock.now()  # type: ignore[union-attr]
    assert sandbox.calls.count("POST /connect/token") == 1


class Asked(Request):  # type: ignore[misc]
    """A request of an application whose accounting room has a tab for contact 7 only."""

    def accounting_tab(self, provider: str, record: Any) -> Tab | None:
        return Tab(provider, "Xero", f"{record}/tabs/{provider}") if record == "/contacts/7" else None


def test_a_record_has_the_tab_that_the_accounting_room_has_for_it() -> None:
    (tab,) = plugin.record_tabs(Asked.blank("/"), "/contacts/7")
    assert tab.url == "/contacts/7/tabs/xero"
    assert list(plugin.record_tabs(Asked.blank("/"), "/contacts/8")) == []
