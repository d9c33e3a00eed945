"""The form of a draft that is sent after its log-in ended: given back as typed, sent by nobody but the person."""

from __future__ import annotations

from typing import Any

import pytest

from core.services import Services
from core.users.seed import DEMO_PASSWORD
from plugins.xero.sandbox import Sandbox
from tests.conftest import Browser
from tests.core.accounting.drafting import books, draft_form, fill, open_form, send, the_draft
from tests.core.pages import words

pytestmark = pytest.mark.slow  # walks through pages


def entered(page: Any) -> Any:
    """The page after logging in again and going on with the form."""
    page.form["login"], page.form["password"] = "sales", DEMO_PASSWORD
    return page.form.submit(status=200).form.submit(status=200)


@pytest.mark.parametrize("action", ["send", "save"])
def test_the_draft_comes_back_as_typed_and_goes_out_when_it_is_sent_again(
    sales: Browser, refit: str, services: Services, sandbox: Sandbox, action: str
) -> None:
    page = open_form(sales, refit)
    form = fill(draft_form(page), description="Extraction hood", reference="PO 7")
    sales.send("/logout", status=303)
    login = form.submit("action", value=action, status=401)
    assert "You were logged out. Log in to go on; what you typed is kept." in words(login)
    back = entered(login)
    again = draft_form(back)
    typed = [again[name].value for name in ("lines-0-description", "lines-0-unit_price", "reference")]
    assert typed == ["Extraction hood", "6,400.00", "PO 7"]
    assert again["key"].value == form["key"].value
    key = send(back).location.rsplit("/", 1)[1]
    services.jobs.drain()
    assert the_draft(services).key == key
    assert len(books(sandbox, key)) == 1


def test_a_script_that_asks_leaves_the_form_on_the_page_and_says_what_to_do(sales: Browser, refit: str) -> None:
    form = fill(draft_form(open_form(sales, refit)))
    sales.send("/logout", status=303)
    fields = form.submit_fields()
    answer = sales.post(f"{form.action}/lines", fields, headers={"HX-Request": "true"}, status=401)
    assert "HX-Redirect" not in answer.headers
    assert "You were logged out. What you typed is still here." in answer.html.select_one(".banner").get_text()
