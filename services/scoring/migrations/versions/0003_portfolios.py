"""Portfolios; how far scoring followed discovery's events; where the evidence of a score came from."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0003"
down_revision = "0002"

_TABLES = (
    """CREATE TABLE scoring.portfolios (
        workspace_id uuid NOT NULL, id uuid NOT NULL, ranking_id uuid NOT NULL, name text NOT NULL,
        status text NOT NULL, request jsonb NOT NULL, result jsonb, error text,
        created_at timestamptz NOT NULL DEFAULT now(), created_by uuid, finished_at timestamptz,
        CONSTRAINT pk_portfolios PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_portfolios_workspace_id_ranking_id_rankings FOREIGN KEY (workspace_id, ranking_id)
            REFERENCES scoring.rankings (workspace_id, id) ON DELETE CASCADE)""",
    "CREATE INDEX ix_portfolios_workspace_id_ranking_id ON scoring.portfolios (workspace_id, ranking_id)",
    """CREATE TABLE scoring.event_cursors (
        workspace_id uuid NOT NULL, cursor text, pulled_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_event_cursors PRIMARY KEY (workspace_id))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    op.execute("ALTER TABLE scoring.scores ADD COLUMN own_data boolean NOT NULL DEFAULT false")
    tenant_table("scoring", "portfolios")
    tenant_table("scoring", "event_cursors")
