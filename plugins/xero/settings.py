"""What Xero asks of the CRM's own address. No network.

Sources: Xero, Invoices, "Url" (it must not hold the word "xero"); "The standard authorization code flow" (redirect URIs
are https, or http on localhost; 127.0.0.1 is refused).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from core import MissingSetting


class UnfitSetting(MissingSetting):
    """A setting that is there and cannot be used; stops the start with its sentence."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(name)
        self.args = (sentence,)


def check_address(settings: Mapping[str, Any]) -> None:
    """Every draft carries a link back to the CRM, which Xero must take. Raises `UnfitSetting`."""
    url = str(settings.get("crm.url") or "")
    if "xero" in url.casefold():
        raise UnfitSetting(
            "crm.url",
            f'The setting crm.url is {url}. Xero takes no link with the word "xero" in it, and every draft carries one '
            "back to the CRM, so each would be refused. Give the CRM an address without that word.",
        )


def may_return_to(redirect_uri: str) -> bool:
    """Whether Xero sends a browser back to that address after the consent."""
    parts = urlsplit(redirect_uri)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname == "localhost")
