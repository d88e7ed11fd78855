"""Audience reports of creators."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE scoring.audience_reports (
        workspace_id uuid NOT NULL, id uuid NOT NULL, creator_id uuid NOT NULL, reported_on date NOT NULL,
        source text NOT NULL, sample_size integer, note text, shares jsonb NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL, created_by uuid,
        CONSTRAINT pk_audience_reports PRIMARY KEY (workspace_id, id))"""
    )
    op.execute(
        """CREATE INDEX ix_audience_reports_workspace_id_creator_id
        ON scoring.audience_reports (workspace_id, creator_id)"""
    )
    op.execute("CREATE INDEX ix_audience_reports_expires_at ON scoring.audience_reports (expires_at)")
    tenant_table("scoring", "audience_reports")
