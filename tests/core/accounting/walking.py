"""What walks over all pages share: following addresses, what came over the wire, and finding secrets in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.conftest import Browser

AMOUNT = re.compile(r"(?<![\w.])\d[\d,]*\.\d\d(?![\w.])")
# What differs from one answer to the next without telling anything: tokens, and the keys of new forms.
_FRESH = re.compile(r"[0-9a-f]{32,}|name=\"csrf_token\" value=\"[^\"]*\"|\"X-CSRF-Token\": ?\"[^\"]*\"")


def walked(browser: Browser, paths: Iterable[str], *, pieces: bool = True) -> dict[str, str]:
    """What came over the wire, by address: the page, and with `pieces` what htmx would get of it."""
    found = {}
    for path in paths:
        found[path] = followed(browser, path)
        if pieces and ("/tabs/" in path or path.startswith("/accounting")):
            found[f"piece of {path}"] = followed(browser, path, headers={"HX-Request": "true"})
    return found


def followed(browser: Browser, path: str, **options: Any) -> str:
    """The text at an address, or where it leads."""
    answer = browser.get(path, expect_errors=True, **options)
    assert answer.status_int < 500, path
    return str(answer.maybe_follow(expect_errors=True, **options).text)


def leaks(pages: dict[str, str], secrets: tuple[str, ...]) -> list[str]:
    """Where a secret stands, as pages write it or as it is stored; what the address itself says is no secret."""
    written = {form: secret for secret in secrets for form in (secret, secret.replace(",", ""))}
    return sorted(
        {
            f"{path}: {secret}"
            for path, text in pages.items()
            for form, secret in written.items()
            if form in text and form not in path
        }
    )


def told(pages: dict[str, str]) -> dict[str, str]:
    """The pages without what is fresh in each answer, to be compared."""
    return {path: _FRESH.sub("…", text) for path, text in pages.items()}
