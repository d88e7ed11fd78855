"""Accounts that discovery watches for campaigns, and the cursor of its events."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0022"
down_revision = "0021"

_TABLES = (
    """CREATE TABLE attribution.account_watches (
        workspace_id uuid NOT NULL, id uuid NOT NULL, campaign_id uuid NOT NULL, partnership_id uuid, account_id uuid,
        given text NOT NULL, platform text, platform_id text, handle text, reference text NOT NULL,
        state text NOT NULL, watch_id uuid, error text, attempts integer NOT NULL DEFAULT 0,
        next_try_at timestamptz, last_event_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_account_watches PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_account_watches_workspace_id_campaign_id_campaigns FOREIGN KEY (workspace_id, campaign_id)
            REFERENCES attribution.campaigns (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_account_watches_workspace_id_partnership_id_partnerships
            FOREIGN KEY (workspace_id, partnership_id)
            REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_account_watches_workspace_id_reference UNIQUE (workspace_id, reference))""",
    """CREATE INDEX ix_account_watches_workspace_id_campaign_id
        ON attribution.account_watches (workspace_id, campaign_id)""",
    """CREATE INDEX ix_account_watches_next_try_at
        ON attribution.account_watches (next_try_at) WHERE next_try_at IS NOT NULL""",
    """CREATE TABLE attribution.event_cursors (
        workspace_id uuid NOT NULL, position text, pulled_at timestamptz NOT NULL DEFAULT now(), error text,
        CONSTRAINT pk_event_cursors PRIMARY KEY (workspace_id))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    tenant_table("attribution", "account_watches")
    tenant_table("attribution", "event_cursors")
