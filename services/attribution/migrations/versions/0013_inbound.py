"""Inbound webhooks: endpoints, their directory, links of other services, deliveries."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0013"
down_revision = "0012"

_TABLES = (
    """CREATE TABLE attribution.receivers (
        workspace_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL, source text NOT NULL, description text,
        enabled boolean NOT NULL DEFAULT true, settings jsonb NOT NULL, secret bytea NOT NULL, old_secret bytea,
        old_secret_until timestamptz, version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
        created_by uuid,
        CONSTRAINT pk_receivers PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_receivers_workspace_id_source UNIQUE (workspace_id, source))""",
    """CREATE TABLE attribution.receiver_directory (
        id uuid NOT NULL, workspace_id uuid NOT NULL,
        CONSTRAINT pk_receiver_directory PRIMARY KEY (id))""",
    """CREATE TABLE attribution.external_links (
        workspace_id uuid NOT NULL, source text NOT NULL, name text NOT NULL, receiver_id uuid NOT NULL,
        partnership_id uuid NOT NULL,
        CONSTRAINT pk_external_links PRIMARY KEY (workspace_id, source, name),
        CONSTRAINT fk_external_links_workspace_id_receiver_id_receivers FOREIGN KEY (workspace_id, receiver_id)
            REFERENCES attribution.receivers (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_external_links_workspace_id_partnership_id_partnerships FOREIGN KEY (workspace_id, partnership_id)
            REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE)""",
    """CREATE TABLE attribution.inbound_deliveries (
        workspace_id uuid NOT NULL, id uuid NOT NULL, receiver_id uuid NOT NULL, key text NOT NULL, topic text,
        body bytea, size integer NOT NULL, state text NOT NULL, detail text, attempts integer NOT NULL DEFAULT 0,
        received_at timestamptz NOT NULL DEFAULT now(), processed_at timestamptz,
        CONSTRAINT pk_inbound_deliveries PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_inbound_deliveries_workspace_id_receiver_id_receivers FOREIGN KEY (workspace_id, receiver_id)
            REFERENCES attribution.receivers (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT uq_inbound_deliveries_workspace_id_receiver_id_key UNIQUE (workspace_id, receiver_id, key))""",
    "CREATE INDEX ix_inbound_deliveries_received_at ON attribution.inbound_deliveries (received_at)",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    tenant_table("attribution", "receivers")
    tenant_table("attribution", "receiver_directory", rights="SELECT, INSERT, DELETE")
    tenant_table("attribution", "external_links")
    tenant_table("attribution", "inbound_deliveries")
