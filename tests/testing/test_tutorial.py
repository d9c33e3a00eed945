"""The second plugin of the tutorial, run: its tab, table, right, setting and job."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import text

from core.app import make_app
from core.services import Services
from core.settings import Settings, StartError, read_settings
from tests.conftest import LogIn
from tests.core.conftest import Make, make
from tests.core.pages import words
from tests.test_docs import TUTORIAL, files_of

__all__ = ["make"]


@pytest.fixture
def shoes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name, content in files_of(TUTORIAL).items():
        path = tmp_path / "tutorial" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "tutorial")
    yield import_module("crm_shoes.plugin")
    for name in [name for name in sys.modules if name.startswith("crm_shoes")]:
        del sys.modules[name]


@pytest.fixture
def extra(shoes: ModuleType) -> Mapping[str, ModuleType]:
    return {"shoes": shoes}


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "shoes", "shoes.shop": "Cobbler & Son"}


def test_the_tab_shows_rows_of_its_own_and_they_go_with_the_contact(
    log_in: LogIn, make: Make, services: Services
) -> None:
    number = make("contacts", first_name="Mere")
    browser = log_in("admin")
    assert "Shoes" in words(browser.get(f"/contacts/{number}"), ".tabs")
    page = browser.get(f"/contacts/{number}/shoes")
    form = next(form for form in page.forms.values() if "colour" in form.fields)
    form["colour"] = "red <b>"
    assert "Shoes from Cobbler & Son Back to the contact red <b> Colour" in words(form.submit(status=303).follow())
    [job] = services.plugins.periodic_jobs()
    job.run(services)
    assert "red <b>, polished" in words(browser.get(f"/contacts/{number}/shoes"))
    browser.send(f"/contacts/{number}/delete", {"version": "1"}, status=303)
    with services.db.read() as session:
        assert session.scalar(text("SELECT count(*) FROM shoes_pair")) == 0


def test_who_lacks_the_right_sees_neither_the_tab_nor_the_page(log_in: LogIn, make: Make) -> None:
    number = make("contacts", first_name="Mere")
    browser = log_in("reader")
    assert "Shoes" not in words(browser.get(f"/contacts/{number}"), ".tabs")
    browser.get(f"/contacts/{number}/shoes", status=403)


def test_templates_in_a_folder_that_is_no_package_stop_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    (tmp_path / "crm_bare" / "templates").mkdir(parents=True)
    (tmp_path / "crm_bare" / "plugin.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    bare = {"bare": import_module("crm_bare.plugin")}
    with pytest.raises(StartError, match=r"plugin bare has templates: put an empty __init__\.py beside its plugin\.py"):
        make_app(read_settings({**settings.all, "crm.plugins": "bare"}, {}), extra=bare)


def test_without_its_setting_the_start_stops_and_says_which(settings: Settings, shoes: ModuleType) -> None:
    missing = {name: value for name, value in settings.all.items() if name != "shoes.shop"}
    with pytest.raises(StartError, match=r"plugin shoes cannot .*shoes\.shop is missing\. The name of the shop"):
        make_app(read_settings(missing, {}), extra={"shoes": shoes})
