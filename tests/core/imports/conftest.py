"""Bringing a file in through the pages, as a person does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from webtest import Upload

from core.imports.models import Import
from core.records.models import MODELS
from core.services import Services
from tests.conftest import Browser, LogIn


@dataclass
class Importer:
    """Somebody who imports files; `browser` is theirs."""

    browser: Browser
    services: Services

    def upload(self, content: str | bytes, kind: str = "contacts", name: str = "people.csv", status: int = 303) -> Any:
        """Send a file; the page of its columns, or the form with what is wrong."""
        data = content.encode() if isinstance(content, str) else content
        page = self.browser.send("/imports/new", {"kind": kind, "file": Upload(name, data)}, status=status)
        return page.follow() if status == 303 else page

    def check(self, content: str | bytes, kind: str = "contacts", **chosen: Any) -> Any:
        """Send a file and its columns as guessed, with what is chosen besides; its page once it is checked."""
        form = columns_form(self.upload(content, kind))
        for field, value in chosen.items():
            form[field] = value
        page = form.submit(status=303)
        self.services.jobs.drain()
        return page.follow()

    def bring(self, content: str | bytes, kind: str = "contacts", **chosen: Any) -> Import:
        """The whole road; the import as it is at its end."""
        page = self.check(content, kind, **chosen)
        next(form for form in page.forms.values() if form.action.endswith("/start")).submit(status=303)
        self.services.jobs.drain()
        return self.row()

    def row(self) -> Import:
        """The latest import."""
        with self.services.db.read() as session:
            return session.scalars(select(Import).order_by(Import.id.desc())).first()  # type: ignore[return-value]

    def stored(self, kind: str = "contacts") -> list[Any]:
        """All records of a type that are not in the bin, by id."""
        model: Any = MODELS[kind]
        with self.services.db.read() as session:
            found = session.scalars(select(model).order_by(model.id)).all()
            assert all(isinstance(record.tags, tuple) for record in found)  # read while the session is open
            return list(found)


def columns_form(page: Any) -> Any:
    return next(form for form in page.forms.values() if form.action.endswith("/columns"))


@pytest.fixture
def sales(log_in: LogIn, services: Services) -> Importer:
    """The demo user of sales, importing."""
    return Importer(log_in("sales"), services)
