"""For maintainers: writes the next revision from the difference between the models and the migrated database.

``python -m core.migrations.new "Invoices have a colour"``; with ``--plugin books`` for a plugin's tables, with
``--initial`` to write revision 0001 anew (only while nothing is released). Read and test what it wrote.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateIndexOp, CreateTableOp, ModifyTableOps, UpgradeOps
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column

import core
from core.db import BY_HAND, GUARDS, Amount, Base, Json, Moment, Rate, engine_without_pool
from core.loader import Plugin, Plugins
from core.migrations import Line, lines, upgrade
from core.search.storage import MADE_BY_HAND

OWN_TYPES = (Amount, Rate, Moment, Json)
TEMPLATE = '''"""{message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

{imports}revision = "{revision}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}
'''


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one revision and print where."""
    parser = argparse.ArgumentParser(prog="python -m core.migrations.new", description=__doc__)
    parser.add_argument("message", help="what changes, in a few words")
    parser.add_argument("--plugin", default="", help="for the tables of this plugin")
    parser.add_argument("--initial", action="store_true", help="write revision 0001 anew")
    options = parser.parse_args(arguments)
    plugins = Plugins([options.plugin] if options.plugin else [])
    path = write(options.message, list(plugins.on.values()), owner=options.plugin, initial=options.initial)
    sys.stdout.write(f"{path}\n" if path else "The models and the migrated database agree: nothing to write.\n")
    return 0


def write(message: str, plugins: Sequence[Plugin], *, owner: str = "", initial: bool = False) -> Path | None:
    """The new revision's file, or None when nothing differs."""
    line = _line(plugins, owner)
    versions = line.folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    if initial:
        for old in versions.glob("[0-9]*.py"):
            old.unlink()
    head = line.script.get_current_head()
    code = _difference(plugins, owner)
    if code is None:
        return None
    revision = f"{int(head or 0) + 1:04d}"
    path = versions / f"{revision}_{_slug('initial' if initial else message)}.py"
    modules = sorted(set(re.findall(r"\b(core(?:\.[a-z_]+)+)\.\w+\(", code)))
    imports = "".join(f"import {module}\n" for module in modules) + "\n" if modules else ""
    down = f'"{head}"' if head else "None"
    path.write_text(
        TEMPLATE.format(message=message.rstrip("."), imports=imports, revision=revision, down=down, body=code),
        encoding="utf-8",
    )
    return path


def import_models() -> None:
    """Import every module of the core that holds tables, so that the metadata is whole."""
    for module in pkgutil.walk_packages(core.__path__, "core."):
        if module.name.rsplit(".", 1)[-1] in ("models", "periodic"):
            importlib.import_module(module.name)


def belongs(owner: str, plugins: Sequence[str]) -> Callable[..., bool]:
    """Alembic's filter for the tables of one line: a plugin's begin with its name, all others are the core's."""

    def include(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        if name is not None and reflected and name.startswith(MADE_BY_HAND):
            return False
        if kind != "table" or name is None:
            return True
        if name.startswith("alembic_version"):
            return False
        return owner == next((plugin for plugin in plugins if name.startswith(f"{plugin}_")), "")

    return include


def _line(plugins: Sequence[Plugin], owner: str) -> Line:
    if not owner:
        return lines()[0]
    folder = next(plugin.folder for plugin in plugins if plugin.name == owner)
    if folder is None:
        raise SystemExit(f"The plugin {owner} has no folder.")
    return Line(owner, folder / "migrations")


def _difference(plugins: Sequence[Plugin], owner: str) -> str | None:
    """The body of `upgrade()`, or None when nothing differs."""
    import_models()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/new.db"
        upgrade(url, plugins)
        engine = engine_without_pool(url)
        with engine.connect() as connection:
            options = {"compare_type": True, "include_object": belongs(owner, [plugin.name for plugin in plugins])}
            context = MigrationContext.configure(connection, opts=options)
            operations = produce_migrations(context, Base.metadata).upgrade_ops
        engine.dispose()
    if operations is None or operations.is_empty():
        return None
    _add_expression_indexes(operations.ops)
    code = render_python_code(operations, render_as_batch=True, render_item=_render, migration_context=context)
    rows = [row for row in code.splitlines() if "###" not in row]
    made = [one.table_name for one in operations.ops if isinstance(one, CreateTableOp)]
    return "\n".join([*rows, *(f"    {call}" for call in _made_by_hand(operations)), *_guards(made)]).strip()


def _guards(tables: Sequence[str]) -> Iterator[str]:
    """What is carried out behind new tables, as they ask for it themselves (`core.db.GUARDS`)."""
    for name in tables:
        for dialect, statements in GUARDS.get(name, {}).items():
            yield f'    if op.get_bind().dialect.name == "{dialect}":'
            yield from (f'        op.execute("""{statement}""")' for statement in statements)


def _add_expression_indexes(operations: list[Any]) -> None:
    """Give new tables their indexes over expressions, which Alembic leaves out because SQLite cannot reflect them.

    To a table that is there already such an index is added by hand, and SQLite's batch mode with `recreate` drops it.
    """
    for made in [each for each in operations if isinstance(each, CreateTableOp)]:
        indexes = sorted(Base.metadata.tables[made.table_name].indexes, key=lambda index: str(index.name))
        over = [index for index in indexes if any(not isinstance(one, Column) for one in index.expressions)]
        if over:
            created = [CreateIndexOp.from_index(index) for index in over]
            operations.insert(operations.index(made) + 1, ModifyTableOps(made.table_name, created))


def _made_by_hand(operations: UpgradeOps) -> Iterator[str]:
    """Calls of what makes the rest of new tables (`core.db.BY_HAND`)."""
    known = Base.metadata.info.get(BY_HAND, {})
    for one in operations.ops:
        if isinstance(one, CreateTableOp) and (make := known.get(one.table_name)):
            yield f"{make.__module__}.{make.__name__}(op.get_bind())"


def _render(kind: str, thing: Any, context: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(thing, OWN_TYPES):
        return f"core.db.{type(thing).__name__}()"
    return False


def _slug(message: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40]


if __name__ == "__main__":
    raise SystemExit(main())
