"""The database: engine, sessions, column types. SQLite and PostgreSQL by the same code."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

import transaction
import zope.sqlalchemy
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
    CursorResult,
    Delete,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    TypeDecorator,
    Update,
    any_,
    create_engine,
    event,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, StaticPool
from sqlalchemy.sql.functions import FunctionElement

SCALE = Decimal(10_000)
MAX_AMOUNT = Decimal("99999999999999")
WRITES = "ledgertab_writes"
# By table and dialect, filled in by models: statements that the table's first revision carries out behind it, such as
# triggers. A later revision that copies the table (a batch change on SQLite) has to make them anew.
GUARDS: dict[str, Mapping[str, Sequence[str]]] = {}
# In `Base.metadata.info`: functions by table, given the connection, that make what no model can tell of.
BY_HAND = "made_by_hand"


class Base(DeclarativeBase):
    """The base of every table of the core and of plugins."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Amount(TypeDecorator[Decimal]):
    """A Decimal kept as an integer of 1/10,000: exact on every database, sums in SQL stay exact.

    One scale serves amounts of any currency, unit prices and quantities (docs/adr/0002). More than four decimals are
    refused with ValueError, never rounded in silence.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """To the stored integer."""
        if value is None:
            return None
        scaled = Decimal(value) * SCALE
        if scaled != scaled.to_integral_value() or abs(value) > MAX_AMOUNT:
            raise ValueError(f"{value} does not fit an amount: at most four decimals and fourteen digits")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """From the stored integer, or from a sum of them."""
        return None if value is None else Decimal(value) / SCALE


class Rate(TypeDecorator[Decimal]):
    """A Decimal kept as text, every digit of it: exchange rates and percentages."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """To text."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """From text."""
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC and given back in UTC."""

    impl = SqlDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a datetime without a zone is refused with ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A list or a dict of plain values, which can be looked into by SQL: JSON on SQLite, JSONB on PostgreSQL."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """JSONB where there is one: it can be compared and indexed."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """A key or an index is a text or a number, not JSON."""
        return self.impl_instance.coerce_compared_value(op, value)


class Database:
    """An engine and the two kinds of session: of a request (commits with its transaction) and of a job (by hand)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self.writer = self.engine.execution_options(**{WRITES: True})
        self._sessions = sessionmaker(expire_on_commit=False)

    def for_request(self, manager: transaction.TransactionManager, *, writes: bool) -> Session:
        """A session that commits and rolls back with the request's transaction."""
        session = self._sessions(bind=self.writer if writes else self.engine)
        zope.sqlalchemy.register(
            session, initial_state=zope.sqlalchemy.datamanager.STATUS_CHANGED, transaction_manager=manager
        )
        return session

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A short session of one's own that may write: commits at the end, rolls back on an error."""
        with self._sessions(bind=self.writer) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A short session of one's own for reading."""
        with self._sessions(bind=self.engine) as session:
            yield session


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that go past entities (`look_up`, `write_rows`)."""
    return cast(Table, model.__table__)


def look_up(session: Session, statement: Select[Any] | CompoundSelect[Any], **values: Any) -> CursorResult[Any]:
    """Carry out a SELECT over tables, not over entities, that was built once and takes its values by name.

    It goes past what a session does for entities, which takes three times as long as such a statement itself; what
    the session has not written yet is written first. Whoever reads records so leaves out those in the bin by hand.
    """
    if session.new or session.dirty or session.deleted:
        session.flush()
    return session.connection().execute(statement, values)


class _Among(FunctionElement[bool]):
    """Two ways to say the same, the one with a list of marks and the one with an array."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Itself: as a comparison is, and not as a column of yes and no, which SQLite would compare with 1."""
        return self


@compiles(_Among)
def _by_marks(element: _Among, compiler: Any, **more: Any) -> str:
    marks, _ = element.clauses
    return f"({compiler.process(marks, **more)})"


@compiles(_Among, "postgresql")
def _by_array(element: _Among, compiler: Any, **more: Any) -> str:
    _, array = element.clauses
    return f"({compiler.process(array, **more)})"


def among(column: Any, values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """`column.in_(values)` for hundreds of whole numbers or texts: on PostgreSQL as one array, so that the statement
    stays the same however many there are, and nobody has to read hundreds of marks. SQLite reads them quickly, and
    finds its way into an index by nothing else.
    """
    kind = Integer() if isinstance(column.type, Integer) else String()
    several = list(values)
    return _Among(column.in_(several), column == any_(literal(several, ARRAY(kind))))


def write_rows(session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert many rows, each with the values of these columns in their order; defaults are not filled in.

    Past SQLAlchemy's work for each row, which takes longer than the writing: in one call of the driver on SQLite, by
    COPY on PostgreSQL.
    """
    if not rows:
        return
    connection = session.connection()
    dialect = connection.dialect
    ways = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    pairs = [(place, way) for place, way in enumerate(ways) if way]
    if pairs:
        prepared = [list(row) for row in rows]
        for row in prepared:
            for place, way in pairs:
                row[place] = way(row[place])
        rows = prepared
    columns = ", ".join(names)
    if dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        insert = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608 (names of ours)
        connection.exec_driver_sql(insert, [tuple(row) for row in rows])
        return
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
        for each in rows:
            copy.write_row(each)


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert many rows that all name the same columns, defaults filled in; their new ids, in the same order.

    On PostgreSQL by COPY, with numbers taken from the table's sequence first: thousands of values in one INSERT take
    longer to be read than to be written.
    """
    if not rows:
        return []
    if session.connection().dialect.name == "sqlite":
        return list(session.scalars(insert(table).returning(table.c.id, sort_by_parameter_order=True), rows))
    sequence = func.pg_get_serial_sequence(table.name, "id")
    ids = list(session.scalars(select(func.nextval(sequence)).select_from(func.generate_series(1, len(rows)))))
    usual = {column.name: _usual(column) for column in table.c if column.name != "id" and column.name not in rows[0]}
    names = ["id", *rows[0], *usual]
    values = [
        (number, *row.values(), *(make() for make in usual.values())) for number, row in zip(ids, rows, strict=True)
    ]
    write_rows(session, table, names, values)
    return ids


def _usual(column: Column[Any]) -> Callable[[], Any]:
    """What makes the value of a column that a new row does not name."""
    usual: Any = column.default
    if usual is None:
        return lambda: None
    return (lambda: usual.arg(None)) if usual.is_callable else (lambda: usual.arg)


def tell_sizes(engine: Engine) -> None:
    """Let PostgreSQL count its tables now: until it has, it takes them to be small, and reads them whole for a row.

    It does so by itself after a minute, which is too late for whoever fills empty tables. SQLite needs none of it.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def changed(session: Session, statement: Update | Delete) -> int:
    """Carry out an UPDATE or DELETE and tell how many rows it met: what a compare-and-set looks at."""
    result: Any = session.execute(statement)
    return int(result.rowcount)


def make_engine(url: str) -> Engine:
    """An engine for an address such as ``sqlite:///file.db`` or ``postgresql://…`` (psycopg 3)."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=10, json_serializer=_json)
    memory = url in ("sqlite://", "sqlite:///:memory:")
    arguments: dict[str, Any] = {"check_same_thread": False, "timeout": 20}
    if memory:
        engine = create_engine(url, poolclass=StaticPool, connect_args=arguments, json_serializer=_json)
    else:
        engine = create_engine(url, connect_args=arguments, json_serializer=_json)
    _prepare_sqlite(engine, wal=not memory)
    return engine


def _json(value: Any) -> str:
    """As it is read: letters beyond ASCII as themselves, so that a search in the stored text finds them."""
    return json.dumps(value, ensure_ascii=False)


def _prepare_sqlite(engine: Engine, *, wal: bool) -> None:
    """WAL, foreign keys, and BEGIN IMMEDIATE for whoever will write (a deferred one may lose its place)."""

    @event.listens_for(engine, "connect")
    def on_connect(dbapi: Any, record: ConnectionPoolEntry) -> None:
        dbapi.isolation_level = None
        cursor = dbapi.cursor()
        for pragma in ("foreign_keys=ON", "synchronous=NORMAL", "journal_mode=WAL" if wal else "journal_mode=MEMORY"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def engine_without_pool(url: str) -> Engine:
    """An engine that keeps no connection open; for migrations and tools."""
    if url.startswith("sqlite"):
        return make_engine(url)
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=NullPool)
