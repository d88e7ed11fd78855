"""Watches on accounts and searches, daily numbers of creators, and the feed of events."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0006"
down_revision = "0005"

_OF_WATCH = "FOREIGN KEY (workspace_id, watch_id) REFERENCES discovery.watches (workspace_id, id) ON DELETE CASCADE"
_OF_CREATOR = (
    "FOREIGN KEY (workspace_id, creator_id) REFERENCES discovery.creators (workspace_id, id) ON DELETE CASCADE"
)
STATEMENTS = (
    """CREATE TABLE discovery.watches (
        workspace_id uuid NOT NULL, id uuid NOT NULL, kind text NOT NULL, status text NOT NULL, search_id uuid,
        phase text NOT NULL, every_hours integer NOT NULL, max_calls integer NOT NULL, until timestamptz,
        reference text, runs bigint NOT NULL, due_at timestamptz NOT NULL, next_run_at timestamptz,
        last_run_at timestamptz, error text, version integer NOT NULL, created_at timestamptz NOT NULL, created_by uuid,
        CONSTRAINT pk_watches PRIMARY KEY (workspace_id, id),
        CONSTRAINT fk_watches_workspace_id_search_id_searches FOREIGN KEY (workspace_id, search_id)
            REFERENCES discovery.searches (workspace_id, id) ON DELETE CASCADE)""",
    "CREATE INDEX ix_watches_due ON discovery.watches (next_run_at) WHERE status = 'running'",
    f"""CREATE TABLE discovery.watch_accounts (
        workspace_id uuid NOT NULL, watch_id uuid NOT NULL, number integer NOT NULL, platform text NOT NULL,
        platform_id text, handle text, creator_id uuid, due_at timestamptz NOT NULL, next_run_at timestamptz NOT NULL,
        last_run_at timestamptz, error text,
        CONSTRAINT pk_watch_accounts PRIMARY KEY (workspace_id, watch_id, number),
        CONSTRAINT fk_watch_accounts_workspace_id_watch_id_watches {_OF_WATCH})""",
    "CREATE INDEX ix_watch_accounts_workspace_id_creator_id ON discovery.watch_accounts (workspace_id, creator_id)",
    f"""CREATE TABLE discovery.followed_creators (
        workspace_id uuid NOT NULL, creator_id uuid NOT NULL, read_at timestamptz NOT NULL,
        CONSTRAINT pk_followed_creators PRIMARY KEY (workspace_id, creator_id),
        CONSTRAINT fk_followed_creators_workspace_id_creator_id_creators {_OF_CREATOR})""",
    f"""CREATE TABLE discovery.watch_finds (
        workspace_id uuid NOT NULL, watch_id uuid NOT NULL, creator_id uuid NOT NULL, is_news boolean NOT NULL,
        found_at timestamptz NOT NULL,
        CONSTRAINT pk_watch_finds PRIMARY KEY (workspace_id, watch_id, creator_id),
        CONSTRAINT fk_watch_finds_workspace_id_watch_id_watches {_OF_WATCH},
        CONSTRAINT fk_watch_finds_workspace_id_creator_id_creators {_OF_CREATOR})""",
    "CREATE INDEX ix_watch_finds_workspace_id_creator_id ON discovery.watch_finds (workspace_id, creator_id)",
    f"""CREATE TABLE discovery.creator_snapshots (
        workspace_id uuid NOT NULL, creator_id uuid NOT NULL, day date NOT NULL, counts jsonb NOT NULL,
        withheld jsonb NOT NULL, observed_at timestamptz NOT NULL, expires_at timestamptz,
        CONSTRAINT pk_creator_snapshots PRIMARY KEY (workspace_id, creator_id, day),
        CONSTRAINT fk_creator_snapshots_workspace_id_creator_id_creators {_OF_CREATOR})""",
    "CREATE INDEX ix_creator_snapshots_expires_at ON discovery.creator_snapshots USING brin (expires_at)",
    """CREATE TABLE discovery.events (
        workspace_id uuid NOT NULL, id uuid NOT NULL, type text NOT NULL, creator_id uuid NOT NULL, post_id uuid,
        search_id uuid, watch_ids uuid[] NOT NULL, data jsonb NOT NULL, at timestamptz NOT NULL,
        xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
        CONSTRAINT pk_events PRIMARY KEY (workspace_id, id))""",
    "CREATE INDEX ix_events_workspace_id_xid_id ON discovery.events (workspace_id, xid, id)",
    "CREATE INDEX ix_events_workspace_id_creator_id ON discovery.events (workspace_id, creator_id)",
    """CREATE UNIQUE INDEX uq_events_published ON discovery.events (workspace_id, post_id)
        WHERE type = 'post.published'""",
    "CREATE INDEX ix_events_at ON discovery.events USING brin (at)",
)
TABLES = ("watches", "watch_accounts", "followed_creators", "watch_finds", "creator_snapshots", "events")


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        tenant_table("discovery", table)
