"""What Xero is asked for and why, and what can be done with what it granted. No network.

Granular scopes, each asked for only when something wanted needs it; nothing of a person's identity is asked for,
since nobody logs in to the CRM by Xero. Source: Xero, "OAuth 2.0 scopes" (granular scopes, since March 2026).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core import Capability, Permission, Unsupported

CONTACTS, INVOICES = "accounting.contacts", "accounting.invoices"
PAYMENTS, SETTINGS, STAY = "accounting.payments.read", "accounting.settings.read", "offline_access"
# Reading comes with writing: these two are asked for only where the wider one of the same name is not wanted.
READ = {f"{CONTACTS}.read": CONTACTS, f"{INVOICES}.read": INVOICES}

_STAYING = Permission(STAY, "To stay connected while nobody is logged in to Xero; else it ends after half an hour.")
_BASE = (
    Permission(
        SETTINGS,
        "To read the organisation's currency and time zone, and the accounts, tax rates and items that drafts offer.",
    ),
    Permission(f"{CONTACTS}.read", "To find contacts and link records to them.", within=CONTACTS),
    Permission(
        f"{INVOICES}.read", "To show invoices, bills and credit notes, and to work out the figures.", within=INVOICES
    ),
)
OPTIONAL = (
    Permission(CONTACTS, "Make contacts in Xero from a record, and copy changed fields to them.", "contacts", True),
    Permission(INVOICES, "Make invoice drafts in Xero, change or delete them, and note who made them.", "drafts", True),
    Permission(PAYMENTS, "See prepayments and overpayments: unused credit beside what is owed.", "payments", True),
)
EVERYTHING: Mapping[str, str] = {one.key: "yes" for one in OPTIONAL}
_MISSING = {
    INVOICES: "invoices, bills, credit notes and drafts",
    CONTACTS: "finding, linking and making contacts",
    SETTINGS: "the organisation's currency, and what a draft is filled in from",
    STAY: "staying connected for more than half an hour",
}
_ALLOWS = {
    Capability.DRAFT_INVOICE: INVOICES,
    Capability.DRAFT_CHANGE: INVOICES,
    Capability.NOTES: INVOICES,
    Capability.PARTIES_CREATE: CONTACTS,
    Capability.PARTIES_UPDATE: CONTACTS,
    Capability.PARTY_RECORD_REF: CONTACTS,
}


def permissions(*, staying: bool) -> Sequence[Permission]:
    """All that may be asked for; `staying`: with what a person's consent needs to outlast their log-in."""
    return (*([_STAYING] if staying else []), *_BASE, *OPTIONAL)


def asked(typed: Mapping[str, str], *, staying: bool) -> tuple[str, ...]:
    """The scopes to ask for: what is always needed, and what the ticked boxes (``yes`` by key) need."""
    wanted = {one.scope for one in OPTIONAL if typed.get(one.key) == "yes"}
    always = [one.scope for one in permissions(staying=staying) if not one.optional]
    return (*(scope for scope in always if READ.get(scope) not in wanted), *sorted(wanted))


def lacking(scopes: Sequence[str], *, staying: bool) -> dict[str, str]:
    """What is always needed and was not granted; nothing where Xero did not say what it granted.

    Payments are not among it: who may see invoices may see what was paid of them, prepayments and overpayments.
    """
    if not scopes:
        return {}
    held = set(scopes) | {scope.removesuffix(".read") for scope in scopes if scope in READ}
    return {scope: what for scope, what in _MISSING.items() if scope not in held and (staying or scope != STAY)}


def able(capabilities: Iterable[Capability], scopes: Sequence[str]) -> frozenset[Capability]:
    """Of these capabilities those that the granted scopes allow; all where Xero did not say what it granted."""
    return frozenset(one for one in capabilities if not scopes or _ALLOWS.get(one, "") in ("", *scopes))


def demand(capability: Capability, scopes: Sequence[str]) -> None:
    """Raises `Unsupported`, before any call, where the scope that a deed needs was not granted."""
    if not able([capability], scopes):
        raise Unsupported(f"Xero was not asked for {_ALLOWS[capability]}. An admin can allow it with Reconnect.")
