"""The migrated database is as the models say, plugins have lines of their own, an old database is not started on."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select

from core import migrations
from core.db import Base, engine_without_pool
from core.loader import Plugin
from core.migrations.new import belongs, import_models
from core.services import Services, make_services
from core.settings import StartError, read_settings
from core.users.models import Role

FIRST_NOTES = """
import sqlalchemy as sa
from alembic import op
revision = "0001"
down_revision = None
def upgrade():
    op.create_table("notes_book", sa.Column("id", sa.Integer(), primary_key=True))
    op.create_table(
        "notes_page",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("book_id", sa.Integer(), sa.ForeignKey("notes_book.id", ondelete="CASCADE")),
    )
"""
SECOND_NOTES = """
import sqlalchemy as sa
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    with op.batch_alter_table("notes_book", recreate="always") as batch:
        batch.add_column(sa.Column("title", sa.String(80), server_default=""))
"""
ORPHANING = """
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    op.execute("DELETE FROM notes_book")
"""


@dataclass
class Notes:
    """A plugin with migrations, as files."""

    folder: Path

    @property
    def plugin(self) -> Plugin:
        module = ModuleType("notes_plugin")
        module.__file__ = str(self.folder / "plugin.py")
        return Plugin("notes", module)

    def write(self, name: str, text: str) -> None:
        (self.folder / "migrations" / "versions" / name).write_text(text, encoding="utf-8")


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    made = Notes(tmp_path / "notes")
    (made.folder / "migrations" / "versions").mkdir(parents=True)
    made.write("0001_first.py", FIRST_NOTES)
    return made


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'ledgertab.db'}"


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        return connection.execute(query).fetchall()


def differences(url: str) -> list[object]:
    import_models()
    engine = engine_without_pool(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "include_object": belongs("", ["xero", "notes"])}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    engine.dispose()
    return list(found)


def test_the_models_and_the_migrated_database_agree(url: str) -> None:
    migrations.upgrade(url)
    assert differences(url) == []


def test_the_migrated_database_has_the_indexes_over_expressions_which_alembic_does_not_compare(url: str) -> None:
    migrations.upgrade(url)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    connection.close()
    import_models()
    own = [table for name, table in Base.metadata.tables.items() if not name.startswith(("xero_", "notes_"))]
    assert {str(index.name) for table in own for index in table.indexes} <= there


@pytest.mark.slow
def test_a_difference_between_models_and_database_is_seen(url: str) -> None:
    migrations.upgrade(url)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("ALTER TABLE roles DROP COLUMN title")
    found = [str(difference) for difference in differences(url)]
    assert len(found) == 1
    assert "add_column" in found[0]


@pytest.mark.slow
def test_a_second_upgrade_has_nothing_to_do(url: str) -> None:
    assert migrations.pending(url) != []
    assert migrations.upgrade(url)[0] == "0001"
    assert migrations.pending(url) == []
    assert migrations.upgrade(url) == []


@pytest.mark.slow
def test_a_plugin_has_a_version_table_of_its_own(url: str, notes: Notes) -> None:
    assert "notes 0001" in migrations.upgrade(url, [notes.plugin])
    assert rows(url, "SELECT version_num FROM alembic_version_notes") == [("0001",)]
    assert migrations.current(url, [notes.plugin])["notes"] == "0001"


@pytest.mark.slow
def test_a_plugin_switched_off_breaks_no_upgrade(url: str, notes: Notes) -> None:
    migrations.upgrade(url, [notes.plugin])
    assert migrations.upgrade(url) == []
    assert migrations.pending(url) == []
    assert ("notes_book",) in rows(url, "SELECT name FROM sqlite_master WHERE type = 'table'")


@pytest.mark.slow
def test_a_changed_table_keeps_the_rows_that_hang_on_it(url: str, notes: Notes) -> None:
    migrations.upgrade(url, [notes.plugin])
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("INSERT INTO notes_book (id) VALUES (1)")
        connection.execute("INSERT INTO notes_page (id, book_id) VALUES (7, 1)")
    notes.write("0002_title.py", SECOND_NOTES)
    assert migrations.pending(url, [notes.plugin]) == ["notes 0002"]
    assert migrations.upgrade(url, [notes.plugin]) == ["notes 0002"]
    assert rows(url, "SELECT id, book_id FROM notes_page") == [(7, 1)]


@pytest.mark.slow
def test_an_upgrade_that_would_leave_orphans_changes_nothing(url: str, notes: Notes) -> None:
    migrations.upgrade(url, [notes.plugin])
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("INSERT INTO notes_book (id) VALUES (1)")
        connection.execute("INSERT INTO notes_page (id, book_id) VALUES (7, 1)")
    notes.write("0002_orphans.py", ORPHANING)
    with pytest.raises(StartError, match="rows without what they refer to"):
        migrations.upgrade(url, [notes.plugin])
    assert rows(url, "SELECT id FROM notes_book") == [(1,)]
    assert migrations.current(url, [notes.plugin])["notes"] == "0001"


@pytest.mark.slow
def test_a_failing_revision_leaves_nothing_half_done(url: str, notes: Notes) -> None:
    notes.write("0001_first.py", FIRST_NOTES + "\n    op.execute('no such statement')\n")
    with pytest.raises(Exception, match="syntax error"):
        migrations.upgrade(url, [notes.plugin])
    assert rows(url, "SELECT name FROM sqlite_master WHERE type = 'table'") == []


@pytest.mark.slow
def test_two_upgrades_at_once_do_the_work_once(url: str) -> None:
    done: list[list[str]] = []
    together = threading.Barrier(2)
    migrations.pending(url)

    def work() -> None:
        together.wait()
        done.append(migrations.upgrade(url))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, done)) == [False, True]


@pytest.mark.slow
def test_a_database_newer_than_the_code_is_refused_in_plain_words(url: str) -> None:
    migrations.upgrade(url)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartError, match="upgraded by a newer version of Ledgertab"):
        migrations.pending(url)
    with pytest.raises(StartError, match="upgraded by a newer version of Ledgertab"):
        migrations.upgrade(url)


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Services]:
    """An application's services on an empty database."""
    ini = {"crm.url": "http://localhost", "crm.home": str(tmp_path), "crm.make_key": "true", "crm.queue": "memory"}
    services = make_services(read_settings(ini, {}))
    yield services
    services.db.engine.dispose()
    services.http.close()


@pytest.mark.slow
def test_a_start_on_an_old_database_is_refused_with_the_command_to_run(bare: Services) -> None:
    with pytest.raises(StartError, match=r"needs an upgrade \(0001.*ledgertab db upgrade"):
        migrations.check(bare)
    assert inspect(bare.db.engine).get_table_names() == []


@pytest.mark.slow
def test_a_start_upgrades_and_seeds_where_the_setting_says_so(bare: Services) -> None:
    bare.settings.all["crm.upgrade"] = "true"  # type: ignore[index]
    migrations.check(bare)
    migrations.check(bare)
    with bare.db.read() as session:
        assert {"admin", "sales", "accounts", "reader"} <= set(session.scalars(select(Role.key)))


@pytest.mark.slow
def test_preparing_again_keeps_a_role_as_an_admin_left_it(bare: Services) -> None:
    migrations.prepare(bare)
    with bare.db.begin() as session:
        session.scalars(select(Role).where(Role.key == "sales")).one().rights = []
    assert migrations.prepare(bare) == []
    with bare.db.read() as session:
        assert session.scalars(select(Role.rights).where(Role.key == "sales")).one() == []
