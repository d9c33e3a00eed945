"""The database's shape over time: one line of revisions for the core and one for each plugin that has tables.

Each line has a version table of its own (``alembic_version``, ``alembic_version_books``), so that a plugin can be
switched off without breaking the others. A plugin's revisions lie in ``migrations/versions`` beside its `plugin.py`,
and its tables' names begin with the plugin's name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, event, make_url, text

from core.db import WRITES, engine_without_pool
from core.loader import Plugin
from core.services import Services
from core.settings import TRUE, StartError
from core.users.seed import seed_roles

ADVISORY_LOCK = 7_203_551


@dataclass(frozen=True)
class Line:
    """One line of revisions: whose it is ("" is the core), its folder and its version table."""

    owner: str
    folder: Path

    @property
    def table(self) -> str:
        """The version table."""
        return f"alembic_version_{self.owner}" if self.owner else "alembic_version"

    @property
    def script(self) -> ScriptDirectory:
        """Alembic's view of the folder."""
        return ScriptDirectory(str(self.folder), version_locations=[str(self.folder / "versions")])

    def name(self, revision: str) -> str:
        """A revision as people read it: ``0001``, or ``books 0001``."""
        return f"{self.owner} {revision}".strip()


def lines(plugins: Iterable[Plugin] = ()) -> list[Line]:
    """The core's line, then one for each plugin that has a folder `migrations`."""
    found = [Line("", Path(__file__).parent)]
    for plugin in plugins:
        if plugin.folder is not None and plugin.has("migrations"):
            found.append(Line(plugin.name, plugin.folder / "migrations"))
    return found


def upgrade(url: str, plugins: Iterable[Plugin] = ()) -> list[str]:
    """Bring the database to the newest revision; the names of the revisions that were applied.

    All or nothing. On SQLite foreign keys are off meanwhile (a batch change would delete child rows) and checked at
    the end. On PostgreSQL a second upgrade at the same time waits for the first. Raises `StartError`.
    """
    with _engine(url) as engine, engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        applied = [name for line in lines(plugins) for name in _upgrade_line(connection, line)]
        if connection.dialect.name == "sqlite" and (
            broken := connection.execute(text("PRAGMA foreign_key_check")).all()
        ):
            raise StartError(
                f"The upgrade would leave rows without what they refer to, nothing was changed: {broken[:5]}"
            )
    return applied


def current(url: str, plugins: Iterable[Plugin] = ()) -> dict[str, str]:
    """The revision each line stands at ("" before the first), by owner; the core's key is ""."""
    with _engine(url) as engine, engine.connect() as connection:
        return {line.owner: _current(connection, line) for line in lines(plugins)}


def pending(url: str, plugins: Iterable[Plugin] = ()) -> list[str]:
    """The names of the revisions that `upgrade` would apply. Raises `StartError` when the database is newer."""
    with _engine(url) as engine:
        return behind(engine, plugins)


def behind(engine: Engine, plugins: Iterable[Plugin] = ()) -> list[str]:
    """The same as `pending`, over an engine that is there already."""
    with engine.connect() as connection:
        return [name for line in lines(plugins) for name in _waiting(connection, line)]


def prepare(services: Services) -> list[str]:
    """Upgrade the database of an application and put in the roles that are missing; what was applied."""
    applied = upgrade(services.settings.database_url, services.plugins.on.values())
    with services.db.begin() as session:
        seed_roles(session)
    return applied


def check(services: Services) -> None:
    """Refuse to start on a database that is behind, or upgrade it where `crm.upgrade` says so.

    Raises `StartError` that names the command.
    """
    waiting = behind(services.db.engine, services.plugins.on.values())
    if not waiting:
        return
    if services.settings.all.get("crm.upgrade", "false").lower() in TRUE:
        prepare(services)
        return
    raise StartError(
        f"The database needs an upgrade ({', '.join(waiting)}). Run `ledgertab db upgrade`, "
        "or set crm.upgrade = true to have it done at the start."
    )


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    _make_folder(url)
    engine = engine_without_pool(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _foreign_keys_off)
    try:
        yield engine.execution_options(**{WRITES: True})
    finally:
        engine.dispose()


def _make_folder(url: str) -> None:
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)


def _foreign_keys_off(dbapi: Any, record: object) -> None:
    dbapi.execute("PRAGMA foreign_keys=OFF")


def _upgrade_line(connection: Connection, line: Line) -> list[str]:
    script = line.script
    applied: list[str] = []

    def steps(revision: Any, context: MigrationContext) -> Any:
        found = script._upgrade_revs("head", revision)  # the way Alembic's own `upgrade` command asks for them
        applied.extend(line.name(step.revision.revision) for step in found)
        return found

    with EnvironmentContext(Config(), script, fn=steps) as environment, _plain_errors(line):
        environment.configure(connection=connection, version_table=line.table, render_as_batch=True)
        environment.run_migrations()
    return applied


def _current(connection: Connection, line: Line) -> str:
    context = MigrationContext.configure(connection, opts={"version_table": line.table})
    return context.get_current_revision() or ""


def _waiting(connection: Connection, line: Line) -> list[str]:
    with _plain_errors(line):
        found = line.script.iterate_revisions("head", _current(connection, line) or "base")
        return [line.name(script.revision) for script in reversed(list(found))]


@contextmanager
def _plain_errors(line: Line) -> Iterator[None]:
    try:
        yield
    except (CommandError, RevisionError) as error:
        raise StartError(
            f"The database was upgraded by a newer version of {line.owner or 'Ledgertab'} than this one, "
            f"or its table {line.table} is damaged: {error}."
        ) from error
