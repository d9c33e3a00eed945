"""PKCE (RFC 7636), S256 only, as Xero takes it, and the hash that binds an id token to its access token."""

from __future__ import annotations

import base64
from hashlib import sha256
from hmac import compare_digest


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return _url64(sha256(verifier.encode("ascii", "replace")).digest())


def verified(challenge: str | None, verifier: str | None) -> bool:
    """Whether the verifier fits the challenge; without a challenge there must be no verifier to check."""
    if not challenge:
        return True
    return bool(verifier) and compare_digest(challenge, challenge_of(verifier or ""))


def access_hash(token: str) -> str:
    """OpenID's at_hash: the left half of the token's SHA-256."""
    return _url64(sha256(token.encode("ascii")).digest()[:16])
