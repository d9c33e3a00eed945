"""What tests of users share: inviting somebody, coming in by the link, looking at who is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.mail.models import Mail
from core.services import Services
from core.users.models import User
from core.users.service import find_user
from tests.conftest import Browser
from tests.core.pages import form_of

GOOD = "kettle orbit mango 42"
# Seven fields of them stay below 10 KB, above which WebOb leaves a file open that pytest complains of.
HOSTILE = ["\x00", "x" * 1_200, "<script>alert(1)</script>", "🐨" * 100, "a@b.example\r\nBcc: c@d.example"]
Link = Callable[[str], str]


def mails(services: Services) -> int:
    with services.db.read() as session:
        return session.query(Mail).count()


def invite(browser: Browser, *, name: str = "Māia Parata", email: str = "maia@example.com", role: str = "sales") -> Any:
    form = form_of(browser.get("/admin/users/invite"))
    form["name"], form["email"], form["role"] = name, email, role
    return form.submit(expect_errors=True)


def come_in(browser: Browser, path: str, login: str = "maia", password: str = GOOD, **options: Any) -> Any:
    form = browser.get(path).form
    form["login"], form["password"], form["again"] = login, password, password
    return form.submit(**options)


def user(services: Services, login: str) -> User:
    with services.db.read() as session:
        found = find_user(session, login)
        assert found is not None
        assert found.role.key  # loaded while the session is open
        return found
