"""``ledgertab xero-sandbox``, and the part it plays in the demo."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from plugins.xero.sandbox import serve

PORT = 8810
WEBHOOK_KEY = "ledgertab-demo-webhook-key"


def main(arguments: Sequence[str]) -> int:
    """Serve a sandbox until SIGTERM or Ctrl-C; the exit code."""
    parser = argparse.ArgumentParser(prog="ledgertab xero-sandbox", description="Serve a stand-in for Xero.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=PORT, help=f"the port to listen on ({PORT})")
    parser.add_argument("--state", type=Path, metavar="FILE", help="keep what is written in this file")
    parser.add_argument(
        "--invoices-for-one-contact", type=int, metavar="N", default=0, help="give one contact N invoices more"
    )
    parser.add_argument("--webhook-url", metavar="URL", default="", help="tell changes to this address of an app")
    parser.add_argument("--webhook-key", metavar="KEY", default="", help="sign what is told with this key")
    options = parser.parse_args(arguments)
    sys.stdout.write(f"The Xero sandbox listens on http://localhost:{options.port}\n")
    sys.stdout.flush()
    serve(
        options.host,
        options.port,
        state_file=options.state,
        invoices_for_one_contact=options.invoices_for_one_contact,
        webhook=(options.webhook_url, options.webhook_key),
    )
    return 0


def demo(port: int, home: Path, url: str) -> tuple[list[str], dict[str, str]]:
    """The command line that serves the sandbox of a demo, and the settings that point the plugin at it.

    `url` is the CRM's own address, where webhooks go.
    """
    address = f"http://localhost:{port}"
    command = ["xero-sandbox", "--port", str(port), "--state", str(home / "xero-sandbox.json")]
    command += ["--webhook-url", f"{url}/webhooks/xero", "--webhook-key", WEBHOOK_KEY]
    settings = {
        "xero.client_id": "ledgertab-demo",
        "xero.client_secret": "ledgertab-demo-secret",
        "xero.webhook_key": WEBHOOK_KEY,
        "xero.api_url": address,
        "xero.identity_url": address,
        "xero.login_url": address,
        "xero.web_url": address,
    }
    return command, settings
