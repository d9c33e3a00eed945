"""The key that signs tokens, made once and kept with the state."""

from __future__ import annotations

from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from plugins.xero.sandbox.store import Store

KEY_ID = "sandbox"


@cache
def _process_key() -> RSAKey:
    """One key for every sandbox of this process: making one takes a tenth of a second."""
    return RSAKey.generate_key(2048, {"kid": KEY_ID, "use": "sig", "alg": "RS256"})


def _private(key: RSAKey) -> dict[str, Any]:
    return dict(key.as_dict(private=True))


class Signer:
    """Signs and reads RS256 tokens."""

    def __init__(self, store: Store) -> None:
        table = store.oauth["keys"]
        with store.work():
            kept = table.get(KEY_ID)
            if kept is None:
                kept = table.put({"id": KEY_ID, "key": _private(_process_key())})
        # Reading a key in takes 40 ms, so the one of this process is not read in again.
        ours = kept["key"] == _private(_process_key())
        self._key = _process_key() if ours else RSAKey.import_key(kept["key"])

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed token with these claims."""
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}, claims, self._key)

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that this key signed. Raises ValueError."""
        try:
            return dict(jwt.decode(token, self._key, algorithms=["RS256"]).claims)
        except Exception as error:  # joserfc raises a dozen kinds for a token that is none
            raise ValueError("not one of our tokens") from error

    def public(self) -> dict[str, Any]:
        """The key set that anybody may read."""
        public = dict(self._key.as_dict(private=False))
        return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}
