"""Column mappings of CSV and Parquet imports."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE discovery.import_mappings (
            workspace_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, mapping jsonb NOT NULL,
            changed_at timestamptz NOT NULL, changed_by uuid,
            CONSTRAINT pk_import_mappings PRIMARY KEY (workspace_id, id),
            CONSTRAINT uq_import_mappings_workspace_id_name UNIQUE (workspace_id, name))"""
    )
    tenant_table("discovery", "import_mappings")
