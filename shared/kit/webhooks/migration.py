"""The revision that makes the tables of outbound webhooks in a service's schema."""

from alembic import op

from shared.kit.migrations import tenant_table

_TABLES = {
    "webhook_endpoints": """
        workspace_id uuid NOT NULL, id uuid NOT NULL, url text NOT NULL, events text[] NOT NULL, description text,
        secret bytea NOT NULL, previous_secret bytea, previous_until timestamptz,
        state text NOT NULL DEFAULT 'active', disabled_reason text,
        failures integer NOT NULL DEFAULT 0, failing_since timestamptz, paused_until timestamptz,
        version integer NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_webhook_endpoints PRIMARY KEY (workspace_id, id)""",
    "outbox": """
        workspace_id uuid NOT NULL, id uuid NOT NULL, type text NOT NULL, payload text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_outbox PRIMARY KEY (workspace_id, id)""",
    "deliveries": """
        workspace_id uuid NOT NULL, id uuid NOT NULL, endpoint_id uuid NOT NULL, event_id uuid NOT NULL,
        type text NOT NULL, state text NOT NULL, attempts integer NOT NULL DEFAULT 0,
        step smallint NOT NULL DEFAULT 0, next_attempt_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_deliveries PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_deliveries_workspace_id_event_id_endpoint_id UNIQUE (workspace_id, event_id, endpoint_id),
        CONSTRAINT fk_deliveries_workspace_id_endpoint_id_webhook_endpoints FOREIGN KEY (workspace_id, endpoint_id)
            REFERENCES {schema}.webhook_endpoints (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_deliveries_workspace_id_event_id_outbox FOREIGN KEY (workspace_id, event_id)
            REFERENCES {schema}.outbox (workspace_id, id) ON DELETE CASCADE""",
    "delivery_attempts": """
        workspace_id uuid NOT NULL, delivery_id uuid NOT NULL, number integer NOT NULL, at timestamptz NOT NULL,
        status smallint, duration_ms integer NOT NULL, error text, response text,
        CONSTRAINT pk_delivery_attempts PRIMARY KEY (workspace_id, delivery_id, number),
        CONSTRAINT fk_delivery_attempts_workspace_id_delivery_id_deliveries FOREIGN KEY (workspace_id, delivery_id)
            REFERENCES {schema}.deliveries (workspace_id, id) ON DELETE CASCADE""",
    "delivery_queue": """
        workspace_id uuid NOT NULL, delivery_id uuid NOT NULL, endpoint_id uuid NOT NULL, due_at timestamptz NOT NULL,
        CONSTRAINT pk_delivery_queue PRIMARY KEY (workspace_id, delivery_id),
        CONSTRAINT fk_delivery_queue_workspace_id_delivery_id_deliveries FOREIGN KEY (workspace_id, delivery_id)
            REFERENCES {schema}.deliveries (workspace_id, id) ON DELETE CASCADE""",
    "webhook_cursors": """
        workspace_id uuid NOT NULL, endpoint_id uuid NOT NULL, source text NOT NULL, position text NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_webhook_cursors PRIMARY KEY (workspace_id, endpoint_id, source),
        CONSTRAINT fk_webhook_cursors_workspace_id_endpoint_id_webhook_endpoints
            FOREIGN KEY (workspace_id, endpoint_id)
            REFERENCES {schema}.webhook_endpoints (workspace_id, id) ON DELETE CASCADE""",
}
_INDEXES = (
    ("outbox", "created_at"),
    ("deliveries", "workspace_id, endpoint_id, created_at, id"),
    ("delivery_queue", "workspace_id, endpoint_id, due_at"),
)
# The log is written by the worker as owner; tenants read it.
_RIGHTS = {"outbox": "SELECT, INSERT", "deliveries": "SELECT, INSERT, UPDATE", "delivery_attempts": "SELECT"}


def kit_0002(schema: str) -> None:
    """Endpoints, outbox, deliveries with their attempts and queue, cursors: called by a revision of the service."""
    for name, columns in _TABLES.items():
        op.execute(f"CREATE TABLE {schema}.{name} ({columns.format(schema=schema)})")
        tenant_table(schema, name, rights=_RIGHTS.get(name, "SELECT, INSERT, UPDATE, DELETE"))
    for table, columns in _INDEXES:
        index = f"ix_{table}_{columns.replace(', ', '_')}"
        op.execute(f"CREATE INDEX {index} ON {schema}.{table} ({columns})")
