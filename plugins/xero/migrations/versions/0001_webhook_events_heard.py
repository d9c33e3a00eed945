"""Webhook events heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "xero_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("resource_id", sa.String(length=36), nullable=False),
        sa.Column("happened", sa.String(length=40), nullable=False),
        sa.Column("heard_at", core.db.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xero_event")),
        sa.UniqueConstraint("tenant_id", "resource_id", "happened", name=op.f("uq_xero_event_tenant_id")),
    )
    with op.batch_alter_table("xero_event", schema=None) as batch_op:
        batch_op.create_index("ix_xero_event_heard_at", ["heard_at"], unique=False)
