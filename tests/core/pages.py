"""What tests of pages share: the form of a page, and its text."""

from __future__ import annotations

from typing import Any


def form_of(page: Any) -> Any:
    """The first form of the page's own part; those of the frame around it come before."""
    forms = page.html.find_all("form")
    own = page.html.find(id="main").find("form")
    assert own is not None, "there is no form"
    return page.forms[next(place for place, form in enumerate(forms) if form is own)]


def words(page: Any, selector: str = "main") -> str:
    """The text of a part of the page, blanks run together."""
    return " ".join(page.html.select_one(selector).get_text(" ").split())
