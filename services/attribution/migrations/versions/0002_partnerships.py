"""Campaigns, partners with accounts, partnerships with history, terms and deliverables."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0002"
down_revision = "0001a"

_TABLES = (
    """CREATE TABLE attribution.campaigns (
        workspace_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, kind text NOT NULL, status text NOT NULL,
        brief jsonb, brief_version integer, brief_hash text, search_id uuid, ranking_id uuid,
        goals jsonb NOT NULL DEFAULT '[]', timezone text NOT NULL, currency text,
        owned_accounts text[] NOT NULL DEFAULT '{}', starts_on date, ends_on date,
        budget_minor bigint, budget_currency text, attribution jsonb NOT NULL, model text NOT NULL,
        click_parameter text NOT NULL, commission_on_donations boolean NOT NULL DEFAULT false,
        generated boolean NOT NULL DEFAULT false,
        disclosure_text text NOT NULL, version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_campaigns PRIMARY KEY (workspace_id, id))""",
    """CREATE TABLE attribution.partners (
        workspace_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, contact_routes jsonb NOT NULL DEFAULT '[]',
        do_not_contact boolean NOT NULL DEFAULT false, do_not_contact_reason text, note text,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_partners PRIMARY KEY (workspace_id, id))""",
    """CREATE TABLE attribution.partner_accounts (
        workspace_id uuid NOT NULL, id uuid NOT NULL, partner_id uuid NOT NULL, platform text NOT NULL,
        platform_id text, handle text NOT NULL, handle_key text NOT NULL, creator_id uuid, url text,
        CONSTRAINT pk_partner_accounts PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_partner_accounts_workspace_id_platform_platform_id UNIQUE (workspace_id, platform, platform_id),
        CONSTRAINT fk_partner_accounts_workspace_id_partner_id_partners FOREIGN KEY (workspace_id, partner_id)
            REFERENCES attribution.partners (workspace_id, id) ON DELETE CASCADE)""",
    """CREATE INDEX ix_partner_accounts_workspace_id_platform_handle_key
        ON attribution.partner_accounts (workspace_id, platform, handle_key)""",
    """CREATE INDEX ix_partner_accounts_workspace_id_partner_id
        ON attribution.partner_accounts (workspace_id, partner_id)""",
    """CREATE TABLE attribution.partnerships (
        workspace_id uuid NOT NULL, id uuid NOT NULL, campaign_id uuid NOT NULL, partner_id uuid NOT NULL,
        state text NOT NULL, terms_version integer, disclosure_text text NOT NULL,
        approved_at timestamptz, approved_by uuid, note text, version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_partnerships PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_partnerships_workspace_id_campaign_id_partner_id UNIQUE (workspace_id, campaign_id, partner_id),
        CONSTRAINT fk_partnerships_workspace_id_campaign_id_campaigns FOREIGN KEY (workspace_id, campaign_id)
            REFERENCES attribution.campaigns (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_partnerships_workspace_id_partner_id_partners FOREIGN KEY (workspace_id, partner_id)
            REFERENCES attribution.partners (workspace_id, id) ON DELETE CASCADE)""",
    "CREATE INDEX ix_partnerships_workspace_id_partner_id ON attribution.partnerships (workspace_id, partner_id)",
    """CREATE TABLE attribution.partnership_steps (
        workspace_id uuid NOT NULL, partnership_id uuid NOT NULL, number integer NOT NULL, state text NOT NULL,
        reason text, at timestamptz NOT NULL DEFAULT now(), by uuid,
        CONSTRAINT pk_partnership_steps PRIMARY KEY (workspace_id, partnership_id, number),
        CONSTRAINT fk_partnership_steps_workspace_id_partnership_id_partnerships
            FOREIGN KEY (workspace_id, partnership_id)
            REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE)""",
    """CREATE TABLE attribution.partnership_terms (
        workspace_id uuid NOT NULL, partnership_id uuid NOT NULL, version integer NOT NULL, terms jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_partnership_terms PRIMARY KEY (workspace_id, partnership_id, version),
        CONSTRAINT fk_partnership_terms_workspace_id_partnership_id_partnerships
            FOREIGN KEY (workspace_id, partnership_id)
            REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE)""",
    """CREATE TABLE attribution.deliverables (
        workspace_id uuid NOT NULL, id uuid NOT NULL, partnership_id uuid NOT NULL, terms_version integer NOT NULL,
        line integer NOT NULL, number integer NOT NULL, kind text NOT NULL, account_id uuid, platform text,
        due_from date, due_to date, keep_live_days integer, state text NOT NULL, delivered_at timestamptz,
        CONSTRAINT pk_deliverables PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_deliverables_terms_line
            UNIQUE (workspace_id, partnership_id, terms_version, line, number),
        CONSTRAINT fk_deliverables_workspace_id_partnership_id_partnerships FOREIGN KEY (workspace_id, partnership_id)
            REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE)""",
    "CREATE INDEX ix_deliverables_state_due_to ON attribution.deliverables (state, due_to) WHERE state = 'open'",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    for name in (
        "campaigns", "partners", "partner_accounts", "partnerships", "partnership_steps", "partnership_terms",
        "deliverables",
    ):  # fmt: skip
        tenant_table("attribution", name)
