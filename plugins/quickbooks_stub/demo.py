"""The part this plugin plays in the demo: no server, only a file that the pages and the worker share."""

from __future__ import annotations

from pathlib import Path


def demo(port: int, home: Path, url: str) -> tuple[list[str], dict[str, str]]:
    """No command line, for there is nothing to serve; the setting that names the file."""
    return [], {"quickbooks_stub.ledger_file": str(home / "quickbooks-stub.json")}
