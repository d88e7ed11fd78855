"""The kit's tables: idempotency answers, job queue."""

from shared.kit.migrations import kit_0001

revision = "0001"
down_revision = None


def upgrade() -> None:
    kit_0001("attribution")
