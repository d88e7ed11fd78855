"""What steps of a search brought, by kind, and what its accounts are worth: by that the next step is chosen."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE discovery.searches ADD COLUMN learned_at integer")
    op.execute(
        "ALTER TABLE discovery.search_steps ADD COLUMN about text, ADD COLUMN arm text NOT NULL DEFAULT '',"
        " ADD COLUMN exposure integer NOT NULL DEFAULT 1"
    )
    op.execute(
        "CREATE INDEX ix_search_steps_about ON discovery.search_steps (workspace_id, search_id, source, about)"
        " WHERE about IS NOT NULL"
    )
    op.execute(
        "ALTER TABLE discovery.search_members ADD COLUMN found_by bigint, ADD COLUMN near integer,"
        " ADD COLUMN worth integer"
    )
    op.execute(
        """CREATE TABLE discovery.search_yields (
            workspace_id uuid NOT NULL, search_id uuid NOT NULL, source text NOT NULL, arm text NOT NULL,
            exposure bigint NOT NULL, worth bigint NOT NULL,
            CONSTRAINT pk_search_yields PRIMARY KEY (workspace_id, search_id, source, arm),
            CONSTRAINT fk_search_yields_workspace_id_search_id_searches FOREIGN KEY (workspace_id, search_id)
                REFERENCES discovery.searches (workspace_id, id) ON DELETE CASCADE)"""
    )
    tenant_table("discovery", "search_yields")
