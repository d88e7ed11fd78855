"""Until when the ledger lines of erased partners are kept."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0030"
down_revision = "0024"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE attribution.erasure_holds (
            workspace_id uuid NOT NULL, partner_id uuid NOT NULL, erased_at timestamptz NOT NULL,
            hold_until timestamptz NOT NULL, CONSTRAINT pk_erasure_holds PRIMARY KEY (workspace_id, partner_id))"""
    )
    tenant_table("attribution", "erasure_holds")
