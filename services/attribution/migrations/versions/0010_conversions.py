"""Conversions, the credits of every model, refunds, clicks that other link services counted, imports."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0010"
down_revision = "0004"

_TABLES = (
    """CREATE TABLE attribution.conversions (
        workspace_id uuid NOT NULL, id uuid NOT NULL, source text NOT NULL, external_id text, kind text NOT NULL,
        occurred_at timestamptz NOT NULL, revised_at timestamptz NOT NULL, digest bytea NOT NULL,
        amount_minor bigint, currency text, discount_minor bigint, code text, code_id uuid, click_id text,
        hit_id uuid, page_id uuid, hashtags text[] NOT NULL DEFAULT '{}', stated_campaign_id uuid,
        new_customer boolean, customer text, livemode boolean NOT NULL, voided boolean NOT NULL DEFAULT false,
        refunded_minor bigint NOT NULL DEFAULT 0, net_minor bigint, reversed boolean NOT NULL DEFAULT false,
        state text NOT NULL, signal text, rule text, model text, campaign_id uuid, partnership_id uuid,
        considered jsonb NOT NULL DEFAULT '[]', decided_at timestamptz, waits_since timestamptz,
        look_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_conversions PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_conversions_workspace_id_source_external_id UNIQUE (workspace_id, source, external_id))""",
    "CREATE INDEX ix_conversions_look_at ON attribution.conversions (look_at) WHERE look_at IS NOT NULL",
    """CREATE INDEX ix_conversions_workspace_id_campaign_id_occurred_at
        ON attribution.conversions (workspace_id, campaign_id, occurred_at)""",
    """CREATE INDEX ix_conversions_workspace_id_customer_occurred_at
        ON attribution.conversions (workspace_id, customer, occurred_at) WHERE customer IS NOT NULL""",
    """CREATE INDEX ix_conversions_workspace_id_partnership_id
        ON attribution.conversions (workspace_id, partnership_id, occurred_at)""",
    """CREATE INDEX ix_conversions_workspace_id_stated_campaign_id
        ON attribution.conversions (workspace_id, stated_campaign_id, occurred_at) WHERE campaign_id IS NULL""",
    """CREATE TABLE attribution.conversion_credits (
        workspace_id uuid NOT NULL, conversion_id uuid NOT NULL, model text NOT NULL, partnership_id uuid NOT NULL,
        campaign_id uuid NOT NULL, chosen boolean NOT NULL, place integer NOT NULL, weight numeric NOT NULL,
        total_weight numeric NOT NULL, credit_minor bigint, net_minor bigint, currency text,
        occurred_at timestamptz NOT NULL, livemode boolean NOT NULL,
        CONSTRAINT pk_conversion_credits PRIMARY KEY (workspace_id, conversion_id, model, partnership_id),
        CONSTRAINT fk_conversion_credits_workspace_id_conversion_id_conversions
            FOREIGN KEY (workspace_id, conversion_id)
            REFERENCES attribution.conversions (workspace_id, id) ON DELETE CASCADE)""",
    """CREATE INDEX ix_conversion_credits_workspace_id_campaign_id
        ON attribution.conversion_credits (workspace_id, campaign_id, occurred_at)""",
    """CREATE INDEX ix_conversion_credits_workspace_id_partnership_id
        ON attribution.conversion_credits (workspace_id, partnership_id, occurred_at) WHERE chosen""",
    """CREATE TABLE attribution.refunds (
        workspace_id uuid NOT NULL, id uuid NOT NULL, source text NOT NULL, external_id text NOT NULL,
        order_external_id text, conversion_id uuid, occurred_at timestamptz NOT NULL,
        revised_at timestamptz NOT NULL, digest bytea NOT NULL, amount_minor bigint, cumulative_minor bigint,
        whole_minor bigint, currency text, reason text, livemode boolean NOT NULL, effective_minor bigint,
        created_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_refunds PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_refunds_workspace_id_source_external_id UNIQUE (workspace_id, source, external_id))""",
    "CREATE INDEX ix_refunds_workspace_id_conversion_id ON attribution.refunds (workspace_id, conversion_id)",
    """CREATE INDEX ix_refunds_workspace_id_source_order_external_id
        ON attribution.refunds (workspace_id, source, order_external_id)""",
    """CREATE TABLE attribution.external_clicks (
        workspace_id uuid NOT NULL, source text NOT NULL, external_id text NOT NULL, at timestamptz NOT NULL,
        links text[] NOT NULL, referrer text, created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_external_clicks PRIMARY KEY (workspace_id, source, external_id))""",
    """CREATE TABLE attribution.conversion_imports (
        workspace_id uuid NOT NULL, id uuid NOT NULL, source text NOT NULL, status text NOT NULL, body bytea,
        sha256 bytea NOT NULL, lines integer, lines_done integer NOT NULL DEFAULT 0,
        recorded integer NOT NULL DEFAULT 0, repeated integer NOT NULL DEFAULT 0,
        faulty integer NOT NULL DEFAULT 0, faults jsonb NOT NULL DEFAULT '[]', error text,
        created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz, created_by uuid,
        CONSTRAINT pk_conversion_imports PRIMARY KEY (workspace_id, id))""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    tenant_table("attribution", "conversions")
    tenant_table("attribution", "conversion_credits")
    tenant_table("attribution", "refunds")
    tenant_table("attribution", "external_clicks")
    tenant_table("attribution", "conversion_imports")
