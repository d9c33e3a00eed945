"""Passwords, kept as argon2 hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
# What the password of a user who is not there is checked against, so that the answer takes as long as for one who is.
_NOBODY = HASHER.hash("nobody has this password")


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password fits the hash; False, after the same work, when there is none."""
    try:
        HASHER.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
