"""Addresses of Xero's own pages. Source: Xero's guide "Deep link to Xero". No network."""

from __future__ import annotations

from urllib.parse import quote

from core import DocumentKind

WEB_URL = "https://go.xero.com"

_PATHS = {
    None: "/Contacts/View/{}",
    DocumentKind.SALES_INVOICE: "/AccountsReceivable/View.aspx?InvoiceID={}",
    DocumentKind.BILL: "/AccountsPayable/Edit.aspx?InvoiceID={}",
    DocumentKind.SALES_CREDIT_NOTE: "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={}",
    DocumentKind.BILL_CREDIT_NOTE: "/AccountsPayable/ViewCreditNote.aspx?creditNoteID={}",
}


def web_url(base: str, short_code: str, kind: DocumentKind | None, ident: str) -> str | None:
    """The page of a document (kind None: of a contact) in Xero; None for what has no such page.

    With the organisation's short code the link switches Xero to that organisation first.
    """
    path = _PATHS.get(kind)
    if path is None:
        return None
    path = path.format(quote(ident, safe=""))
    base = base.rstrip("/")
    if not short_code:
        return base + path
    return f"{base}/organisationlogin/default.aspx?shortcode={quote(short_code, safe='')}&redirecturl={quote(path)}"
