"""Outbound webhooks: endpoints, outbox, deliveries."""

from shared.kit.webhooks.migration import kit_0002

revision = "0001a"
down_revision = "0001"


def upgrade() -> None:
    kit_0002("discovery")
