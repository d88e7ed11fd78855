"""Erasures of creators, and the tombstones that they leave."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE discovery.erasures (
            workspace_id uuid NOT NULL, id uuid NOT NULL, creator_id uuid NOT NULL, status text NOT NULL,
            confirmed text[] NOT NULL, waiting_for text, requested_at timestamptz NOT NULL, finished_at timestamptz,
            created_by uuid, CONSTRAINT pk_erasures PRIMARY KEY (workspace_id, id))"""
    )
    op.execute("CREATE INDEX ix_erasures_workspace_id_creator_id ON discovery.erasures (workspace_id, creator_id)")
    op.execute(
        """CREATE TABLE discovery.tombstones (
            workspace_id uuid NOT NULL, digest bytea NOT NULL, kind text NOT NULL, seen bigint NOT NULL,
            created_at timestamptz NOT NULL, CONSTRAINT pk_tombstones PRIMARY KEY (workspace_id, digest))"""
    )
    for table in ("erasures", "tombstones"):
        tenant_table("discovery", table)
