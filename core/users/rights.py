"""The rights of the core and the roles that come with it."""

from __future__ import annotations

from dataclasses import dataclass

from core.contract.extensions import Right

ALL = "*"

CORE_RIGHTS = (
    Right("records.edit", "Create, change and delete records"),
    Right("records.import", "Import records from files"),
    Right("records.purge", "Delete records for good before their time in the bin is over"),
    Right("records.define", "Define stages and custom fields"),
    Right("accounting.see_status", "See how things stand, without amounts", "A traffic light, and whether it is late."),
    Right("accounting.see_amounts", "See amounts of sales", "Invoices, what is owed and what was paid."),
    Right("accounting.see_bills", "See bills", "Bills show salaries and directors' payments."),
    Right(
        "accounting.link", "Link and unlink parties and documents", "Also copies fields and makes new contacts there."
    ),
    Right("accounting.draft", "Make invoice drafts", "A draft is checked and sent by whoever keeps the books."),
    Right("accounting.manage_connections", "Connect and disconnect accounting systems", "Also sees what failed there."),
    Right("admin.users", "Manage users and roles", "Gives nobody rights that the person does not have."),
    Right("admin.mail", "See what mail waits or failed, and try it again", "Addresses and subjects, never the text."),
    Right("admin.plugins", "See plugins and their settings", "Secrets are masked."),
    Right("audit.see", "See the audit trail", "What everybody did, with old and new values."),
)

_SALES = (
    "records.edit",
    "records.import",
    "accounting.see_status",
    "accounting.see_amounts",
    "accounting.link",
    "accounting.draft",
)


@dataclass(frozen=True)
class RoleSeed:
    """A role as the core brings it."""

    key: str
    title: str
    rights: tuple[str, ...]


ROLES = (
    RoleSeed("admin", "Administrator", (ALL,)),
    RoleSeed("sales", "Sales", _SALES),
    RoleSeed("accounts", "Accounts", (*_SALES, "accounting.see_bills")),
    RoleSeed("reader", "Reader", ()),
)
