"""Which endpoint answers which call."""

from __future__ import annotations

from collections.abc import Callable

from plugins.xero.sandbox import contacts, credit_notes, history, invoices, organisation, payments, settings
from plugins.xero.sandbox.asking import Answer, Ask
from plugins.xero.sandbox.envelope import not_found, wrong_method

Handler = Callable[[Ask], Answer]

# One line for each: method and path; `*` stands for an id, a number or a code.
ENDPOINTS: dict[tuple[str, ...], dict[str, Handler]] = {
    ("organisation",): {"GET": organisation.read},
    ("organisations",): {"GET": organisation.read},
    ("organisation", "actions"): {"GET": organisation.actions},
    ("organisations", "actions"): {"GET": organisation.actions},
    ("contacts",): {"GET": contacts.read, "PUT": contacts.create, "POST": contacts.upsert},
    ("contacts", "*"): {"GET": contacts.read_one, "POST": contacts.update_one},
    ("contacts", "*", "history"): {"GET": history.read, "PUT": history.note},
    ("invoices",): {"GET": invoices.read, "PUT": invoices.calls.create, "POST": invoices.calls.upsert},
    ("invoices", "*"): {"GET": invoices.calls.read_one, "POST": invoices.calls.update_one},
    ("invoices", "*", "pdf"): {"GET": invoices.calls.pdf},
    ("invoices", "*", "onlineinvoice"): {"GET": invoices.online},
    ("invoices", "*", "email"): {"POST": invoices.email},
    ("invoices", "*", "history"): {"GET": history.read, "PUT": history.note},
    ("creditnotes",): {"GET": credit_notes.read, "PUT": credit_notes.calls.create, "POST": credit_notes.calls.upsert},
    ("creditnotes", "*"): {"GET": credit_notes.calls.read_one, "POST": credit_notes.calls.update_one},
    ("creditnotes", "*", "pdf"): {"GET": credit_notes.calls.pdf},
    ("creditnotes", "*", "history"): {"GET": history.read, "PUT": history.note},
    ("payments",): {"GET": payments.read, "PUT": payments.create, "POST": payments.create},
    ("payments", "*"): {"GET": payments.read_one},
    ("overpayments",): {"GET": payments.read_overpayments},
    ("overpayments", "*"): {"GET": payments.read_overpayment},
    ("overpayments", "*", "history"): {"GET": history.read, "PUT": history.note},
    ("prepayments",): {"GET": payments.read_prepayments},
    ("prepayments", "*"): {"GET": payments.read_prepayment},
    ("prepayments", "*", "history"): {"GET": history.read, "PUT": history.note},
    ("items",): {"GET": settings.items},
    ("items", "*"): {"GET": settings.one_item},
    ("accounts",): {"GET": settings.accounts},
    ("accounts", "*"): {"GET": settings.one_account},
    ("taxrates",): {"GET": settings.tax_rates},
    ("taxrates", "*"): {"GET": settings.one_tax_rate},
    ("currencies",): {"GET": settings.currencies},
    ("brandingthemes",): {"GET": settings.branding_themes},
    ("brandingthemes", "*"): {"GET": settings.one_branding_theme},
    ("trackingcategories",): {"GET": settings.tracking},
    ("trackingcategories", "*"): {"GET": settings.one_tracking},
    ("users",): {"GET": settings.users},
    ("users", "*"): {"GET": settings.one_user},
}


def handler_for(ask: Ask) -> Handler:
    """The function that answers this call. Raises Refused (404, 405)."""
    first, *rest = [part.lower() for part in ask.parts]
    shapes = [(first, *rest), (first, "*", *rest[1:])]
    for shape in shapes:
        if shape in ENDPOINTS:
            return _by_method(ENDPOINTS[shape], ask.method)
    raise not_found()


def _by_method(handlers: dict[str, Handler], method: str) -> Handler:
    if method not in handlers:
        raise wrong_method(", ".join(handlers))
    return handlers[method]
