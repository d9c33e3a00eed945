"""Saved views: who sees, changes and deletes them."""

from __future__ import annotations

import pytest

from tests.conftest import LogIn
from tests.core.conftest import Make
from tests.core.pages import form_of, words


def test_a_view_is_saved_seen_renamed_and_deleted(log_in: LogIn, make: Make) -> None:
    make("contacts", last_name="Parata", city="Nelson")
    sales, admin = log_in("sales"), log_in("admin")
    page = sales.get("/contacts?city=Nelson&sort=-name&page=1")
    form = next(form for form in page.forms.values() if form.action == "/contacts/views")
    form["name"] = "People in Nelson"
    page = form.submit(status=303).follow()
    assert page.request.path_qs == "/contacts?city=Nelson&sort=-name"
    assert words(page, ".tabs [aria-current]") == "People in Nelson"
    assert "People in Nelson" not in words(admin.get("/contacts")), "one's own is seen by nobody else"
    admin.get("/contacts/views/1", status=404)

    form = form_of(page.click("Rename, share or delete this view"))
    form["name"], form["shared"] = "Nelson", True
    form.submit(status=303)
    assert "Nelson shared" in words(log_in("reader").get("/contacts"), ".tabs")
    log_in("reader").get("/contacts/views/1", status=403)
    log_in("accounts").send("/contacts/views/1", {"action": "delete"}, status=403)
    admin.get("/projects/views/1", status=404)
    assert "was deleted" in admin.send("/contacts/views/1", {"action": "delete"}, status=303).follow()
    assert sales.get("/contacts").html.select_one(".tabs") is None
    sales.get("/contacts/views/1", status=404)


def test_a_view_is_replaced_by_another_list_after_a_question(log_in: LogIn) -> None:
    sales = log_in("sales")
    sales.send("/contacts/views", {"name": "Mine", "query": "q=a"}, status=303)
    page = sales.send("/contacts/views", {"name": "mine", "query": "q=b"}, status=422)
    assert "let “Mine” show this list" in words(page)
    page = form_of(page).submit("action", value="replace", status=303).follow()
    assert page.request.path_qs == "/contacts?q=b"
    assert words(page, ".tabs [aria-current]") == "Mine"
    assert len(page.html.select(".tabs a")) == 2
    log_in("reader").send("/contacts/views", {"name": "Mine", "query": "q=c", "action": "replace"}, status=303)
    assert words(sales.get("/contacts?q=b"), ".tabs [aria-current]") == "Mine", "nobody replaces another's"


@pytest.mark.parametrize(
    ("name", "query", "sentence"),
    [
        ("", "q=a", "Write a name for the view."),
        ("\u200b\x00", "q=a", "Write a name for the view."),
        ("x" * 10_000, "q=a", "Write a name of at most 60 characters."),
        ("TWICE", "q=b", "You have a view called “Twice” already."),
        ("Long", "q=" + "a" * 10_000, "These filters are too many for a view."),
    ],
)
def test_a_view_that_cannot_be_had_says_why(name: str, query: str, sentence: str, log_in: LogIn) -> None:
    reader = log_in("reader")
    reader.send("/contacts/views", {"name": "Twice", "query": "q=a", "shared": "on"}, status=303)
    page = reader.send("/contacts/views", {"name": name, "query": query}, status=422)
    assert sentence in words(page, ".err")
    assert log_in("admin").get("/contacts").html.select_one(".tabs") is None, "who may not edit shares nothing"
    assert reader.get("/contacts/views/999999999", status=404)
