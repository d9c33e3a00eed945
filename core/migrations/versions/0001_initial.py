"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.db
import core.search.storage

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounting_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("authorizer", sa.String(length=60), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("granted_at", core.db.Moment(), nullable=False),
        sa.Column("refreshed_at", core.db.Moment(), nullable=False),
        sa.Column("lapses_at", core.db.Moment(), nullable=True),
        sa.Column("lost", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=40), nullable=False),
        sa.Column("lease_until", core.db.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_grant")),
    )
    op.create_table(
        "custom_fields",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("style", sa.String(length=10), nullable=False),
        sa.Column("choices", core.db.Json(), nullable=False),
        sa.Column("in_list", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_custom_fields_kind")),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("to", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try", core.db.Moment(), nullable=False),
        sa.Column("leased_until", core.db.Moment(), nullable=True),
        sa.Column("give_up_at", core.db.Moment(), nullable=False),
        sa.Column("useful_until", core.db.Moment(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("made_at", core.db.Moment(), nullable=False),
        sa.Column("sent_at", core.db.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("key", name=op.f("uq_mails_key")),
    )
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.create_index("ix_mails_state_next_try", ["state", "next_try"], unique=False)

    op.create_table(
        "match_keys",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "what", "value", "record_id", name=op.f("pk_match_keys")),
    )
    with op.batch_alter_table("match_keys", schema=None) as batch_op:
        batch_op.create_index("ix_match_keys_record", ["record_id", "kind", "what", "value"], unique=False)

    op.create_table(
        "periodic_run",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("last_run", core.db.Moment(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_periodic_run")),
    )
    op.create_table(
        "record_merges",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column("merged_at", core.db.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "from_id", name=op.f("pk_record_merges")),
    )
    op.create_table(
        "record_tags",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("kind", "record_id", "tag", name=op.f("pk_record_tags")),
    )
    with op.batch_alter_table("record_tags", schema=None) as batch_op:
        batch_op.create_index("ix_record_tags_tag", ["kind", "tag", "record_id"], unique=False)

    op.create_table(
        "roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("key", name=op.f("uq_roles_key")),
    )
    op.create_table(
        "search_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("search_entries", schema=None) as batch_op:
        batch_op.create_index("ix_search_entries_record", ["kind", "record_id"], unique=False)
        batch_op.create_index("ix_search_entries_section", ["section", "id"], unique=False)

    op.create_table(
        "stages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stages")),
        sa.UniqueConstraint("name", name=op.f("uq_stages_name")),
    )
    op.create_table(
        "accounting_connection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("authorizer", sa.String(length=60), nullable=False),
        sa.Column("organisation_id", sa.String(length=100), nullable=False),
        sa.Column("organisation", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("base_currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("connected_by", sa.Integer(), nullable=True),
        sa.Column("connected_at", core.db.Moment(), nullable=False),
        sa.Column("last_good_at", core.db.Moment(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_detail", sa.Text(), nullable=False),
        sa.Column("last_error_at", core.db.Moment(), nullable=True),
        sa.Column("retry_at", core.db.Moment(), nullable=True),
        sa.Column("missing_scope", sa.Text(), nullable=False),
        sa.Column("organisation_at", core.db.Moment(), nullable=True),
        sa.Column("choices_at", core.db.Moment(), nullable=True),
        sa.Column("parties_at", core.db.Moment(), nullable=True),
        sa.Column("changes_at", core.db.Moment(), nullable=True),
        sa.Column("advances_at", core.db.Moment(), nullable=True),
        sa.Column("told_at", core.db.Moment(), nullable=True),
        sa.Column("told_read_at", core.db.Moment(), nullable=True),
        sa.Column("converted", sa.Boolean(), nullable=False),
        sa.Column("record_refs", sa.Boolean(), nullable=False),
        sa.Column("refresh_owner", sa.String(length=40), nullable=False),
        sa.Column("refresh_until", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["accounting_grant.id"],
            name=op.f("fk_accounting_connection_grant_id_accounting_grant"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_connection")),
        sa.UniqueConstraint("provider", "organisation_id", name=op.f("uq_accounting_connection_provider")),
    )
    op.create_table(
        "accounting_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("provider", sa.String(length=60), nullable=False),
        sa.Column("authorizer", sa.String(length=60), nullable=False),
        sa.Column("kept", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=True),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("used_at", core.db.Moment(), nullable=True),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("organisations", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["accounting_grant.id"],
            name=op.f("fk_accounting_consent_grant_id_accounting_grant"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_consent")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_accounting_consent_state_hash")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("theme", sa.String(length=10), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("numbers", sa.String(length=10), nullable=False),
        sa.Column("dates", sa.String(length=10), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_users_role_id_roles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("login", name=op.f("uq_users_login")),
    )
    op.create_table(
        "accounting_access",
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("rights", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_access_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("fk_accounting_access_role_id_roles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("role_id", "connection_id", name=op.f("pk_accounting_access")),
    )
    op.create_table(
        "accounting_begun_walk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("party_ids", sa.JSON(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("began_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_begun_walk_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_begun_walk")),
    )
    with op.batch_alter_table("accounting_begun_walk", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounting_begun_walk_connection_id"), ["connection_id"], unique=False)

    op.create_table(
        "accounting_call_share",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("started_at", core.db.Moment(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_call_share_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "user_id", name=op.f("pk_accounting_call_share")),
    )
    op.create_table(
        "accounting_call_slot",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("until", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_call_slot_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "number", name=op.f("pk_accounting_call_slot")),
    )
    op.create_table(
        "accounting_call_window",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(length=12), nullable=False),
        sa.Column("started_at", core.db.Moment(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=True),
        sa.Column("shut_until", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_call_window_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "window", name=op.f("pk_accounting_call_window")),
    )
    op.create_table(
        "accounting_choices",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_choices_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "kind", name=op.f("pk_accounting_choices")),
    )
    op.create_table(
        "accounting_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("party_id", sa.String(length=100), nullable=False),
        sa.Column("party_name", sa.String(length=500), nullable=False),
        sa.Column("number", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("vendor_status", sa.String(length=60), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate", core.db.Rate(), nullable=True),
        sa.Column("total", core.db.Amount(), nullable=False),
        sa.Column("tax", core.db.Amount(), nullable=False),
        sa.Column("amount_due", core.db.Amount(), nullable=False),
        sa.Column("amount_paid", core.db.Amount(), nullable=False),
        sa.Column("amount_credited", core.db.Amount(), nullable=False),
        sa.Column("fully_paid_on", sa.Date(), nullable=True),
        sa.Column("last_paid_on", sa.Date(), nullable=True),
        sa.Column("amounts_are", sa.String(length=12), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("updated_at", core.db.Moment(), nullable=True),
        sa.Column("seen_at", core.db.Moment(), nullable=False),
        sa.Column("missing_at", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_document_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_document")),
        sa.UniqueConstraint("connection_id", "document_id", name=op.f("uq_accounting_document_connection_id")),
    )
    with op.batch_alter_table("accounting_document", schema=None) as batch_op:
        batch_op.create_index(
            "ix_accounting_document_party",
            [
                "connection_id",
                "party_id",
                "kind",
                "status",
                "currency",
                "date",
                "due_date",
                "fully_paid_on",
                "last_paid_on",
                "total",
                "tax",
                "amount_due",
                "amount_paid",
            ],
            unique=False,
        )

    op.create_table(
        "accounting_document_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("document_kind", sa.String(length=30), nullable=False),
        sa.Column("missing_at", core.db.Moment(), nullable=True),
        sa.Column("linked_by", sa.Integer(), nullable=True),
        sa.Column("linked_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_document_link_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_document_link")),
        sa.UniqueConstraint(
            "kind", "record_id", "connection_id", "document_id", name=op.f("uq_accounting_document_link_kind")
        ),
    )
    with op.batch_alter_table("accounting_document_link", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_document_link_document", ["connection_id", "document_id"], unique=False)

    op.create_table(
        "accounting_document_more",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("told_at", core.db.Moment(), nullable=True),
        sa.Column("asked_at", core.db.Moment(), nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_document_more_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "document_id", "what", name=op.f("pk_accounting_document_more")),
    )
    op.create_table(
        "accounting_draft",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("document_kind", sa.String(length=30), nullable=False),
        sa.Column("party_id", sa.String(length=100), nullable=False),
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("noted_at", core.db.Moment(), nullable=True),
        sa.Column("note_due", core.db.Moment(), nullable=True),
        sa.Column("copied_from", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("updated_at", core.db.Moment(), nullable=False),
        sa.Column("sent_at", core.db.Moment(), nullable=True),
        sa.Column("next_try_at", core.db.Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=40), nullable=False),
        sa.Column("lease_until", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_draft_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_draft")),
        sa.UniqueConstraint("key", name=op.f("uq_accounting_draft_key")),
    )
    with op.batch_alter_table("accounting_draft", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_draft_record", ["kind", "record_id"], unique=False)

    op.create_table(
        "accounting_draft_change",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("document_kind", sa.String(length=30), nullable=False),
        sa.Column("deed", sa.String(length=10), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("theirs", sa.JSON(), nullable=False),
        sa.Column("noted_at", core.db.Moment(), nullable=True),
        sa.Column("note_due", core.db.Moment(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("updated_at", core.db.Moment(), nullable=False),
        sa.Column("sent_at", core.db.Moment(), nullable=True),
        sa.Column("next_try_at", core.db.Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=40), nullable=False),
        sa.Column("lease_until", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_draft_change_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_draft_change")),
        sa.UniqueConstraint("key", name=op.f("uq_accounting_draft_change_key")),
    )
    with op.batch_alter_table("accounting_draft_change", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_draft_change_document", ["connection_id", "document_id"], unique=False)
        batch_op.create_index("ix_accounting_draft_change_record", ["kind", "record_id"], unique=False)

    op.create_table(
        "accounting_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=True),
        sa.Column("deed", sa.String(length=40), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", core.db.Moment(), nullable=False),
        sa.Column("last_at", core.db.Moment(), nullable=False),
        sa.Column("settled_at", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_failure_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_failure")),
        sa.UniqueConstraint("reference", name=op.f("uq_accounting_failure_reference")),
    )
    with op.batch_alter_table("accounting_failure", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_failure_last_at", ["last_at"], unique=False)

    op.create_table(
        "accounting_new_party",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.String(length=100), nullable=False),
        sa.Column("existing", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("updated_at", core.db.Moment(), nullable=False),
        sa.Column("sent_at", core.db.Moment(), nullable=True),
        sa.Column("next_try_at", core.db.Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=40), nullable=False),
        sa.Column("lease_until", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_new_party_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_new_party")),
        sa.UniqueConstraint("key", name=op.f("uq_accounting_new_party_key")),
    )
    op.create_table(
        "accounting_party",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("folded", sa.String(length=500), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("merged_into", sa.String(length=100), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("updated_at", core.db.Moment(), nullable=True),
        sa.Column("documents_at", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_party_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_party")),
        sa.UniqueConstraint("connection_id", "party_id", name=op.f("uq_accounting_party_connection_id")),
    )
    op.create_table(
        "accounting_party_change",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.String(length=100), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_detail", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("updated_at", core.db.Moment(), nullable=False),
        sa.Column("sent_at", core.db.Moment(), nullable=True),
        sa.Column("next_try_at", core.db.Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=40), nullable=False),
        sa.Column("lease_until", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_party_change_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_party_change")),
        sa.UniqueConstraint("key", name=op.f("uq_accounting_party_change_key")),
    )
    with op.batch_alter_table("accounting_party_change", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_party_change_party", ["connection_id", "party_id"], unique=False)

    op.create_table(
        "accounting_party_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.String(length=100), nullable=False),
        sa.Column("followed_from", sa.String(length=100), nullable=False),
        sa.Column("linked_by", sa.Integer(), nullable=True),
        sa.Column("linked_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_party_link_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_party_link")),
        sa.UniqueConstraint(
            "kind", "record_id", "connection_id", "party_id", name=op.f("uq_accounting_party_link_kind")
        ),
    )
    with op.batch_alter_table("accounting_party_link", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_party_link_party", ["connection_id", "party_id"], unique=False)

    op.create_table(
        "accounting_told",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("told_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_told_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "told_id", name=op.f("pk_accounting_told")),
    )
    op.create_table(
        "accounting_unread",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=100), nullable=False),
        sa.Column("party_id", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("noted_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_unread_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_unread")),
        sa.UniqueConstraint("connection_id", "document_id", name=op.f("uq_accounting_unread_connection_id")),
    )
    with op.batch_alter_table("accounting_unread", schema=None) as batch_op:
        batch_op.create_index("ix_accounting_unread_party", ["connection_id", "party_id"], unique=False)

    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("begins", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("expires_at", core.db.Moment(), nullable=True),
        sa.Column("used_at", core.db.Moment(), nullable=True),
        sa.Column("revoked_at", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    with op.batch_alter_table("api_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", core.db.Moment(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("deed", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("old", sa.JSON(), nullable=False),
        sa.Column("new", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_audit_entries_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_at"), ["at"], unique=False)
        batch_op.create_index("ix_audit_entries_deed", ["deed", "id"], unique=False)
        batch_op.create_index("ix_audit_entries_record", ["kind", "record_id", "at", "id"], unique=False)
        batch_op.create_index("ix_audit_entries_user", ["user_id", "id"], unique=False)

    op.create_table(
        "bulk_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("deed", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("items", core.db.Json(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("problems", core.db.Json(), nullable=False),
        sa.Column("before", core.db.Json(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_bulk_changes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_changes")),
    )
    with op.batch_alter_table("bulk_changes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bulk_changes_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_bulk_changes_user_id"), ["user_id"], unique=False)

    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("stored_as", sa.String(length=60), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("delimiter", sa.String(length=1), nullable=False),
        sa.Column("decimal", sa.String(length=1), nullable=False),
        sa.Column("dates", sa.String(length=3), nullable=False),
        sa.Column("headers", core.db.Json(), nullable=False),
        sa.Column("mapping", core.db.Json(), nullable=False),
        sa.Column("duplicates", sa.String(length=10), nullable=False),
        sa.Column("make_organizations", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", core.db.Json(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("lease_until", core.db.Moment(), nullable=True),
        sa.Column("started_at", core.db.Moment(), nullable=True),
        sa.Column("finished_at", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_imports_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imports_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_imports_user_id"), ["user_id"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("invited_at", core.db.Moment(), nullable=False),
        sa.Column("expires_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["users.id"], name=op.f("fk_invitations_invited_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name=op.f("fk_invitations_role_id_roles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("email", name=op.f("uq_invitations_email")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
    )
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("expires_at", core.db.Moment(), nullable=False),
        sa.Column("seen_at", core.db.Moment(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_sessions_token_hash")),
    )
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_sessions_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_login_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "not_duplicates",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.Integer(), nullable=True),
        sa.Column("said_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["said_by"], ["users.id"], name=op.f("fk_not_duplicates_said_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("kind", "first_id", "second_id", name=op.f("pk_not_duplicates")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("edited_at", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["users.id"], name=op.f("fk_notes_author_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_notes_record", ["kind", "record_id", "created_at", "id"], unique=False)

    op.create_table(
        "organizations",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("website", sa.String(length=200), nullable=False),
        sa.Column("tax_number", sa.String(length=50), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("changed_at", core.db.Moment(), nullable=False),
        sa.Column("deleted_at", core.db.Moment(), nullable=True),
        sa.Column("custom", core.db.Json(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("deleted_by", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_kind", sa.String(length=20), nullable=False),
        sa.Column("phone", sa.String(length=50), nullable=False),
        sa.Column("phone_kind", sa.String(length=20), nullable=False),
        sa.Column("address_kind", sa.String(length=20), nullable=False),
        sa.Column("more_emails", core.db.Json(), nullable=False),
        sa.Column("more_phones", core.db.Json(), nullable=False),
        sa.Column("more_addresses", core.db.Json(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("region", sa.String(length=120), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["deleted_by"], ["users.id"], name=op.f("fk_organizations_deleted_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_organizations_owner_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organizations_by_city",
            [sa.literal_column("nullif(lower(city), '')"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_organizations_by_email",
            [sa.literal_column("nullif(lower(email), '')"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_organizations_by_name",
            [sa.literal_column("lower(name)"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_organizations_by_phone",
            [sa.literal_column("nullif(lower(phone), '')"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    with op.batch_alter_table("organizations", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organizations_bin",
            ["deleted_at"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_organizations_by_changed",
            ["changed_at", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_organizations_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "password_resets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_password_resets_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_resets_token_hash")),
    )
    with op.batch_alter_table("password_resets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_resets_user_id"), ["user_id"], unique=False)

    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_saved_views_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    with op.batch_alter_table("saved_views", schema=None) as batch_op:
        batch_op.create_index("ix_saved_views_kind", ["kind", "user_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_saved_views_user_id"), ["user_id"], unique=False)

    op.create_table(
        "task_reminders",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_task_reminders_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_task_reminders")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("closed_at", core.db.Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["users.id"], name=op.f("fk_tasks_assignee_id_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["users.id"], name=op.f("fk_tasks_closed_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_tasks_created_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index("ix_tasks_assignee", ["assignee_id", "state", "due_on", "id"], unique=False)
        batch_op.create_index("ix_tasks_record", ["kind", "record_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_tasks_record_closed", ["kind", "record_id", "closed_at", "id"], unique=False)
        batch_op.create_index("ix_tasks_state", ["state", "due_on", "id"], unique=False)

    op.create_table(
        "accounting_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", core.db.Amount(), nullable=False),
        sa.Column("unit_price", core.db.Amount(), nullable=False),
        sa.Column("discount", core.db.Rate(), nullable=False),
        sa.Column("discount_amount", core.db.Amount(), nullable=False),
        sa.Column("amount", core.db.Amount(), nullable=False),
        sa.Column("tax", core.db.Amount(), nullable=False),
        sa.Column("item", sa.String(length=100), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("tax_rate", sa.String(length=100), nullable=False),
        sa.Column("tracking", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"],
            ["accounting_document.id"],
            name=op.f("fk_accounting_line_document_accounting_document"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_line")),
    )
    with op.batch_alter_table("accounting_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounting_line_document"), ["document"], unique=False)

    op.create_table(
        "accounting_party_key",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["accounting_connection.id"],
            name=op.f("fk_accounting_party_key_connection_id_accounting_connection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["party"],
            ["accounting_party.id"],
            name=op.f("fk_accounting_party_key_party_accounting_party"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "key", "party", name=op.f("pk_accounting_party_key")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("accounting_party_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounting_party_key_party"), ["party"], unique=False)

    op.create_table(
        "accounting_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("amount", core.db.Amount(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"],
            ["accounting_document.id"],
            name=op.f("fk_accounting_payment_document_accounting_document"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounting_payment")),
    )
    with op.batch_alter_table("accounting_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounting_payment_document"), ["document"], unique=False)

    op.create_table(
        "contacts",
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("job_title", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("changed_at", core.db.Moment(), nullable=False),
        sa.Column("deleted_at", core.db.Moment(), nullable=True),
        sa.Column("custom", core.db.Json(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("deleted_by", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_kind", sa.String(length=20), nullable=False),
        sa.Column("phone", sa.String(length=50), nullable=False),
        sa.Column("phone_kind", sa.String(length=20), nullable=False),
        sa.Column("address_kind", sa.String(length=20), nullable=False),
        sa.Column("more_emails", core.db.Json(), nullable=False),
        sa.Column("more_phones", core.db.Json(), nullable=False),
        sa.Column("more_addresses", core.db.Json(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("region", sa.String(length=120), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["deleted_by"], ["users.id"], name=op.f("fk_contacts_deleted_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_contacts_organization_id_organizations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_contacts_owner_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contacts_by_city",
            [sa.literal_column("nullif(lower(city), '')"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_contacts_by_email",
            [sa.literal_column("nullif(lower(email), '')"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_contacts_by_name",
            [sa.literal_column("lower(last_name)"), sa.literal_column("lower(first_name)"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_contacts_by_phone",
            [sa.literal_column("nullif(lower(phone), '')"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contacts_bin",
            ["deleted_at"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_contacts_by_changed",
            ["changed_at", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_contacts_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contacts_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "imported_records",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("deed", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_imported_records_import_id_imports"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "kind", "record_id", name=op.f("pk_imported_records")),
    )
    with op.batch_alter_table("imported_records", schema=None) as batch_op:
        batch_op.create_index("ix_imported_records_deed", ["import_id", "deed", "kind", "record_id"], unique=False)

    op.create_table(
        "refused_rows",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("cells", core.db.Json(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_refused_rows_import_id_imports"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_refused_rows")),
    )
    op.create_table(
        "opportunities",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("amount", core.db.Amount(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("close_date", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("changed_at", core.db.Moment(), nullable=False),
        sa.Column("deleted_at", core.db.Moment(), nullable=True),
        sa.Column("custom", core.db.Json(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("deleted_by", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_opportunities_contact_id_contacts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["deleted_by"], ["users.id"], name=op.f("fk_opportunities_deleted_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_opportunities_organization_id_organizations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_opportunities_owner_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunities")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("opportunities", schema=None) as batch_op:
        batch_op.create_index(
            "ix_opportunities_by_name",
            [sa.literal_column("lower(name)"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    with op.batch_alter_table("opportunities", schema=None) as batch_op:
        batch_op.create_index(
            "ix_opportunities_bin",
            ["deleted_at"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_opportunities_by_amount",
            ["amount", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_opportunities_by_changed",
            ["changed_at", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_opportunities_by_close",
            ["close_date", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_opportunities_by_stage",
            ["stage", "close_date", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_opportunities_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_outcome"), ["outcome"], unique=False)
        batch_op.create_index(batch_op.f("ix_opportunities_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "opportunity_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", core.db.Amount(), nullable=False),
        sa.Column("unit_price", core.db.Amount(), nullable=False),
        sa.Column("discount", core.db.Rate(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.id"],
            name=op.f("fk_opportunity_lines_opportunity_id_opportunities"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity_lines")),
    )
    with op.batch_alter_table("opportunity_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opportunity_lines_opportunity_id"), ["opportunity_id"], unique=False)

    op.create_table(
        "projects",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("opportunity_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("budget", core.db.Amount(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", core.db.Moment(), nullable=False),
        sa.Column("changed_at", core.db.Moment(), nullable=False),
        sa.Column("deleted_at", core.db.Moment(), nullable=True),
        sa.Column("custom", core.db.Json(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("deleted_by", sa.Integer(), nullable=True),
        sa.Column("organization_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_projects_contact_id_contacts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["deleted_by"], ["users.id"], name=op.f("fk_projects_deleted_by_users"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunities.id"],
            name=op.f("fk_projects_opportunity_id_opportunities"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_projects_organization_id_organizations"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_projects_owner_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.create_index(
            "ix_projects_by_name",
            [sa.literal_column("lower(name)"), "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.create_index(
            "ix_projects_bin",
            ["deleted_at"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NOT NULL"),
            postgresql_where=sa.text("deleted_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_projects_by_changed",
            ["changed_at", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_projects_by_ends",
            ["ends_on", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_projects_contact_id"), ["contact_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_projects_opportunity_id"), ["opportunity_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_projects_organization_id"), ["organization_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_projects_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_projects_status"), ["status"], unique=False)

    core.search.storage.make_index(op.get_bind())
    if op.get_bind().dialect.name == "sqlite":
        op.execute("""CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
WHEN NOT (NEW.user_id IS NULL AND NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.deed = OLD.deed AND NEW.kind = OLD.kind
    AND NEW.record_id IS OLD.record_id
    AND CAST(NEW.old AS text) = CAST(OLD.old AS text)
    AND CAST(NEW.new AS text) = CAST(OLD.new AS text))
BEGIN SELECT RAISE(ABORT, 'entries of the audit trail are never changed or deleted'); END""")
        op.execute("""CREATE TRIGGER audit_entries_undeleted BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'entries of the audit trail are never changed or deleted'); END""")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.user_id IS NULL AND NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.deed = OLD.deed AND NEW.kind = OLD.kind
    AND NEW.record_id IS NOT DISTINCT FROM OLD.record_id
    AND CAST(NEW.old AS text) = CAST(OLD.old AS text)
    AND CAST(NEW.new AS text) = CAST(OLD.new AS text) THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION 'entries of the audit trail are never changed or deleted';
END $$""")
        op.execute("""CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change()""")
        op.execute("""CREATE TRIGGER audit_entries_undeleted BEFORE TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()""")
