"""The sandbox: a small server that behaves as Xero's log-in, connections and accounting endpoints do.

It is for demonstrations and tests; nothing in it leaves the machine.
"""

from plugins.xero.sandbox.sandbox import Sandbox, make_sandbox
from plugins.xero.sandbox.serving_http import serve

__all__ = ["Sandbox", "make_sandbox", "serve"]
