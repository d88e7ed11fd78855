"""Whether visitors get a cookie, and judging on request."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE attribution.visitor_settings (
            workspace_id uuid NOT NULL, cookie boolean NOT NULL, version integer NOT NULL DEFAULT 1,
            updated_at timestamptz NOT NULL DEFAULT now(), updated_by uuid,
            CONSTRAINT pk_visitor_settings PRIMARY KEY (workspace_id))"""
    )
    op.execute(
        """CREATE TABLE attribution.judgings (
            workspace_id uuid NOT NULL, until_hit uuid NOT NULL, after_hit uuid, hits bigint NOT NULL DEFAULT 0,
            rule_version integer, requested_at timestamptz NOT NULL DEFAULT now(), requested_by uuid,
            finished_at timestamptz,
            CONSTRAINT pk_judgings PRIMARY KEY (workspace_id))"""
    )
    tenant_table("attribution", "visitor_settings")
    tenant_table("attribution", "judgings")
