"""The granular scopes that Xero gives to apps made since March 2026, and what each call needs.

Source: Xero, "OAuth 2.0 scopes". The old broad ones (`accounting.transactions`, `accounting.reports.read`) are refused.
"""

from __future__ import annotations

OPENID = ("openid", "profile", "email", "offline_access")
_BOTH = ("contacts", "invoices", "payments", "banktransactions", "manualjournals", "settings", "attachments")
_REPORTS = (
    "aged",
    "balancesheet",
    "banksummary",
    "budgetsummary",
    "executivesummary",
    "profitandloss",
    "taxreports",
    "trialbalance",
)
KNOWN = frozenset(
    [*OPENID]
    + [f"accounting.{name}{end}" for name in _BOTH for end in ("", ".read")]
    + [f"accounting.reports.{name}.read" for name in _REPORTS]
    + ["accounting.budgets.read"]
)

WRITING = frozenset({"PUT", "POST", "PATCH", "DELETE"})
_NEEDS = {
    "contacts": ("contacts",),
    "invoices": ("invoices",),
    "creditnotes": ("invoices",),
    "payments": ("payments",),
    "overpayments": ("payments", "invoices"),
    "prepayments": ("payments", "invoices"),
}


def unknown(scopes: list[str]) -> list[str]:
    """The scopes that an app made today may not ask for."""
    return [scope for scope in scopes if scope not in KNOWN]


def allowed(endpoint: str, method: str, scopes: set[str]) -> bool:
    """Whether a token with these scopes may make this call. What does not write reads, `HEAD` and `OPTIONS` too."""
    families = _NEEDS.get(endpoint.lower(), ("settings",))
    wanted = {f"accounting.{family}" for family in families}
    if method not in WRITING:
        wanted |= {f"{scope}.read" for scope in wanted}
    return bool(wanted & scopes)
