"""What a search's sources had left of their quotas after its last call."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute("ALTER TABLE discovery.searches ADD COLUMN quota_left jsonb NOT NULL DEFAULT '{}'")
