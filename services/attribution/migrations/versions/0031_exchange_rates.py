"""Exchange rates that the workspace gave, by day."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute(
        """CREATE TABLE attribution.exchange_rates (
            workspace_id uuid NOT NULL, id uuid NOT NULL, base text NOT NULL, quote text NOT NULL, day date NOT NULL,
            rate numeric NOT NULL, source text NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(),
            recorded_by uuid,
            CONSTRAINT pk_exchange_rates PRIMARY KEY (workspace_id, id),
            CONSTRAINT uq_exchange_rates_workspace_id_base_quote_day UNIQUE (workspace_id, base, quote, day),
            CONSTRAINT ck_exchange_rates_rate CHECK (rate > 0),
            CONSTRAINT ck_exchange_rates_currencies CHECK (base <> quote))"""
    )
    tenant_table("attribution", "exchange_rates")
