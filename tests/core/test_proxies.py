"""Behind other servers, who asks is known by the address that they saw."""

from __future__ import annotations

import pytest

from core.proxies import proxies_in
from core.settings import StartError
from tests.conftest import Browser

WRONG = {"login": "nobody", "password": "wrong-every-time"}


def wrong_log_ins(client: Browser, forwarded: str, times: int = 6) -> int:
    """The status of the last of some wrong log-ins that came by way of other servers."""
    found = 0
    for _ in range(times):
        answer = client.send("/login", WRONG, headers={"X-Forwarded-For": forwarded}, expect_errors=True)
        found = answer.status_int
    return found


class TestBehindOne:
    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.proxies": "1"}

    def test_one_who_tries_too_often_locks_nobody_else_out(self, client: Browser) -> None:
        assert wrong_log_ins(client, "203.0.113.7") == 429
        assert wrong_log_ins(client, "203.0.113.8", 1) != 429
        assert wrong_log_ins(client, "[2001:db8::1]:4711", 1) != 429

    def test_what_the_caller_wrote_into_the_header_counts_for_nothing(self, client: Browser) -> None:
        assert wrong_log_ins(client, "198.51.100.1, 203.0.113.7") == 429
        assert wrong_log_ins(client, "198.51.100.2, 203.0.113.7:9999", 1) == 429

    @pytest.mark.parametrize("hop", ["unknown", "", "_hidden", "1.2.3.4.5", "::1]"])
    def test_what_is_no_address_is_left_out(self, client: Browser, hop: str) -> None:
        assert wrong_log_ins(client, hop, 1) in (200, 401, 422)


def test_without_the_setting_the_header_counts_for_nothing(client: Browser) -> None:
    for last in range(5):
        wrong_log_ins(client, f"203.0.113.{last}", 1)
    assert wrong_log_ins(client, "203.0.113.99", 1) == 429


@pytest.mark.parametrize("text", ["-1", "one", "10", "1.5", "²"])
def test_the_setting_is_a_small_whole_number(text: str) -> None:
    with pytest.raises(StartError, match=r"crm\.proxies"):
        proxies_in({"crm.proxies": text})
