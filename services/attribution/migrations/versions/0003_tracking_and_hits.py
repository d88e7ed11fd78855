"""Links, codes, hashtags, the directory of slugs; hits in monthly partitions, their rollups and marks."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0003"
down_revision = "0002"

_OF_A_PARTNERSHIP = """CONSTRAINT fk_{name}_workspace_id_partnership_id_partnerships
            FOREIGN KEY (workspace_id, partnership_id)
            REFERENCES attribution.partnerships (workspace_id, id) ON DELETE CASCADE"""

_TRACKING = (
    """CREATE TABLE attribution.slugs (
        host text NOT NULL, slug text NOT NULL, skeleton text NOT NULL, kind text NOT NULL,
        workspace_id uuid NOT NULL, target_id uuid NOT NULL,
        CONSTRAINT pk_slugs PRIMARY KEY (host, slug),
        CONSTRAINT uq_slugs_host_skeleton UNIQUE (host, skeleton))""",
    f"""CREATE TABLE attribution.links (
        workspace_id uuid NOT NULL, id uuid NOT NULL, partnership_id uuid NOT NULL, campaign_id uuid NOT NULL,
        host text NOT NULL DEFAULT '', slug text NOT NULL, destination_url text NOT NULL, label text,
        utm jsonb NOT NULL DEFAULT '{{}}', click_parameter text NOT NULL, starts_at timestamptz, ends_at timestamptz,
        expired_url text, click_cap integer, capped_url text, capped_at timestamptz,
        disabled boolean NOT NULL DEFAULT false, disclosure_text text NOT NULL, version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_links PRIMARY KEY (workspace_id, id),
        {_OF_A_PARTNERSHIP.format(name="links")})""",
    "CREATE INDEX ix_links_workspace_id_partnership_id ON attribution.links (workspace_id, partnership_id)",
    "CREATE INDEX ix_links_workspace_id_campaign_id ON attribution.links (workspace_id, campaign_id)",
    """CREATE TABLE attribution.link_changes (
        workspace_id uuid NOT NULL, link_id uuid NOT NULL, version integer NOT NULL, before jsonb NOT NULL,
        at timestamptz NOT NULL DEFAULT now(), by uuid,
        CONSTRAINT pk_link_changes PRIMARY KEY (workspace_id, link_id, version),
        CONSTRAINT fk_link_changes_workspace_id_link_id_links FOREIGN KEY (workspace_id, link_id)
            REFERENCES attribution.links (workspace_id, id) ON DELETE CASCADE)""",
    f"""CREATE TABLE attribution.codes (
        workspace_id uuid NOT NULL, id uuid NOT NULL, partnership_id uuid NOT NULL, campaign_id uuid NOT NULL,
        code text NOT NULL, code_key text NOT NULL, percent_bp integer, amount_minor bigint, currency text,
        starts_at timestamptz, ends_at timestamptz, max_uses integer, one_per_customer boolean NOT NULL DEFAULT false,
        stock_cap integer, disabled boolean NOT NULL DEFAULT false, disclosure_text text NOT NULL,
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_codes PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_codes_workspace_id_campaign_id_code_key UNIQUE (workspace_id, campaign_id, code_key),
        {_OF_A_PARTNERSHIP.format(name="codes")})""",
    "CREATE INDEX ix_codes_workspace_id_code_key ON attribution.codes (workspace_id, code_key)",
    "CREATE INDEX ix_codes_workspace_id_partnership_id ON attribution.codes (workspace_id, partnership_id)",
    f"""CREATE TABLE attribution.hashtags (
        workspace_id uuid NOT NULL, id uuid NOT NULL, partnership_id uuid NOT NULL, campaign_id uuid NOT NULL,
        hashtag text NOT NULL, key text NOT NULL, disabled boolean NOT NULL DEFAULT false,
        disclosure_text text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), created_by uuid,
        CONSTRAINT pk_hashtags PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_hashtags_workspace_id_key UNIQUE (workspace_id, key),
        {_OF_A_PARTNERSHIP.format(name="hashtags")})""",
    "CREATE INDEX ix_hashtags_workspace_id_partnership_id ON attribution.hashtags (workspace_id, partnership_id)",
)

# Hits are written once and updated once, by their verdict: room in the page keeps that update out of the indexes.
_HITS = (
    """CREATE TABLE attribution.hits (
        workspace_id uuid NOT NULL, id uuid NOT NULL, link_id uuid NOT NULL, at timestamptz NOT NULL,
        method text NOT NULL, outcome text NOT NULL, user_agent text, purpose text, referrer_host text, visitor bytea,
        verdict text, reason text, rule_version integer, in_app text,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        CONSTRAINT pk_hits PRIMARY KEY (workspace_id, id)) PARTITION BY RANGE (id)""",
    "CREATE INDEX ix_hits_xid ON attribution.hits (xid)",
    "CREATE TABLE attribution.hits_default PARTITION OF attribution.hits DEFAULT",
    """CREATE TABLE attribution.hit_rollups (
        workspace_id uuid NOT NULL, link_id uuid NOT NULL, bucket timestamptz NOT NULL,
        hits bigint NOT NULL, human bigint NOT NULL, bot bigint NOT NULL, link_preview bigint NOT NULL,
        prefetch bigint NOT NULL, head bigint NOT NULL, duplicate bigint NOT NULL, capped bigint NOT NULL,
        expired bigint NOT NULL,
        CONSTRAINT pk_hit_rollups PRIMARY KEY (workspace_id, link_id, bucket))""",
    """CREATE TABLE attribution.visitor_rollups (
        workspace_id uuid NOT NULL, scope_id uuid NOT NULL, day date NOT NULL, visitors bigint NOT NULL,
        without_visitor bigint NOT NULL,
        CONSTRAINT pk_visitor_rollups PRIMARY KEY (workspace_id, scope_id, day))""",
    """CREATE TABLE attribution.dirty_buckets (
        workspace_id uuid NOT NULL, link_id uuid NOT NULL, bucket timestamptz NOT NULL,
        CONSTRAINT pk_dirty_buckets PRIMARY KEY (workspace_id, link_id, bucket))""",
    """CREATE TABLE attribution.dirty_days (
        workspace_id uuid NOT NULL, link_id uuid NOT NULL, day date NOT NULL,
        CONSTRAINT pk_dirty_days PRIMARY KEY (workspace_id, link_id, day))""",
    """CREATE TABLE attribution.hit_marks (
        name text NOT NULL, xid xid8 NOT NULL, rule_version integer NOT NULL, after_workspace uuid, after_hit uuid,
        CONSTRAINT pk_hit_marks PRIMARY KEY (name))""",
    """CREATE TABLE attribution.visitor_salts (
        day date NOT NULL, salt bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_visitor_salts PRIMARY KEY (day))""",
)


def upgrade() -> None:
    for statement in (*_TRACKING, *_HITS):
        op.execute(statement)
    for name in ("links", "link_changes", "codes", "hashtags"):
        tenant_table("attribution", name)
    tenant_table("attribution", "slugs", rights="SELECT, INSERT, DELETE")
    # Written by the hit writer and the judge as owner; a workspace reads its own.
    for name in ("hits", "hit_rollups", "visitor_rollups"):
        tenant_table("attribution", name, rights="SELECT")
    for name in ("hits_default", "dirty_buckets", "dirty_days"):
        tenant_table("attribution", name, rights="SELECT")
        op.execute(f"REVOKE SELECT ON attribution.{name} FROM gs_attribution_app")  # noqa: S608  # our own names
