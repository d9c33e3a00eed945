"""The documents are true: links lead somewhere, hooks and capabilities are all there, the tutorial runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import core
from core.cli import make_parser
from core.contract.errors import ProviderError
from core.contract.provider import AccountingProvider, Authorizer, ProviderContext
from core.contract.values import Capability, ChoiceKind, DocumentKind, DocumentStatus
from core.loader import Plugins
from core.records.seed import seed_demo_records
from core.services import Services
from tests.conftest import LogIn

ROOT = Path(__file__).parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/README.md")])
TUTORIAL = ROOT / "docs" / "plugin-tutorial.md"


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def files_of(page: Path) -> dict[str, str]:
    """The files a page shows: a line with a path in backticks, then a block with what is in it."""
    found = re.findall(r"^`([\w./-]+)`\n\n```\w+\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    return dict(found)


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        leads = (page.parent / path).resolve() if path else page
        assert leads.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in headings(leads), f"{target} names no heading"


@pytest.mark.parametrize("hook", Plugins.hooks())
def test_every_hook_is_written_down(hook: str) -> None:
    assert f"## `{hook}" in text("docs/hooks.md")


def test_no_hook_is_written_down_that_is_not_there() -> None:
    assert set(re.findall(r"^## `(\w+)", text("docs/hooks.md"), re.M)) == set(Plugins.hooks())


@pytest.mark.parametrize(
    "words", [Capability, ChoiceKind, DocumentKind, DocumentStatus], ids=lambda words: words.__name__
)
def test_every_word_of_the_contract_is_written_down(words: Any) -> None:
    page = text("docs/providers.md")
    assert [word.name for word in words if f"`{word.name}`" not in page] == []


@pytest.mark.parametrize("of", [AccountingProvider, Authorizer, ProviderContext], ids=lambda of: of.__name__)
def test_every_method_of_a_provider_is_written_down(of: type) -> None:
    page = text("docs/providers.md")
    names = [name for name in vars(of) if not name.startswith("_") and name not in ("key", "title", "help")]
    assert names
    assert [name for name in names if f"`{name}" not in page] == []


def test_every_error_of_the_contract_is_written_down() -> None:
    names = {
        name
        for name in core.__all__
        if isinstance(found := getattr(core, name), type) and issubclass(found, ProviderError)
    }
    assert len(names) > 8
    assert {name for name in names if f"`{name}" not in text("docs/providers.md")} == set()


def settings_used() -> Iterator[str]:
    """Names of settings in the ini files and in the code of the core."""
    for name in ("development.ini", "production.ini"):
        yield from re.findall(r"^(?:# )?((?:crm|mail|api|accounting|sqlalchemy|xero)\.\w+) =", text(name), re.M)
    for path in ROOT.glob("core/**/*.py"):
        yield from re.findall(
            r"\"((?:crm|mail|api)\.(?!deliver|retried|dropped)\w+)\"", path.read_text(encoding="utf-8")
        )


@pytest.mark.parametrize("name", sorted(set(settings_used())))
def test_every_setting_is_in_the_admin_guide(name: str) -> None:
    assert f"`{name}`" in text("docs/admin-guide.md")


def test_the_commands_that_the_documents_show_are_there() -> None:
    parser = make_parser({})
    shown = {
        words for page in DOCS for words in re.findall(r"ledgertab ((?:db |user )?[a-z]+)", page.read_text("utf-8"))
    }
    known = {"demo", "serve", "worker", "db upgrade", "plugins", "user add", "seed", "key"}
    assert shown & known == known, "every command stands in some document"
    for words in sorted(known):
        arguments = [*words.split(), *(["ann"] if words == "user add" else [])]
        assert parser.parse_known_args(arguments)[0].run


def test_the_targets_that_the_documents_show_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):.*## ", text("Makefile"), re.M))
    shown = {word for page in DOCS for word in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.M)}
    assert {"demo", "test", "dev", "check"} <= shown <= targets


# The tutorial, run.


@pytest.fixture
def tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The tutorial's files on disk, importable."""
    for name, content in files_of(TUTORIAL).items():
        path = tmp_path / "tutorial" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "tutorial")
    yield tmp_path / "tutorial"
    for name in [name for name in sys.modules if name.startswith(("crm_hello", "crm_shoebox"))]:
        del sys.modules[name]


@pytest.fixture
def extra(tutorial: Path) -> Mapping[str, ModuleType]:
    return {"hello": import_module("crm_hello.plugin"), "shoebox": import_module("crm_shoebox.plugin")}


@pytest.fixture
def ini() -> dict[str, str]:
    return {"crm.plugins": "hello shoebox"}


def test_the_page_of_the_tutorial_greets_who_is_logged_in(log_in: LogIn) -> None:
    browser = log_in("sales")
    assert browser.get("/hello").text == "Hello Mere Tautari"
    assert browser.get("/").html.find("a", href="/hello").get_text(strip=True) == "Hello"


def test_the_page_of_the_tutorial_asks_for_a_log_in(client: Any) -> None:
    assert "/login" in client.get("/hello", status=302).location


def test_the_backend_of_the_tutorial_connects_and_has_a_tab(log_in: LogIn, services: Services) -> None:
    with services.db.begin() as session:
        seed_demo_records(session, services.clock)
    browser = log_in("admin")
    browser.send("/admin/accounting/connect/shoebox/open", status=303)
    assert [name.get_text() for name in browser.get("/admin/accounting").html.find_all("h3")] == ["The shoebox"]
    services.jobs.drain()
    tab = browser.get("/organizations/1/tabs/shoebox")
    assert "The shoebox" in tab.html.find("main").get_text()


def test_the_conformance_suite_passes_on_the_tutorial_s_backend(tutorial: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_shoebox.py"],
        cwd=tutorial,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_the_distribution_of_the_tutorial_names_its_front_door() -> None:
    assert 'hello = "crm_hello.plugin"' in files_of(TUTORIAL)["pyproject.toml"]


def test_every_file_and_test_that_the_page_on_certification_names_exists() -> None:
    named = re.findall(r"`((?:tests|core|plugins|templates)/[\w/.]+)((?:::\w+)*)`", text("docs/certification.md"))
    assert len(named) > 40
    for path, names in named:
        assert (ROOT / path).is_file(), path
        for name in filter(None, names.split("::")):
            assert re.search(rf"^ *(?:def|class) {name}\b", text(path), re.M), f"{path} has no {name}"


def test_the_page_on_certification_has_all_nine_checkpoints() -> None:
    assert re.findall(r"^## (\d)\.", text("docs/certification.md"), re.M) == [str(number) for number in range(1, 10)]
