"""When accounts were asked about again."""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    "ALTER TABLE discovery.creators ADD COLUMN asked_at timestamptz",
    # Each workspace's oldest readings of a platform, without a look at what it imported.
    """CREATE INDEX ix_creators_recheck ON discovery.creators (workspace_id, source, greatest(observed_at, asked_at))
        WHERE NOT stub AND source <> 'archive'""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
