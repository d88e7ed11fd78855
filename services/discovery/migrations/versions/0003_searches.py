"""Searches: their frontier, the accounts they saw, their candidates and events; and the ledger of platform calls."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0003"
down_revision = "0002"

_OF_SEARCH = "FOREIGN KEY (workspace_id, search_id) REFERENCES discovery.searches (workspace_id, id) ON DELETE CASCADE"
_OF_CREATOR = (
    "FOREIGN KEY (workspace_id, creator_id) REFERENCES discovery.creators (workspace_id, id) ON DELETE CASCADE"
)
STATEMENTS = (
    """CREATE TABLE discovery.searches (
        workspace_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, status text NOT NULL, brief jsonb NOT NULL,
        brief_version integer NOT NULL, brief_hash text NOT NULL, request jsonb NOT NULL, max_calls integer NOT NULL,
        depth integer NOT NULL, opened_depth integer, steps_done integer NOT NULL, steps_failed integer NOT NULL,
        creators_seen bigint NOT NULL, candidates bigint NOT NULL, best jsonb NOT NULL, blocked jsonb NOT NULL,
        waiting_for text, summary jsonb NOT NULL, warnings jsonb NOT NULL, error text, events bigint NOT NULL,
        created_at timestamptz NOT NULL, created_by uuid, started_at timestamptz, finished_at timestamptz,
        CONSTRAINT pk_searches PRIMARY KEY (workspace_id, id))""",
    f"""CREATE TABLE discovery.search_steps (
        workspace_id uuid NOT NULL, search_id uuid NOT NULL, id bigint NOT NULL, source text NOT NULL,
        kind text NOT NULL, target text NOT NULL, page integer NOT NULL, cursor text, payload jsonb,
        hop integer NOT NULL, priority double precision NOT NULL, state text NOT NULL, attempts integer NOT NULL,
        found integer, note text, done_at timestamptz,
        CONSTRAINT pk_search_steps PRIMARY KEY (workspace_id, search_id, id),
        CONSTRAINT uq_search_steps_workspace_id_search_id_source_kind_target_page
            UNIQUE (workspace_id, search_id, source, kind, target, page),
        CONSTRAINT fk_search_steps_workspace_id_search_id_searches {_OF_SEARCH})""",
    """CREATE INDEX ix_search_steps_waiting ON discovery.search_steps (workspace_id, search_id, priority DESC, id)
        WHERE state = 'waiting'""",
    f"""CREATE TABLE discovery.search_members (
        workspace_id uuid NOT NULL, search_id uuid NOT NULL, creator_id uuid NOT NULL, source text NOT NULL,
        hop integer NOT NULL, is_seed boolean NOT NULL, profile_asked boolean NOT NULL, feed_asked boolean NOT NULL,
        feed_complete boolean NOT NULL, found_at timestamptz NOT NULL,
        CONSTRAINT pk_search_members PRIMARY KEY (workspace_id, search_id, creator_id),
        CONSTRAINT fk_search_members_workspace_id_search_id_searches {_OF_SEARCH},
        CONSTRAINT fk_search_members_workspace_id_creator_id_creators {_OF_CREATOR})""",
    "CREATE INDEX ix_search_members_workspace_id_creator_id ON discovery.search_members (workspace_id, creator_id)",
    f"""CREATE TABLE discovery.candidates (
        workspace_id uuid NOT NULL, search_id uuid NOT NULL, creator_id uuid NOT NULL, rank integer NOT NULL,
        score double precision, in_band boolean, posts_in_90_days bigint, provenance jsonb NOT NULL,
        marks jsonb NOT NULL, has_unknown boolean NOT NULL, found_at timestamptz NOT NULL,
        CONSTRAINT pk_candidates PRIMARY KEY (workspace_id, search_id, creator_id),
        CONSTRAINT fk_candidates_workspace_id_search_id_searches {_OF_SEARCH},
        CONSTRAINT fk_candidates_workspace_id_creator_id_creators {_OF_CREATOR})""",
    "CREATE INDEX ix_candidates_workspace_id_search_id_rank ON discovery.candidates (workspace_id, search_id, rank)",
    "CREATE INDEX ix_candidates_workspace_id_creator_id ON discovery.candidates (workspace_id, creator_id)",
    f"""CREATE TABLE discovery.search_events (
        workspace_id uuid NOT NULL, search_id uuid NOT NULL, id bigint NOT NULL, data jsonb NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_search_events PRIMARY KEY (workspace_id, search_id, id),
        CONSTRAINT fk_search_events_workspace_id_search_id_searches {_OF_SEARCH})""",
    # A workspace sees its own calls; the ledger adds up those of all workspaces, since a platform counts them together.
    """CREATE TABLE discovery.quota_uses (
        workspace_id uuid NOT NULL, id uuid NOT NULL, platform text NOT NULL, host text NOT NULL,
        credential text NOT NULL, bucket text NOT NULL, endpoint text NOT NULL, units integer NOT NULL, key text,
        at timestamptz NOT NULL,
        CONSTRAINT pk_quota_uses PRIMARY KEY (workspace_id, id))""",
    """CREATE INDEX ix_quota_uses_platform_host_credential_bucket_at
        ON discovery.quota_uses (platform, host, credential, bucket, at)""",
    """CREATE TABLE discovery.quota_limits (
        platform text NOT NULL, host text NOT NULL, credential text NOT NULL, bucket text NOT NULL,
        remaining bigint, resets_at timestamptz, observed_at timestamptz NOT NULL,
        CONSTRAINT pk_quota_limits PRIMARY KEY (platform, host, credential, bucket))""",
)
TABLES = ("searches", "search_steps", "search_members", "candidates", "search_events", "quota_uses")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        tenant_table("discovery", table)
