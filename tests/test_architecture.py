"""Who may import whom, how large things may grow, and that the core knows no vendor; read from the source by AST.

Each rule is also shown to bite, on a planted offence.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_LINES, MOST_IN_A_FUNCTION = 400, 40

# Floors of the core, the lowest first: a module may import from its own floor and from those below.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("core.contract",),
    ("core.settings",),
    ("core.db", "core.vault", "core.loader"),
    ("core.jobs",),
    ("core.services", "core.testing", "core"),
    (
        "core.formats",
        "core.folding",
        "core.plots",
        "core.forms",
        "core.sheets",
        "core.kept",
        "core.proxies",
        "core.web",
        "core.faults",
    ),
    ("core.audit",),
    ("core.mail",),
    ("core.users",),
    ("core.records",),
    ("core.activity", "core.accounting", "core.search", "core.duplicates", "core.imports"),
    ("core.api",),
    ("core.migrations",),
    ("core.admin", "core.look", "core.health"),
    ("core.app",),
    ("core.cli", "core.server"),
)
# In a room, who may import whom; modules with other names are the room's own affair.
FURNITURE = {"models": 0, "forms": 0, "service": 1, "jobs": 2, "views": 3}
# In a plugin: the front door imports views, these the provider, this the client and the mapping.
IN_A_PLUGIN = {"mapping": 0, "client": 0, "provider": 1, "views": 2, "plugin": 3}
NETWORK = frozenset({"httpx", "httpx2", "urllib3", "requests", "socket", "http", "urllib", "authlib"})
VENDORS = ("xero", "quickbooks", "intuit")
# Too long for a reason: (module, function or ""): why.
EXCEPTIONS: dict[tuple[str, str], str] = {}


@dataclass(frozen=True)
class Module:
    """A module of the project: its dotted name and its source."""

    name: str
    source: str

    @property
    def tree(self) -> ast.Module:
        return parse(self.source)

    def imports(self) -> Iterator[str]:
        """The modules it imports, those only for type checking left out; `from a import b` gives ``a.b`` too."""
        for node in running(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                assert node.level == 0, f"{self.name} imports relatively"
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)


@cache
def parse(source: str) -> ast.Module:
    return ast.parse(source)


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs: what stands under `if TYPE_CHECKING` does not."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from running(child)


@cache
def modules() -> tuple[Module, ...]:
    found = []
    for path in sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("plugins/**/*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "versions" in parts:  # revisions are written by a program
            continue
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path.read_text(encoding="utf-8")))
    return tuple(found)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def floor(name: str) -> int:
    """The floor of a module of the core; the most exact entry counts."""
    fitting = [
        (len(package), number)
        for number, packages in enumerate(FLOORS)
        for package in packages
        if (within(name, package) if package != "core" else name == "core")
    ]
    assert fitting, f"{name} stands on no floor: give it one in FLOORS"
    return max(fitting)[1]


def known(name: str) -> str:
    """The module that an import reaches: ``core.db.Base`` is ``core.db``."""
    names = {module.name for module in modules()}
    while name and name not in names:
        name = name.rpartition(".")[0]
    return name


def upward(module: Module) -> list[str]:
    """Imports of a module of the core that go up, or into a plugin."""
    found = []
    for name in sorted(set(module.imports())):
        if within(name, "plugins"):
            found.append(f"{module.name} imports {name}: the core knows no plugin")
        elif within(name, "core") and known(name) != "core" and floor(known(name)) > floor(module.name):
            found.append(f"{module.name} imports {known(name)}, which stands above it")
    return found


def outside_contract(module: Module) -> list[str]:
    allowed = sys.stdlib_module_names | {"pluggy", "__future__"}
    return [
        f"{module.name} imports {name}: the contract needs the standard library and pluggy alone"
        for name in module.imports()
        if name.partition(".")[0] not in allowed and not within(name, "core.contract")
    ]


def room_of(name: str) -> tuple[str, str]:
    """The room and the piece of furniture of ``core.records.views.lists``: ("core.records", "views")."""
    parts = name.split(".")
    return (".".join(parts[:2]), parts[2]) if len(parts) > 2 else (name, "")


def wrong_furniture(module: Module) -> list[str]:
    """Imports within a room that go from what is stored, or from rules, to what is shown."""
    room, piece = room_of(module.name)
    found = []
    for name in sorted(set(map(known, module.imports()))):
        other_room, other = room_of(name)
        if other_room == room and FURNITURE.get(other, -1) > FURNITURE.get(piece, 9):
            found.append(f"{module.name} imports {name}: {piece} may not know {other}")
    return found


def wrong_in_plugin(module: Module) -> list[str]:
    """A plugin imports the core's root and `core.db`; its mapping reaches no network; no plugin knows another."""
    _, plugin, *rest = [*module.name.split("."), ""]
    found = []
    for name in sorted(set(module.imports())):
        if within(name, "core") and known(name) not in ("core", "core.db"):
            found.append(f"{module.name} imports {name}: a plugin imports from core and core.db only")
        if within(name, "plugins") and name != "plugins" and not within(name, f"plugins.{plugin}"):
            found.append(f"{module.name} imports {name}: plugins do not know each other")
        if rest[:1] == ["mapping"] and name.partition(".")[0] in NETWORK:
            found.append(f"{module.name} imports {name}: the mapping reaches no network")
        if IN_A_PLUGIN.get(known(name).rpartition(".")[2], -1) > IN_A_PLUGIN.get(rest[0], 9):
            found.append(f"{module.name} imports {name}: {rest[0]} may not know it")
        if rest[:1] != ["sandbox"] and within(name, f"plugins.{plugin}.sandbox"):
            found.append(f"{module.name} imports {name}: the plugin does not know its sandbox")
        if rest[:1] == ["sandbox"] and within(name, f"plugins.{plugin}") and "sandbox" not in name:
            found.append(f"{module.name} imports {name}: a sandbox that shares code with the client proves nothing")
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Some circle of imports, or nothing."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(graph.get(name, ())):
            if found := walk(other, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


def import_graph(of: tuple[Module, ...]) -> dict[str, set[str]]:
    """Which module imports which; a package that only gathers its own modules' names is no link of a circle."""
    names = {module.name for module in of}
    graph: dict[str, set[str]] = {}
    for module in of:
        found = {known(name) for name in module.imports()} & names
        graph[module.name] = {name for name in found if name != module.name and not within(module.name, name)}
    return graph


def too_long(module: Module) -> list[str]:
    found = []
    lines = module.source.count("\n")
    if lines > MOST_LINES and (module.name, "") not in EXCEPTIONS:
        found.append(f"{module.name} has {lines} lines")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            length = node.end_lineno - node.lineno + 1
            if length > MOST_IN_A_FUNCTION and (module.name, node.name) not in EXCEPTIONS:
                found.append(f"{module.name}.{node.name} has {length} lines")
    return found


def vendors_named(module: Module) -> list[str]:
    """Lines in which a vendor is named: code, texts, docstrings and comments alike."""
    lines = enumerate(module.source.lower().splitlines(), 1)
    return [f"{module.name}:{number}: {line}" for number, line in lines if any(each in line for each in VENDORS)]


def of(package: str) -> list[Module]:
    return [module for module in modules() if within(module.name, package)]


def test_no_import_of_the_core_goes_up() -> None:
    assert [offence for module in of("core") for offence in upward(module)] == []


def test_the_contract_needs_the_standard_library_and_pluggy_alone() -> None:
    assert [offence for module in of("core.contract") for offence in outside_contract(module)] == []


def test_in_a_room_what_is_stored_does_not_know_what_is_shown() -> None:
    assert [offence for module in of("core") for offence in wrong_furniture(module)] == []


def test_plugins_import_the_root_of_the_core_and_nobody_else() -> None:
    assert [offence for module in of("plugins") for offence in wrong_in_plugin(module)] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(import_graph(modules())) == []


def test_no_module_and_no_function_is_too_long() -> None:
    assert [offence for module in modules() for offence in too_long(module)] == []


def test_the_core_and_its_pages_name_no_vendor() -> None:
    files = [path for folder in ("core", "templates") for path in (ROOT / folder).rglob("*.*") if path.is_file()]
    texts = [Module(str(path.relative_to(ROOT)), path.read_text("utf-8")) for path in files if path.suffix != ".pyc"]
    assert {"core/loader.py", "core/static/style.css", "templates/layout.jinja2"} <= {one.name for one in texts}
    assert [offence for one in texts for offence in vendors_named(one)] == []


def test_every_exception_is_still_needed() -> None:
    assert EXCEPTIONS.keys() <= {
        (module.name, node.name if isinstance(node, ast.FunctionDef) else "")
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Module | ast.FunctionDef)
    }


PLANTED = [
    (upward, "core.db", "import core.users.models"),
    (upward, "core.records.service", "from core.accounting import models"),
    (upward, "core.accounting.tab", "from plugins.xero import mapping"),
    (upward, "core.audit.service", "def late():\n    from core.app import make_app"),
    (outside_contract, "core.contract.values", "import sqlalchemy"),
    (outside_contract, "core.contract.values", "from core.settings import StartError"),
    (wrong_furniture, "core.records.models", "from core.records.views import includeme"),
    (wrong_furniture, "core.records.service", "from core.records import views"),
    (wrong_in_plugin, "plugins.sage.provider", "from core.accounting import models"),
    (wrong_in_plugin, "plugins.sage.provider", "import plugins.xero.client"),
    (wrong_in_plugin, "plugins.sage.mapping", "import httpx2"),
    (wrong_in_plugin, "plugins.xero.mapping", "from plugins.xero.provider import XeroProvider"),
    (wrong_in_plugin, "plugins.xero.client", "from plugins.xero.sandbox import store"),
    (wrong_in_plugin, "plugins.xero.sandbox.store", "from plugins.xero import mapping"),
    (too_long, "core.db", "\n" * 401),
    (too_long, "core.db", "def long():\n" + "    pass\n" * 40),
    (vendors_named, "core.accounting.tab", "if provider == 'xero': pass"),
    (vendors_named, "core.accounting.tab", "def link_to_quickbooks(): pass"),
    (vendors_named, "core.accounting.tab", 'def link():\n    """As Intuit does."""'),
]


@pytest.mark.parametrize(("rule", "name", "source"), PLANTED)
def test_a_planted_offence_is_found(rule: object, name: str, source: str) -> None:
    assert callable(rule)
    assert rule(Module(name, source)) != []


def test_a_planted_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_imports_for_type_checking_alone_do_not_count() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.app import make_app"
    assert upward(Module("core.db", source)) == []
