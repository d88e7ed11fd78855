"""The ledger, what stands per conversion, payouts. Entries and payouts are only ever added."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0011"
down_revision = "0010"

_TABLES = (
    """CREATE TABLE attribution.ledger_entries (
        workspace_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL, partnership_id uuid NOT NULL,
        campaign_id uuid NOT NULL, conversion_id uuid, payout_id uuid, debit text NOT NULL, credit text NOT NULL,
        amount_minor bigint NOT NULL, currency text NOT NULL, hold_until timestamptz, fee_terms_version integer,
        fee_line integer, memo text, at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_ledger_entries PRIMARY KEY (workspace_id, id),
        CONSTRAINT ck_ledger_entries_amount CHECK (amount_minor > 0),
        CONSTRAINT ck_ledger_entries_accounts CHECK (debit <> credit),
        CONSTRAINT uq_ledger_entries_fee UNIQUE (workspace_id, partnership_id, fee_terms_version, fee_line))""",
    """CREATE INDEX ix_ledger_entries_workspace_id_conversion_id
        ON attribution.ledger_entries (workspace_id, conversion_id)""",
    """CREATE INDEX ix_ledger_entries_workspace_id_partnership_id
        ON attribution.ledger_entries (workspace_id, partnership_id, currency)""",
    """CREATE TABLE attribution.commissions (
        workspace_id uuid NOT NULL, partnership_id uuid NOT NULL, conversion_id uuid NOT NULL,
        currency text NOT NULL, campaign_id uuid NOT NULL, held_minor bigint NOT NULL,
        approved_minor bigint NOT NULL, hold_until timestamptz NOT NULL, on_hold boolean NOT NULL DEFAULT false,
        paid_out boolean NOT NULL DEFAULT false,
        CONSTRAINT pk_commissions PRIMARY KEY (workspace_id, partnership_id, conversion_id, currency),
        CONSTRAINT ck_commissions_balances CHECK (held_minor >= 0 AND approved_minor >= 0))""",
    """CREATE INDEX ix_commissions_workspace_id_conversion_id
        ON attribution.commissions (workspace_id, conversion_id)""",
    """CREATE INDEX ix_commissions_workspace_id_held
        ON attribution.commissions (workspace_id, hold_until) WHERE held_minor > 0""",
    """CREATE TABLE attribution.payouts (
        workspace_id uuid NOT NULL, id uuid NOT NULL, currency text NOT NULL, campaign_id uuid,
        total_minor bigint NOT NULL, partners integer NOT NULL, memo text,
        created_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_payouts PRIMARY KEY (workspace_id, id))""",
    """CREATE TABLE attribution.payout_lines (
        workspace_id uuid NOT NULL, payout_id uuid NOT NULL, partnership_id uuid NOT NULL,
        partner_id uuid NOT NULL, partner_name text NOT NULL, amount_minor bigint NOT NULL,
        CONSTRAINT pk_payout_lines PRIMARY KEY (workspace_id, payout_id, partnership_id),
        CONSTRAINT fk_payout_lines_workspace_id_payout_id_payouts FOREIGN KEY (workspace_id, payout_id)
            REFERENCES attribution.payouts (workspace_id, id) ON DELETE CASCADE)""",
    """CREATE TABLE attribution.payout_items (
        workspace_id uuid NOT NULL, entry_id uuid NOT NULL, payout_id uuid NOT NULL,
        CONSTRAINT pk_payout_items PRIMARY KEY (workspace_id, entry_id),
        CONSTRAINT fk_payout_items_workspace_id_payout_id_payouts FOREIGN KEY (workspace_id, payout_id)
            REFERENCES attribution.payouts (workspace_id, id) ON DELETE CASCADE)""",
)


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    tenant_table("attribution", "ledger_entries", rights="SELECT, INSERT")
    tenant_table("attribution", "commissions")
    tenant_table("attribution", "payouts", rights="SELECT, INSERT")
    tenant_table("attribution", "payout_lines", rights="SELECT, INSERT")
    tenant_table("attribution", "payout_items", rights="SELECT, INSERT")
