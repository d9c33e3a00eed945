"""The link in the last mail."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from core.mail.models import Mail
from core.services import Services
from tests.core.users.people import Link


@pytest.fixture
def link(services: Services) -> Link:
    """`link("maia@example.com")` is the path of the link in the last mail to that address."""

    def last(to: str) -> str:
        with services.db.read() as session:
            mail = session.scalars(select(Mail).where(Mail.to == to).order_by(Mail.id.desc())).first()
        assert mail is not None, f"no mail to {to}"
        found = re.search(r"http://localhost(/(?:welcome|reset)/\S+)", services.vault.decrypt(mail.sealed))
        assert found is not None
        return found[1]

    return last
