"""What people say of promised pieces, and since when."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute(
        """ALTER TABLE attribution.deliverables
            ADD COLUMN reason text, ADD COLUMN version integer NOT NULL DEFAULT 1,
            ADD COLUMN changed_at timestamptz, ADD COLUMN changed_by uuid"""
    )
