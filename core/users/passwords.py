"""Passwords, kept as argon2 hashes, and what a password must be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()
# What the password of a user who is not there is checked against, so that the answer takes as long as for one who is.
_NOBODY = HASHER.hash("nobody has this password")
SHORTEST, LONGEST = 12, 1000
STRONG = 3  # of zxcvbn's 0 to 4: takes more than 10^8 guesses
_READ = 72  # what zxcvbn looks at; it takes very long for more


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password fits the hash; False, after the same work, when there is none."""
    try:
        HASHER.verify(password_hash or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def hashed(password: str) -> str:
    """What is stored of a password."""
    return HASHER.hash(password)


def is_weakly_hashed(password_hash: str) -> bool:
    """Whether the hash was made with less work than hashes are made with today."""
    return HASHER.check_needs_rehash(password_hash)


def problem_with(password: str, *about: str) -> str:
    """Why a password that somebody chooses is refused, as sentences with advice; empty for a good one.

    `about` is what others know of the person: name, log-in, e-mail. It must not be what the password is made of.
    """
    if len(password) < SHORTEST:
        return f"The password is too short: {SHORTEST} characters at least."
    if len(password) > LONGEST:
        return f"The password is too long: {LONGEST:,} characters at most."
    from zxcvbn import zxcvbn  # reads lists of words, so not before somebody chooses a password

    found = zxcvbn(password[:_READ], user_inputs=_guesses(about))
    if found["score"] >= STRONG:
        return ""
    advice = [found["feedback"]["warning"], *found["feedback"]["suggestions"]]
    told = " ".join(f"{text.rstrip('.')}." for text in advice if text)
    return f"This password is too easy to guess. {told or 'Add another word or two.'}"


def _guesses(about: Iterable[str]) -> list[str]:
    """What somebody who knows the person tries first: each text whole and in pieces, with accents and without."""
    texts = [text for one in about for text in (one, *re.split(r"[\s@._+-]+", one))]
    plain = [normalize("NFKD", text).encode("ascii", "ignore").decode() for text in texts]
    return sorted({text.lower()[:_READ] for text in (*texts, *plain) if len(text) > 2})
