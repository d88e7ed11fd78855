"""Tracked posts and daily metrics."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0012"
down_revision = "0011"

_TABLES = (
    """CREATE TABLE attribution.tracked_posts (
        workspace_id uuid NOT NULL, id uuid NOT NULL, partnership_id uuid NOT NULL, campaign_id uuid NOT NULL,
        account_id uuid, deliverable_id uuid, post_id uuid, platform text, platform_id text, url text NOT NULL,
        kind text NOT NULL, published_at timestamptz NOT NULL, source text NOT NULL, trust text NOT NULL,
        matched_hashtags text[] NOT NULL DEFAULT '{}', matched_codes text[] NOT NULL DEFAULT '{}',
        disclosed boolean, still_live boolean, metrics jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
        created_by uuid,
        CONSTRAINT pk_tracked_posts PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_tracked_posts_workspace_id_partnership_id_partnerships FOREIGN KEY (workspace_id, partnership_id)
            REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_tracked_posts_workspace_id_partnership_id_url UNIQUE (workspace_id, partnership_id, url))""",
    """CREATE INDEX ix_tracked_posts_workspace_id_campaign_id
        ON attribution.tracked_posts (workspace_id, campaign_id, published_at)""",
    """CREATE TABLE attribution.daily_metrics (
        workspace_id uuid NOT NULL, campaign_id uuid NOT NULL, metric text NOT NULL, platform text NOT NULL,
        account text NOT NULL, day date NOT NULL, value double precision NOT NULL, source text NOT NULL,
        trust text NOT NULL, observed_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_daily_metrics PRIMARY KEY (workspace_id, campaign_id, metric, platform, account, day),
        CONSTRAINT fk_daily_metrics_workspace_id_campaign_id_campaigns FOREIGN KEY (workspace_id, campaign_id)
            REFERENCES attribution.campaigns (workspace_id, id) ON DELETE CASCADE)""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    tenant_table("attribution", "tracked_posts")
    tenant_table("attribution", "daily_metrics")
