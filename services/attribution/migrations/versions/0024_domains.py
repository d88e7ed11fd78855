"""Branded domains and the directory of verified hosts; versions of hashtags."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0024"
down_revision = "0023"

_STATEMENTS = (
    """CREATE TABLE attribution.domains (
        workspace_id uuid NOT NULL, id uuid NOT NULL, host text NOT NULL, token text NOT NULL, error text,
        attempts integer NOT NULL DEFAULT 0, checked_at timestamptz, next_check_at timestamptz,
        verified_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_domains PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_domains_workspace_id_host UNIQUE (workspace_id, host))""",
    """CREATE INDEX ix_domains_next_check_at
        ON attribution.domains (next_check_at) WHERE next_check_at IS NOT NULL""",
    """CREATE TABLE attribution.hosts (
        host text NOT NULL, workspace_id uuid NOT NULL, CONSTRAINT pk_hosts PRIMARY KEY (host))""",
    "ALTER TABLE attribution.hashtags ADD COLUMN version integer NOT NULL DEFAULT 1",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
    tenant_table("attribution", "domains")
    tenant_table("attribution", "hosts", rights="SELECT, INSERT, DELETE")
