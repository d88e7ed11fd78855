"""Sums by day that reports read, and the marks of days whose sums are out of date."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0020"
down_revision = "0013"

_DAY = "workspace_id uuid NOT NULL, campaign_id uuid NOT NULL, day date NOT NULL"
_TABLES = (
    """CREATE TABLE attribution.report_marks (
        workspace_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), campaign_id uuid NOT NULL,
        subject text NOT NULL, day date NOT NULL,
        CONSTRAINT pk_report_marks PRIMARY KEY (workspace_id, id))""",
    """CREATE INDEX ix_report_marks_workspace_id_campaign_id_subject_day
        ON attribution.report_marks (workspace_id, campaign_id, subject, day)""",
    f"""CREATE TABLE attribution.hit_days (
        {_DAY}, link_id uuid NOT NULL, hits bigint NOT NULL, human bigint NOT NULL, bot bigint NOT NULL,
        link_preview bigint NOT NULL, prefetch bigint NOT NULL, head bigint NOT NULL, duplicate bigint NOT NULL,
        capped bigint NOT NULL, expired bigint NOT NULL,
        CONSTRAINT pk_hit_days PRIMARY KEY (workspace_id, campaign_id, day, link_id))""",
    f"""CREATE TABLE attribution.conversion_days (
        {_DAY}, partnership_id uuid NOT NULL, kind text NOT NULL, currency text NOT NULL, asset_id uuid NOT NULL,
        conversions bigint NOT NULL, due bigint NOT NULL, amount_known bigint NOT NULL, amount bigint NOT NULL,
        discount_known bigint NOT NULL, discount bigint NOT NULL, refunded bigint NOT NULL, net bigint NOT NULL,
        new_known bigint NOT NULL, new bigint NOT NULL,
        CONSTRAINT pk_conversion_days
            PRIMARY KEY (workspace_id, campaign_id, day, partnership_id, kind, currency, asset_id))""",
    f"""CREATE TABLE attribution.code_days (
        {_DAY}, code_id uuid NOT NULL, uses bigint NOT NULL,
        CONSTRAINT pk_code_days PRIMARY KEY (workspace_id, campaign_id, day, code_id))""",
    f"""CREATE TABLE attribution.credit_days (
        {_DAY}, partnership_id uuid NOT NULL, models text NOT NULL, currency text NOT NULL,
        credits bigint NOT NULL, known bigint NOT NULL, net bigint NOT NULL,
        CONSTRAINT pk_credit_days PRIMARY KEY (workspace_id, campaign_id, day, partnership_id, models, currency))""",
    f"""CREATE TABLE attribution.commission_days (
        {_DAY}, partnership_id uuid NOT NULL, currency text NOT NULL, held bigint NOT NULL, approved bigint NOT NULL,
        CONSTRAINT pk_commission_days PRIMARY KEY (workspace_id, campaign_id, day, partnership_id, currency))""",
)

# What was there before is summed once.
_MARKS = (
    """INSERT INTO attribution.report_marks (workspace_id, campaign_id, subject, day)
        SELECT DISTINCT l.workspace_id, l.campaign_id, 'hits', CAST(r.bucket AT TIME ZONE c.timezone AS date)
        FROM attribution.hit_rollups r
        JOIN attribution.links l ON l.workspace_id = r.workspace_id AND l.id = r.link_id
        JOIN attribution.campaigns c ON c.workspace_id = l.workspace_id AND c.id = l.campaign_id""",
    """INSERT INTO attribution.report_marks (workspace_id, campaign_id, subject, day)
        SELECT DISTINCT o.workspace_id, o.campaign_id, 'conversions',
            CAST(o.occurred_at AT TIME ZONE c.timezone AS date)
        FROM attribution.conversions o
        JOIN attribution.campaigns c ON c.workspace_id = o.workspace_id AND c.id = o.campaign_id""",
)


def upgrade() -> None:
    for statement in (*_TABLES, *_MARKS):
        op.execute(statement)
    tenant_table("attribution", "report_marks", rights="SELECT, INSERT")
    for name in ("hit_days", "conversion_days", "code_days", "credit_days", "commission_days"):
        tenant_table("attribution", name, rights="SELECT")
