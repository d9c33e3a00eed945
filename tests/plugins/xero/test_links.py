from __future__ import annotations

from core import DocumentKind
from plugins.xero.links import WEB_URL, web_url


def test_a_link_switches_to_the_organisation_and_is_encoded() -> None:
    assert web_url(WEB_URL, "!aB1", DocumentKind.SALES_INVOICE, "id-1") == (
        "https://go.xero.com/organisationlogin/default.aspx?shortcode=%21aB1"
        "&redirecturl=/AccountsReceivable/View.aspx%3FInvoiceID%3Did-1"
    )


def test_bills_credit_notes_and_contacts_have_their_own_pages() -> None:
    def page(kind: DocumentKind | None) -> str | None:
        return web_url("http://localhost:9/", "", kind, "x")

    assert page(None) == "http://localhost:9/Contacts/View/x"
    assert page(DocumentKind.BILL) == "http://localhost:9/AccountsPayable/Edit.aspx?InvoiceID=x"
    assert page(DocumentKind.SALES_CREDIT_NOTE) == (
        "http://localhost:9/AccountsReceivable/ViewCreditNote.aspx?creditNoteID=x"
    )
    assert (
        page(DocumentKind.BILL_CREDIT_NOTE) == "http://localhost:9/AccountsPayable/ViewCreditNote.aspx?creditNoteID=x"
    )
    assert page(DocumentKind.PREPAYMENT) is None


def test_an_id_cannot_break_out_of_the_link() -> None:
    link = web_url(WEB_URL, "!a", None, "x&y=<script>")
    assert link is not None
    assert "<" not in link
    assert "&y" not in link
