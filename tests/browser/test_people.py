"""Somebody is invited, comes in by the link of the mail, writes numbers their way and signs another browser out."""

from __future__ import annotations

import email
import email.policy
import re

import pytest

from tests.browser.conftest import PHONE, Enter
from tests.browser.house import House
from tests.browser.test_records import well
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser
PASSWORD = "a long walk along the harbour"


def test_somebody_is_invited_and_comes_in_at_a_desk(shared_house: House, enter: Enter) -> None:
    path = invite(enter(shared_house, "admin"), "Tamati Waaka", "tamati")
    newcomer = enter(shared_house)
    accept(newcomer, path, "tamati")
    elsewhere = enter(shared_house)
    log_in(elsewhere, "tamati")
    write_my_way(newcomer)
    sign_out_the_other(newcomer, elsewhere)


def test_somebody_is_invited_and_comes_in_on_a_phone(shared_house: House, enter: Enter) -> None:
    path = invite(enter(shared_house, "admin", **PHONE), "Kiri Hohepa", "kiri")
    newcomer = enter(shared_house, **PHONE)
    accept(newcomer, path, "kiri")
    newcomer.go("/profile")
    well(newcomer)


def invite(admin: Visitor, name: str, login: str) -> str:
    """The path of the link in the mail, which the demo writes as a file."""
    admin.go("/admin/users")
    admin.follow("Invite a person")
    well(admin)
    admin.page.get_by_label("Name").fill(name)
    admin.page.get_by_label("E-mail").fill(f"{login}@kereru.example")
    admin.page.get_by_label("Role").select_option(label="Sales")
    admin.press("Invite")
    admin.expect(admin.page.get_by_role("heading", level=1)).to_have_text(f"{name} is invited")
    well(admin)
    shown = admin.page.get_by_label("The link, which is shown only now", exact=False).input_value()
    admin.go("/admin/users")
    admin.expect(admin.main.get_by_role("table", name="Invitations")).to_contain_text(name)
    well(admin)
    written = link_in_the_mail(admin, f"{login}@kereru.example")
    assert written == shown
    return written.removeprefix(admin.house.url)


def link_in_the_mail(visitor: Visitor, to: str) -> str:
    """The link of the mail, once the worker has delivered it."""
    from playwright.sync_api import TimeoutError as Late

    for _ in range(200):
        for path in (visitor.house.home / "mail").glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = message.get_body(("plain",))
            if to in str(message["To"]) and body is not None:
                (link,) = re.findall(r"https?://\S+/welcome/\S+", body.get_content())
                return str(link)
        visitor.page.wait_for_timeout(100)
    raise Late(f"No mail to {to} in {visitor.house.home / 'mail'}")


def accept(newcomer: Visitor, path: str, login: str) -> None:
    """A password that is too short is refused in words; then they are in, and the link works no more."""
    page = newcomer.page
    newcomer.expected.update({404, 410, 422})
    newcomer.go(path)
    newcomer.sees("You are invited as Sales")
    well(newcomer)
    page.get_by_label("Log-in name").fill(login)
    fill_password(newcomer, "short")
    newcomer.press("Come in")
    newcomer.expect(newcomer.page.get_by_role("alert")).to_be_visible()
    well(newcomer)
    fill_password(newcomer, PASSWORD)
    newcomer.press("Come in")
    page.wait_for_url(f"{newcomer.house.url}/")
    well(newcomer)
    newcomer.go(path)
    newcomer.sees("This link does not work")
    well(newcomer)


def fill_password(visitor: Visitor, password: str) -> None:
    for field in visitor.page.locator("input[type=password]").all():
        field.fill(password)


def log_in(visitor: Visitor, login: str) -> None:
    visitor.go("/login")
    visitor.page.get_by_label("Name", exact=True).fill(login)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.press("Log in")
    visitor.page.wait_for_url(f"{visitor.house.url}/")


def write_my_way(newcomer: Visitor) -> None:
    """Amounts are shown as the profile says."""
    newcomer.go("/opportunities/2")
    newcomer.sees("18,500.00")
    newcomer.go("/profile")
    newcomer.page.get_by_label("Numbers").select_option("1 234,50")
    well(newcomer)
    newcomer.press("Save")
    newcomer.sees("Your profile was saved.")
    newcomer.go("/opportunities/2")
    newcomer.expect(newcomer.main).to_contain_text(re.compile(r"18\s500,00"))


def sign_out_the_other(here: Visitor, elsewhere: Visitor) -> None:
    """Its next step leads to the log-in; this browser stays in."""
    here.go("/profile")
    here.expect(here.main.get_by_role("table", name="Where you are logged in").locator("tbody tr")).to_have_count(2)
    here.main.get_by_role("button", name=re.compile("^Sign out (?!everywhere)")).click()
    here.sees("That browser is signed out.")
    elsewhere.go("/contacts")
    elsewhere.page.wait_for_url("**/login*")
    here.go("/contacts")
    here.expect(here.page.get_by_role("heading", level=1)).to_have_text("Contacts")
