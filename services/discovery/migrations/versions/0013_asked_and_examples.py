"""When accounts were asked about again, and missed; and no text of others with a candidate any more."""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    "ALTER TABLE discovery.creators ADD COLUMN asked_at timestamptz, ADD COLUMN missed_at timestamptz",
    # Each workspace's oldest readings of a platform, without a look at what it imported.
    """CREATE INDEX ix_creators_recheck ON discovery.creators (workspace_id, source, greatest(observed_at, asked_at))
        WHERE NOT stub AND source <> 'archive'""",
    # Examples are read from the comments when they are asked for, so that none outlives its comment.
    """UPDATE discovery.candidates SET provenance = jsonb_set(provenance, '{comments}',
            (SELECT jsonb_agg(c || '{"examples": []}' ORDER BY n)
            FROM jsonb_array_elements(provenance -> 'comments') WITH ORDINALITY AS x (c, n)))
        WHERE jsonb_array_length(provenance -> 'comments') > 0""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
