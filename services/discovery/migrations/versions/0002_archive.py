"""Creators, posts and comments by natural key, and imports with their staging."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0002"
down_revision = "0001a"

# Counts are JSON by name, `{"likes": {"value": 3, "state": "exact", "observed_at": null}}`: known ones in `counts`,
# those of which only the reason of their absence is known in `withheld`. Unknown never replaces known that way.
STATEMENTS = (
    # UUIDv7 for rows that a set-based statement makes; uuidv7() itself came with PostgreSQL 18.
    """CREATE FUNCTION discovery.new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
        SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
            substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
            52, 1), 53, 1), 'hex')::uuid $$""",
    """CREATE TABLE discovery.creators (
        workspace_id uuid NOT NULL, id uuid NOT NULL, platform text NOT NULL, platform_id text NOT NULL,
        handle text, display_name text, bio_text text, url text, avatar_url text, website text, links jsonb,
        language text, country text, place text, account_created_at timestamptz,
        is_bot boolean, is_verified boolean, account_kind text, status text, handle_history jsonb,
        counts jsonb NOT NULL, withheld jsonb NOT NULL,
        followers bigint GENERATED ALWAYS AS ((counts #>> '{followers,value}')::bigint) STORED,
        stub boolean NOT NULL, opted_out boolean NOT NULL, source text NOT NULL, first_seen_at timestamptz NOT NULL,
        observed_at timestamptz NOT NULL, expires_at timestamptz,
        CONSTRAINT pk_creators PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_creators_workspace_id_platform_platform_id UNIQUE (workspace_id, platform, platform_id))""",
    # Not behind the platform: the natural key's look-ups must not find a second index that begins like theirs, or a
    # planner without statistics of a new workspace takes the wrong one.
    "CREATE INDEX ix_creators_workspace_id_handle ON discovery.creators (workspace_id, handle)",
    "CREATE INDEX ix_creators_opted_out ON discovery.creators (workspace_id, id) WHERE opted_out",
    """CREATE TABLE discovery.posts (
        workspace_id uuid NOT NULL, id uuid NOT NULL, platform text NOT NULL, platform_id text NOT NULL,
        author_id uuid, kind text, url text, text text, language text, hashtags jsonb, mentions jsonb, links jsonb,
        media jsonb, created_at timestamptz, edited_at timestamptz, in_reply_to text, is_sensitive boolean,
        paid_partnership boolean, sponsorship_labels jsonb, counts jsonb NOT NULL, withheld jsonb NOT NULL,
        stub boolean NOT NULL, source text NOT NULL, first_seen_at timestamptz NOT NULL,
        observed_at timestamptz NOT NULL, expires_at timestamptz,
        CONSTRAINT pk_posts PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_posts_workspace_id_platform_platform_id UNIQUE (workspace_id, platform, platform_id),
        CONSTRAINT fk_posts_workspace_id_author_id_creators FOREIGN KEY (workspace_id, author_id)
            REFERENCES discovery.creators (workspace_id, id))""",
    "CREATE INDEX ix_posts_workspace_id_author_id_created_at ON discovery.posts (workspace_id, author_id, created_at)",
    """CREATE TABLE discovery.post_hashtags (
        workspace_id uuid NOT NULL, key text NOT NULL, post_id uuid NOT NULL,
        CONSTRAINT pk_post_hashtags PRIMARY KEY (workspace_id, key, post_id),
        CONSTRAINT fk_post_hashtags_workspace_id_post_id_posts FOREIGN KEY (workspace_id, post_id)
            REFERENCES discovery.posts (workspace_id, id) ON DELETE CASCADE)""",
    "CREATE INDEX ix_post_hashtags_workspace_id_post_id ON discovery.post_hashtags (workspace_id, post_id)",
    # No foreign keys: their checks, one at a time, would take a third of an import. One statement writes comments
    # behind their posts and authors, and one service deletes them before these.
    """CREATE TABLE discovery.comments (
        workspace_id uuid NOT NULL, platform text NOT NULL, platform_id text NOT NULL, post_id uuid NOT NULL,
        author_id uuid, parent_id text, text text, language text, created_at timestamptz,
        likes bigint, likes_state text, replies bigint, replies_state text,
        observed_at timestamptz NOT NULL, expires_at timestamptz,
        CONSTRAINT pk_comments PRIMARY KEY (workspace_id, platform, platform_id))""",
    "CREATE INDEX ix_comments_workspace_id_post_id ON discovery.comments (workspace_id, post_id)",
    "CREATE INDEX ix_comments_workspace_id_author_id ON discovery.comments (workspace_id, author_id)",
    # Rows expire in about the order in which they came, which is what a BRIN index is small for.
    "CREATE INDEX ix_creators_expires_at ON discovery.creators USING brin (expires_at)",
    "CREATE INDEX ix_posts_expires_at ON discovery.posts USING brin (expires_at)",
    "CREATE INDEX ix_comments_expires_at ON discovery.comments USING brin (expires_at)",
    """CREATE TABLE discovery.imports (
        workspace_id uuid NOT NULL, id uuid NOT NULL, status text NOT NULL, bytes_received bigint NOT NULL,
        lines_received bigint NOT NULL, lines_merged bigint NOT NULL, lines_faulty bigint NOT NULL,
        creators bigint NOT NULL, posts bigint NOT NULL, comments bigint NOT NULL, chunks integer NOT NULL, error text,
        created_at timestamptz NOT NULL, received_at timestamptz, finished_at timestamptz, created_by uuid,
        CONSTRAINT pk_imports PRIMARY KEY (workspace_id, id))""",
    """CREATE TABLE discovery.import_faults (
        workspace_id uuid NOT NULL, import_id uuid NOT NULL, line bigint NOT NULL, reason text NOT NULL,
        CONSTRAINT pk_import_faults PRIMARY KEY (workspace_id, import_id, line),
        CONSTRAINT fk_import_faults_workspace_id_import_id_imports FOREIGN KEY (workspace_id, import_id)
            REFERENCES discovery.imports (workspace_id, id) ON DELETE CASCADE)""",
    # Staging of the body as it came, in compressed chunks of whole lines. There is no row in `imports` before the end.
    """CREATE TABLE discovery.import_chunks (
        workspace_id uuid NOT NULL, import_id uuid NOT NULL, number integer NOT NULL, first_line bigint NOT NULL,
        lines bigint NOT NULL, overlong jsonb, body bytea NOT NULL, received_at timestamptz NOT NULL,
        CONSTRAINT pk_import_chunks PRIMARY KEY (workspace_id, import_id, number))""",
    "ALTER TABLE discovery.import_chunks ALTER COLUMN body SET STORAGE EXTERNAL",
    # Staging of what was read from the lines. It can be made again from the chunks, so it is not logged: after a crash
    # of PostgreSQL it is empty, and so is the list of chunks that were read, so that reading begins again.
    """CREATE UNLOGGED TABLE discovery.import_readings (
        workspace_id uuid NOT NULL, import_id uuid NOT NULL, chunk integer NOT NULL,
        lines_good bigint NOT NULL, lines_faulty bigint NOT NULL, creators bigint NOT NULL, posts bigint NOT NULL,
        comments bigint NOT NULL,
        CONSTRAINT pk_import_readings PRIMARY KEY (workspace_id, import_id, chunk))""",
    """CREATE UNLOGGED TABLE discovery.import_creators (
        workspace_id uuid NOT NULL, import_id uuid NOT NULL, chunk integer NOT NULL, platform text NOT NULL,
        platform_id text NOT NULL, stub boolean NOT NULL, opted_out boolean NOT NULL, observed_at timestamptz NOT NULL,
        handle text, display_name text, bio_text text, url text, avatar_url text, website text, links jsonb,
        language text, country text, place text, account_created_at timestamptz, is_bot boolean, is_verified boolean,
        account_kind text, status text, counts jsonb NOT NULL, withheld jsonb NOT NULL,
        CONSTRAINT pk_import_creators PRIMARY KEY (workspace_id, import_id, chunk, platform, platform_id))""",
    """CREATE UNLOGGED TABLE discovery.import_posts (
        workspace_id uuid NOT NULL, import_id uuid NOT NULL, chunk integer NOT NULL, platform text NOT NULL,
        platform_id text NOT NULL, author_platform_id text, stub boolean NOT NULL, observed_at timestamptz NOT NULL,
        kind text, url text, text text, language text, hashtags jsonb, mentions jsonb, links jsonb, media jsonb,
        created_at timestamptz, edited_at timestamptz, in_reply_to text, is_sensitive boolean, paid_partnership boolean,
        sponsorship_labels jsonb, counts jsonb NOT NULL, withheld jsonb NOT NULL,
        CONSTRAINT pk_import_posts PRIMARY KEY (workspace_id, import_id, chunk, platform, platform_id))""",
    """CREATE UNLOGGED TABLE discovery.import_comments (
        workspace_id uuid NOT NULL, import_id uuid NOT NULL, chunk integer NOT NULL, platform text NOT NULL,
        platform_id text NOT NULL, post_platform_id text NOT NULL, author_platform_id text, parent_id text, text text,
        language text, created_at timestamptz, likes bigint, likes_state text, replies bigint, replies_state text,
        observed_at timestamptz NOT NULL)""",
    """CREATE INDEX ix_import_comments_workspace_id_import_id_chunk
        ON discovery.import_comments (workspace_id, import_id, chunk)""",
)
TABLES = (
    "creators", "posts", "post_hashtags", "comments", "imports", "import_faults", "import_chunks", "import_readings",
    "import_creators", "import_posts", "import_comments",
)  # fmt: skip


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        tenant_table("discovery", table)
