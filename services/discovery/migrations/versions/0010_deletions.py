"""What platforms say is gone, posts that are asked about again, and how far the live streams are read."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    "ALTER TABLE discovery.creators ADD COLUMN gone_at timestamptz",
    "ALTER TABLE discovery.posts ADD COLUMN asked_at timestamptz, ADD COLUMN gone_at timestamptz",
    # Each workspace's oldest readings of a platform, without a look at what it imported.
    """CREATE INDEX ix_posts_recheck ON discovery.posts (workspace_id, source, greatest(observed_at, asked_at))
        WHERE NOT stub AND source <> 'archive'""",
    # Whether anything at all was read from a platform: archives, which may be large, take no part in it.
    "CREATE INDEX ix_creators_of_platforms ON discovery.creators (source) WHERE source <> 'archive'",
    # One row per platform for the whole installation; only the owner of the schema reads and writes it.
    """CREATE TABLE discovery.live_readings (
        platform text NOT NULL, cursor text, holder uuid, leased_until timestamptz, last_event_at timestamptz,
        applied_at timestamptz, gap_since timestamptz, gap_until timestamptz, error text,
        CONSTRAINT pk_live_readings PRIMARY KEY (platform))""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
