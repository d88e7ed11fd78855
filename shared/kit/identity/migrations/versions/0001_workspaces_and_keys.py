"""Workspaces and their API keys."""

from alembic import op

from shared.kit.migrations import kit_0001, tenant_table

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """CREATE TABLE identity.workspaces (
            workspace_id uuid NOT NULL, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
            created_by uuid, deleted_at timestamptz,
            CONSTRAINT pk_workspaces PRIMARY KEY (workspace_id))"""
    )
    op.execute(
        """CREATE TABLE identity.keys (
            workspace_id uuid NOT NULL, key_id uuid NOT NULL, name text NOT NULL, hash bytea NOT NULL,
            scopes text[] NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
            revoked_at timestamptz,
            CONSTRAINT pk_keys PRIMARY KEY (workspace_id, key_id),
            CONSTRAINT uq_keys_hash UNIQUE (hash),
            CONSTRAINT fk_keys_workspace_id_workspaces FOREIGN KEY (workspace_id)
                REFERENCES identity.workspaces (workspace_id) ON DELETE CASCADE)"""
    )
    tenant_table("identity", "workspaces", rights="SELECT")
    tenant_table("identity", "keys", rights="SELECT")
    kit_0001("identity", queue=False)
