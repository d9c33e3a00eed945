"""Slows down who tries passwords: a few failures for a name from one place, more for the name or the place alone."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

WINDOW_MINUTES = 15
PAIR = RateLimitItemPerMinute(5, WINDOW_MINUTES, "login-pair")
NAME = RateLimitItemPerMinute(20, WINDOW_MINUTES, "login-name")
PLACE = RateLimitItemPerMinute(60, WINDOW_MINUTES, "login-place")


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


def _keys(login: str, address: str) -> list[tuple[RateLimitItemPerMinute, tuple[str, ...]]]:
    name = login.strip().lower()[:80]
    return [(PAIR, (name, address)), (NAME, (name,)), (PLACE, (address,))]
