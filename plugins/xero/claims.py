"""What stands in Xero's access token (a JWT that came straight from Xero: it is read, not verified). No network."""

from __future__ import annotations

import base64
import binascii

import msgspec


class Claims(msgspec.Struct, frozen=True):
    """The claims the plugin needs; `authentication_event_id` names the consent."""

    authentication_event_id: str = ""


def claims(access_token: str) -> Claims:
    """The claims of a token; empty ones for a token that is no JWT."""
    _, _, rest = access_token.partition(".")
    payload = rest.partition(".")[0]
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Claims)
    except (binascii.Error, msgspec.MsgspecError):
        return Claims()
