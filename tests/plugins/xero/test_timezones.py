from __future__ import annotations

from zoneinfo import ZoneInfo

from plugins.xero.timezones import IANA, iana_name
from tests.plugins.xero.openapi import description, needed


def test_every_zone_is_one_that_python_knows() -> None:
    assert all(ZoneInfo(name) for name in IANA.values())


def test_every_zone_that_xero_has_is_in_the_table() -> None:
    needed()
    assert set(description("accounting")["components"]["schemas"]["TimeZone"]["enum"]) == set(IANA)


def test_an_unknown_or_missing_zone_is_utc() -> None:
    assert iana_name(None) == iana_name("MOONSTANDARDTIME") == "UTC"


def test_the_zones_of_the_first_markets_are_right() -> None:
    assert iana_name("NEWZEALANDSTANDARDTIME") == "Pacific/Auckland"
    assert iana_name("AUSEASTERNSTANDARDTIME") == "Australia/Sydney"
    assert iana_name("GMTSTANDARDTIME") == "Europe/London"
