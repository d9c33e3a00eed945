"""Slows down who tries passwords or links, and who lets mails be sent to others.

Counted are failures of a name from one place, of the name or the place alone, and mails asked for.
"""

from __future__ import annotations

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

WINDOW_MINUTES = 15
PAIR = RateLimitItemPerMinute(5, WINDOW_MINUTES, "login-pair")
NAME = RateLimitItemPerMinute(20, WINDOW_MINUTES, "login-name")
PLACE = RateLimitItemPerMinute(60, WINDOW_MINUTES, "login-place")
LINKS = RateLimitItemPerMinute(30, WINDOW_MINUTES, "link-place")
ASKS = RateLimitItemPerMinute(10, WINDOW_MINUTES, "ask-place")
MAILS = RateLimitItemPerHour(3, 1, "ask-name")


class LoginThrottle:
    """Counts failed log-ins: in memory, or in Redis where the queue is there (then across processes)."""

    def __init__(self, queue: str = "memory") -> None:
        shared = queue.startswith(("redis://", "rediss://"))
        self._limiter = FixedWindowRateLimiter(RedisStorage(queue) if shared else MemoryStorage())

    def may_try(self, login: str, address: str) -> bool:
        """Whether one more try is allowed now."""
        return all(self._limiter.test(item, *keys) for item, keys in _keys(login, address))

    def failed(self, login: str, address: str) -> None:
        """Count a wrong password."""
        for item, keys in _keys(login, address):
            self._limiter.hit(item, *keys)

    def succeeded(self, login: str, address: str) -> None:
        """Forget the failures of this name from this place."""
        self._limiter.clear(PAIR, login.lower(), address)

    def may_open_links(self, address: str) -> bool:
        """Whether one more one-time link may be tried from this place now."""
        return self._limiter.test(LINKS, address)

    def wrong_link(self, address: str) -> None:
        """Count a link that was none."""
        self._limiter.hit(LINKS, address)

    def may_ask(self, address: str) -> bool:
        """Count somebody who asks for a mail; whether it is not too often from this place."""
        return self._limiter.hit(ASKS, address)

    def may_mail(self, email: str) -> bool:
        """Count a mail that a stranger lets be sent; whether that address has not had enough of them this hour."""
        return self._limiter.hit(MAILS, email.strip().lower()[:254])


def _keys(login: str, address: str) -> list[tuple[RateLimitItemPerMinute, tuple[str, ...]]]:
    name = login.strip().lower()[:80]
    return [(PAIR, (name, address)), (NAME, (name,)), (PLACE, (address,))]
