"""Whether an account takes messages from anybody, where its platform tells."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for table in ("creators", "import_creators"):
        op.execute(f"ALTER TABLE discovery.{table} ADD COLUMN takes_messages boolean")
