"""The plugin machinery: what stops the start, with which sentence, and what a failing plugin may not take along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text

from core import MissingSetting, NavLink, Panel, PeriodicJob, ProviderSpec, Right, Tab, hookimpl
from core.app import main, make_app
from core.records.models import Organization
from core.services import Services, make_services
from core.settings import StartError, read_settings
from tests.conftest import Browser, LogIn
from tests.core.conftest import Make
from tests.core.pages import words
from tests.testing.stranger import ApiKey, Ledgerhouse


def plugin(name: str, **hooks: Callable[..., Any]) -> ModuleType:
    """A plugin made of functions, one for each hook."""
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, hook, hookimpl(function))
    return module


def spec(key: str, **more: Any) -> ProviderSpec:
    values: dict[str, Any] = {"title": "Books", "authorizers": [ApiKey(Ledgerhouse())], "open": print, **more}
    return ProviderSpec(key, **values)


def started(tmp_path: Path, plugins: str, *modules: ModuleType, **more: str) -> Services:
    settings = read_settings(_ini(tmp_path, plugins, **more), {})
    return make_services(settings, extra={module.__name__: module for module in modules})


def _ini(tmp_path: Path, plugins: str, **more: str) -> dict[str, str]:
    return {
        "crm.url": "http://localhost",
        "crm.home": str(tmp_path),
        "crm.queue": "memory",
        "crm.make_key": "true",
        "crm.plugins": plugins,
        **more,
    }


def test_an_unknown_plugin_stops_the_start_and_what_is_installed_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"'zero', which is not installed\. Installed: .*quickbooks_stub.*tiny"):
        started(tmp_path, "tiny zero", plugin("tiny"))


def test_a_plugin_named_twice_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="names the plugin tiny twice"):
        started(tmp_path, "tiny tiny", plugin("tiny"))


def test_a_misspelt_hook_stops_the_start_and_the_hooks_are_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"plugin tiny implements a hook that does not exist.*Hooks are:.*record_tabs"):
        started(tmp_path, "tiny", plugin("tiny", record_tab=lambda request: []))


def test_a_hook_with_an_unknown_argument_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="The plugin tiny does not fit the hooks of this version"):
        started(tmp_path, "tiny", plugin("tiny", record_tabs=lambda request, row: []))


def test_two_providers_of_one_key_stop_the_start_and_both_plugins_are_named(tmp_path: Path) -> None:
    one = plugin("one", accounting_providers=lambda settings: [spec("books")])
    two = plugin("two", accounting_providers=lambda settings: [spec("books")])
    with pytest.raises(StartError, match="plugins one and two both bring a provider called 'books'"):
        started(tmp_path, "one two", one, two)


def test_a_missing_setting_stops_the_start_and_plugin_and_setting_are_named(tmp_path: Path) -> None:
    def providers(settings: Mapping[str, str]) -> list[Any]:
        raise MissingSetting("tiny.client_id", "Ask the bookkeeper for it.")

    with pytest.raises(StartError, match=r"plugin tiny cannot start: .*tiny\.client_id is missing\. Ask the book"):
        started(tmp_path, "tiny", plugin("tiny", accounting_providers=providers))


def test_a_plugin_that_fails_at_the_start_is_named(tmp_path: Path) -> None:
    broken = plugin("tiny", accounting_providers=lambda settings: 1 / 0)
    with pytest.raises(StartError, match="plugin tiny failed in its hook accounting_providers: ZeroDivisionError"):
        started(tmp_path, "tiny", broken)


def test_a_hook_without_its_mark_stops_the_start(tmp_path: Path) -> None:
    module = plugin("tiny")
    module.record_tabs = lambda request, record: []  # type: ignore[attr-defined]
    with pytest.raises(StartError, match="plugin tiny has a function record_tabs without the mark @hookimpl"):
        started(tmp_path, "tiny", module)


NAMELESS = ApiKey(Ledgerhouse())
NAMELESS.title = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("brought", "said"),
    [
        (lambda: "books", "failed in its hook accounting_providers: TypeError: .* must yield ProviderSpec, not str"),
        (lambda: 7, "failed in its hook accounting_providers: TypeError"),
        (lambda: [SimpleNamespace(key="books")], "must yield ProviderSpec, not SimpleNamespace"),
        (lambda: [spec("My books")], "'My books' is no key"),
        (lambda: [spec("books", title=" ")], "provider 'books' has no title"),
        (lambda: [spec("books", title=None)], "title is None, not a str"),
        (lambda: [spec("books", open=None)], "open must make an AccountingProvider"),
        (lambda: [spec("books", authorizers=[])], "The provider books of the plugin tiny has no way to connect it"),
        (lambda: [spec("books", authorizers=["oauth"])], "str is no Authorizer with a key and a title"),
        (lambda: [spec("books", authorizers=[NAMELESS])], "ApiKey is no Authorizer with a key and a title"),
        (lambda: [spec("books", authorizers=[*spec("x").authorizers] * 2)], "two authorizers of one key: api_key"),
        (lambda: [spec("books", calls_per_minute=0)], "calls_per_minute is 0; None means that none is known"),
        (lambda: [spec("books", calls_per_day="5000")], "calls_per_day is a str, not a int"),
    ],
)
def test_a_provider_that_could_not_be_shown_or_connected_stops_the_start(
    tmp_path: Path, brought: Callable[[], Any], said: str
) -> None:
    with pytest.raises(StartError, match=said) as stopped:
        started(tmp_path, "tiny", plugin("tiny", accounting_providers=lambda settings: brought()))
    assert "tiny" in str(stopped.value)


@pytest.mark.parametrize(
    ("brought", "said"),
    [
        (lambda: ["shoes.see"], "plugin tiny failed in its hook rights: TypeError: rights must yield Right, not str"),
        (
            lambda: [Right("shoes.see", "See"), Right("shoes.see", "Look")],
            r"right shoes\.see of the plugin tiny is there",
        ),
    ],
)
def test_rights_that_are_none_or_stand_twice_stop_the_start(
    tmp_path: Path, brought: Callable[[], Any], said: str
) -> None:
    module = plugin("tiny", rights=lambda: brought())
    with pytest.raises(StartError, match=said):
        make_app(read_settings(_ini(tmp_path, "tiny"), {}), extra={"tiny": module})


def test_a_plugin_whose_includeme_fails_is_named(tmp_path: Path) -> None:
    module = plugin("tiny")
    module.includeme = lambda config: 1 / 0  # type: ignore[attr-defined]
    with pytest.raises(StartError, match="plugin tiny cannot be set up: ZeroDivisionError"):
        make_app(read_settings(_ini(tmp_path, "tiny"), {}), extra={"tiny": module})


def test_two_plugins_with_one_route_stop_the_start_and_the_route_is_named(tmp_path: Path) -> None:
    def our_pages(config: Any) -> None:
        config.add_route("place", "/ours")

    def their_pages(config: Any) -> None:
        config.add_route("place", "/theirs")

    ours, theirs = plugin("ours"), plugin("theirs")
    ours.includeme, theirs.includeme = our_pages, their_pages  # type: ignore[attr-defined]
    with pytest.raises(StartError, match=r"(?s)register the same thing.*'place'") as stopped:
        make_app(read_settings(_ini(tmp_path, "ours theirs"), {}), extra={"ours": ours, "theirs": theirs})
    assert "test_plugins.py" in str(stopped.value), "it says where both stand"


def test_the_server_stops_with_the_sentence_and_no_traceback(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"Ledgertab cannot start\. .*'zero', which is not installed"):
        main({}, **_ini(tmp_path, "zero"))


def test_a_plugin_that_is_installed_but_not_named_is_off(log_in: LogIn) -> None:
    page = log_in("admin").get("/admin/plugins")
    states = [status.get_text() for status in page.html.select(".st")]
    assert states
    assert set(states) == {"Installed, off"}


class Steps:
    """What the hook `record_changed` was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, frozenset[str]]] = []

    def record_changed(self, session: Any, record: Any, change: Any) -> None:
        self.told.append((record.title, change.deed, change.fields))


class TestWithPlugins:
    """An application with a good plugin, and a bad one that raises wherever it can."""

    @pytest.fixture
    def steps(self) -> Steps:
        return Steps()

    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.plugins": "bad good", "good.client_secret": "hush", "good.colour": "green", "bad.api_token": "x"}

    @pytest.fixture
    def extra(self, steps: Steps) -> Mapping[str, ModuleType]:
        def tabs(request: Any, record: Any) -> list[Tab]:
            return [
                Tab("late", "Late", f"{record.path}/late", order=300, badge="7"),
                Tab("early", "Early", f"{record.path}/early", order=150),
                Tab("hidden", "Hidden", "/hidden", right="good.see"),
            ]

        def fails(*_: Any) -> Any:
            raise RuntimeError("this plugin is broken")

        def writes_and_fails(session: Any, record: Any, change: Any) -> None:
            record.phone = "overwritten"
            session.flush()
            raise RuntimeError("broken after writing")

        good = plugin(
            "good",
            record_tabs=tabs,
            navigation_links=lambda request: [NavLink("Good place", "/good", section="Money", badge="3")],
            dashboard_panels=lambda request: [Panel("good", "Good panel", "errors/fragment.jinja2", PANEL)],
            record_changed=lambda session, record, change: steps.record_changed(session, record, change),
            rights=lambda: [Right("good.see", "See what is hidden")],
            periodic_jobs=lambda: [PeriodicJob("good", 60, lambda services: None)],
        )
        bad = plugin(
            "bad",
            record_tabs=lambda request, record: request.dbsession.execute(text("SELECT * FROM nowhere")),
            navigation_links=lambda request: ["no link at all"],
            dashboard_panels=lambda request: [Panel("bad", "Bad panel", "no/such.jinja2", {})],
            record_changed=writes_and_fails,
            periodic_jobs=lambda: fails(),
        )
        return {"good": good, "bad": bad}

    def test_tabs_stand_in_their_order_and_only_for_those_who_may_see_them(self, log_in: LogIn, make: Make) -> None:
        number = make("contacts", first_name="Mere")
        page = log_in("sales").get(f"/contacts/{number}")
        assert words(page, ".tabs") == "Overview Opportunities Projects Early Late 7"
        page = log_in("admin").get(f"/contacts/{number}")
        assert "Hidden" in words(page, ".tabs"), "who may do everything has the rights of plugins"

    def test_links_and_panels_are_on_the_page(self, log_in: LogIn) -> None:
        page = log_in("reader").get("/")
        assert "Good place 3" in words(page, "nav.side")
        assert "Good panel" in words(page)
        assert "Bad panel" not in words(page)
        told = words(log_in("admin").get("/admin/plugins"))
        assert "dashboard_panels, the card bad: TemplateNotFound: no/such.jinja2" in told

    def test_a_failing_plugin_takes_no_page_down_and_is_told_on_the_admin_page(
        self, log_in: LogIn, make: Make, services: Services
    ) -> None:
        number = make("contacts", first_name="Mere")
        log_in("reader").get(f"/contacts/{number}", status=200)
        page = words(log_in("admin").get("/admin/plugins"))
        assert "record_tabs: " in page
        assert "nowhere" in page, "also a hook whose statement failed, and with it the transaction"
        assert "navigation_links: TypeError: navigation_links must yield NavLink, not str" in page
        assert [job.key for job in services.plugins.periodic_jobs()] == ["good"]

    def test_changes_are_told_and_a_failing_plugin_undoes_only_its_own(
        self, log_in: LogIn, steps: Steps, services: Services
    ) -> None:
        browser = log_in("sales")
        browser.send("/organizations/new", {"name": "Old Mill Bakery", "phone": "1"}, status=303)
        browser.send("/organizations/1/edit", {"name": "Old Mill Bakery", "phone": "2", "version": "1"}, status=303)
        with services.db.read() as session:
            assert session.scalars(select(Organization)).one().phone == "2"
        browser.send("/organizations/1/delete", {"version": "2"}, status=303)
        assert [(title, deed) for title, deed, _ in steps.told] == [
            ("Old Mill Bakery", "created"),
            ("Old Mill Bakery", "changed"),
            ("Old Mill Bakery", "deleted"),
        ]
        assert steps.told[1][2] == {"phone"}

    def test_settings_are_shown_and_secrets_are_not(self, log_in: LogIn) -> None:
        page = log_in("admin").get("/admin/plugins")
        assert "hush" not in page
        assert "good.colour green" in words(page)
        assert "good.client_secret ••••••" in words(page)

    def test_hooks_are_listed(self, log_in: LogIn) -> None:
        page = words(log_in("admin").get("/admin/plugins"))
        assert "record_changed record_tabs rights" in page


PANEL = {"title": "All is well", "text": "nothing to do"}


def test_values_of_hooks_check_themselves() -> None:
    with pytest.raises(ValueError, match="is no key"):
        Tab("Not a key", "X", "/")
    with pytest.raises(ValueError, match=r"write it as area\.deed"):
        Right("everything", "Everything")
    with pytest.raises(ValueError, match="must rest at least 10 seconds"):
        PeriodicJob("busy", 1, lambda services: None)
    with pytest.raises(TypeError, match="order is a str, not a int"):
        Tab("late", "Late", "/", order="last")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="title is None, not a str"):
        NavLink(None, "/")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="'Sales' is no section of the navigation"):
        NavLink("Shoes", "/shoes", section="Sales")
    with pytest.raises(TypeError, match="run is no function"):
        PeriodicJob("idle", 60, "polish")  # type: ignore[arg-type]


class TestTwoOfAKey:
    """Two plugins that bring a tab, a card and a job of one key: the first one named keeps its own."""

    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.plugins": "first second"}

    @pytest.fixture
    def extra(self) -> Mapping[str, ModuleType]:
        def module(name: str) -> ModuleType:
            return plugin(
                name,
                record_tabs=lambda request, record: [
                    Tab("shoes", f"Shoes of {name}", "/shoes"),
                    Tab(name, f"More of {name}", "/more"),
                ],
                dashboard_panels=lambda request: [Panel("shoes", "Shoes", "errors/fragment.jinja2", PANEL)],
                periodic_jobs=lambda: [PeriodicJob("polish", 60, lambda services: None)],
            )

        return {name: module(name) for name in ("first", "second")}

    def test_the_first_stands_the_second_is_told_and_nothing_else_is_lost(
        self, log_in: LogIn, make: Make, services: Services
    ) -> None:
        number = make("contacts", first_name="Mere")
        browser = log_in("admin")
        for _ in range(7):
            tabs = words(browser.get(f"/contacts/{number}"), ".tabs")
        assert "Shoes of first" in tabs
        assert "More of second" in tabs
        assert "Shoes of second" not in tabs
        browser.get("/")
        assert len(services.plugins.periodic_jobs()) == 1
        page = words(browser.get("/admin/plugins"))
        assert page.count("Tab 'shoes' is there already, brought by the plugin first") == 1, "told once"
        assert "Panel 'shoes' is there already" in page


class TestPages:
    """A plugin's own route, templates and static files are found by its folder."""

    @pytest.fixture
    def ini(self) -> dict[str, str]:
        return {"crm.plugins": "shop"}

    @pytest.fixture
    def extra(self, tmp_path: Path) -> Mapping[str, ModuleType]:
        folder = tmp_path / "shop"
        (folder / "templates" / "shop").mkdir(parents=True)
        (folder / "static").mkdir()
        (folder / "templates" / "shop" / "page.jinja2").write_text(
            '{% extends "layout.jinja2" %}{% block main %}<h1>{{ amount|money("NZD") }}</h1>{% endblock %}'
        )
        (folder / "static" / "shop.css").write_text("h1 { color: red }")
        module = plugin("shop")
        module.__file__ = str(folder / "plugin.py")
        module.includeme = _shop  # type: ignore[attr-defined]
        return {"shop": module}

    def test_a_page_of_a_plugin_stands_in_the_look_of_the_others(self, log_in: LogIn) -> None:
        page = log_in("reader").get("/shop")
        assert words(page, "h1") == "NZ$ 5.00"
        assert page.html.select_one("nav.side") is not None

    def test_a_page_of_a_plugin_needs_a_log_in_unless_it_says_otherwise(self, client: Browser) -> None:
        client.get("/shop", status=302)

    def test_static_files_of_a_plugin_are_served(self, client: Browser) -> None:
        assert "color: red" in client.get("/static/shop/shop.css")


def _shop(config: Any) -> None:
    config.add_route("shop", "/shop")
    config.add_view(lambda request: {"amount": 5}, route_name="shop", renderer="shop/page.jinja2")
