"""Landing pages."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE attribution.pages (
            workspace_id uuid NOT NULL, id uuid NOT NULL, partnership_id uuid NOT NULL, campaign_id uuid NOT NULL,
            link_id uuid NOT NULL, code_id uuid, host text NOT NULL DEFAULT '', slug text NOT NULL,
            title text NOT NULL, offer text, button text NOT NULL, disabled boolean NOT NULL DEFAULT false,
            disclosure_text text NOT NULL, version integer NOT NULL DEFAULT 1,
            created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
            created_by uuid,
            CONSTRAINT pk_pages PRIMARY KEY (workspace_id, id),
            CONSTRAINT fk_pages_workspace_id_partnership_id_partnerships FOREIGN KEY (workspace_id, partnership_id)
                REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT fk_pages_workspace_id_link_id_links FOREIGN KEY (workspace_id, link_id)
                REFERENCES attribution.links (workspace_id, id) ON DELETE CASCADE,
            CONSTRAINT fk_pages_workspace_id_code_id_codes FOREIGN KEY (workspace_id, code_id)
                REFERENCES attribution.codes (workspace_id, id) ON DELETE CASCADE)"""
    )
    op.execute("CREATE INDEX ix_pages_workspace_id_partnership_id ON attribution.pages (workspace_id, partnership_id)")
    tenant_table("attribution", "pages")
