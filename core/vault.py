"""Secrets at rest: encrypted with a key kept apart from the database."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from core.settings import Settings, StartError


class Vault:
    """Encrypts with the first key, decrypts with any of them: rotate by putting a new key in front."""

    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise StartError(
                "The secret key (LEDGERTAB_KEY, or the file `key` in crm.home) is not a key. "
                "Make one with `ledgertab key`."
            ) from error
        self._first = keys[0]
        self._derived: dict[str, str] = {}

    def encrypt(self, text: str) -> str:
        """Ciphertext as text."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The text. Raises `StartError` when no key fits."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise StartError(
                "A stored secret cannot be read with the present key. Put the key it was written with "
                "behind the new one: LEDGERTAB_KEY=new,old."
            ) from error

    def derive(self, purpose: str) -> str:
        """A further secret for one purpose (cookie signing), from the first key."""
        if purpose not in self._derived:
            made = hmac.new(self._first.encode(), purpose.encode(), hashlib.sha256).hexdigest()
            self._derived[purpose] = made
        return self._derived[purpose]


def open_vault(settings: Settings) -> Vault:
    """The vault by the environment's key, or by the file `key` in `crm.home`, made once where that is allowed."""
    if settings.key:
        return Vault([key.strip() for key in settings.key.split(",") if key.strip()])
    path = settings.home / "key"
    if path.exists():
        return Vault(path.read_text(encoding="ascii").split())
    if not settings.make_key:
        raise StartError(
            "There is no secret key. Set LEDGERTAB_KEY (make one with `ledgertab key`), or for development "
            "crm.make_key = true."
        )
    return Vault([_make_key(path)])


def _make_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was quicker: its key is the key
        return path.read_text(encoding="ascii").split()[0]
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
    return key
