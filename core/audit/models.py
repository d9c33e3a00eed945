"""What was done, by whom, when: rows that are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import GUARDS, Base, Moment

# Nobody changes or deletes an entry, not even past this program. One thing may happen to it: that the user who is named
# in it is deleted for good, and the name falls away.
_STAYS = """NEW.user_id IS NULL AND NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.deed = OLD.deed AND NEW.kind = OLD.kind
    AND NEW.record_id {same} OLD.record_id
    AND CAST(NEW.old AS text) = CAST(OLD.old AS text)
    AND CAST(NEW.new AS text) = CAST(OLD.new AS text)"""
_NO = "entries of the audit trail are never changed or deleted"
_SQLITE = (
    f"""CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
WHEN NOT ({_STAYS.format(same="IS")})
BEGIN SELECT RAISE(ABORT, '{_NO}'); END""",
    f"""CREATE TRIGGER audit_entries_undeleted BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, '{_NO}'); END""",
)
_POSTGRESQL = (
    f"""CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF {_STAYS.format(same="IS NOT DISTINCT FROM")} THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '{_NO}';
END $$""",
    """CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()""",
    """CREATE TRIGGER audit_entries_undeleted BEFORE TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()""",
)
GUARDS["audit_entries"] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}


class AuditEntry(Base):
    """One deed; the database refuses to change or delete it.

    `old` and `new` hold only the values that changed; `kind` and `record_id` say of which record.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_record", "kind", "record_id", "at", "id"),
        Index("ix_audit_entries_user", "user_id", "id"),
        Index("ix_audit_entries_deed", "deed", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    deed: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40), default="")
    record_id: Mapped[int | None]
    old: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    new: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
