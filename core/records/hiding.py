"""What keeps the bin out of sight: one criterion of the session (docs/adr/0008)."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from core.records.models import RecordBase

BINNED = "with_binned"
WITH = {BINNED: True}
# For a statement that is built once and says `WITH`: hidden by this all the same, and not looked at each time.
HIDE = with_loader_criteria(RecordBase, lambda cls: cls.deleted_at.is_(None), include_aliases=True)


@event.listens_for(Session, "do_orm_execute")
def _hide(state: ORMExecuteState) -> None:
    """No reading finds what is in the bin, unless it says that it wants to (`BINNED` among its execution options)."""
    if not state.is_select or not state.is_orm_statement or state.execution_options.get(BINNED):
        return
    if not state.is_column_load and not state.is_relationship_load:  # these take over what the first statement hides
        state.statement = state.statement.options(HIDE)
