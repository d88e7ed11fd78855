"""Evidence bundles, rankings with members, scores and packed values, decisions on gates, benchmarks."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0002"
down_revision = "0001a"

_OF_RANKING = (
    """FOREIGN KEY (workspace_id, ranking_id) REFERENCES scoring.rankings (workspace_id, id) ON DELETE CASCADE"""
)

_TABLES = (
    """CREATE TABLE scoring.bundles (
        workspace_id uuid NOT NULL, id uuid NOT NULL, hash text NOT NULL, creator_id uuid NOT NULL, content bytea,
        size integer NOT NULL, observed_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_bundles PRIMARY KEY (workspace_id, id),
        CONSTRAINT uq_bundles_workspace_id_hash UNIQUE (workspace_id, hash))""",
    # compressed already: the server need not try
    "ALTER TABLE scoring.bundles ALTER COLUMN content SET STORAGE EXTERNAL",
    "CREATE INDEX ix_bundles_workspace_id_creator_id ON scoring.bundles (workspace_id, creator_id)",
    "CREATE INDEX ix_bundles_expires_at ON scoring.bundles (expires_at) WHERE content IS NOT NULL",
    """CREATE TABLE scoring.rankings (
        workspace_id uuid NOT NULL, id uuid NOT NULL, name text NOT NULL, status text NOT NULL,
        search_id uuid NOT NULL, brief jsonb NOT NULL, brief_version integer NOT NULL, brief_hash text NOT NULL,
        goal text, weights jsonb NOT NULL, criteria text[] NOT NULL DEFAULT '{}',
        pulled boolean NOT NULL DEFAULT false, cursor text, candidates integer,
        bundles_stored integer NOT NULL DEFAULT 0, scored integer NOT NULL DEFAULT 0,
        ineligible integer NOT NULL DEFAULT 0, code_version text, parameters_version text, benchmarks_hash text,
        permitted_uses jsonb NOT NULL DEFAULT '{}', images jsonb, warnings text[] NOT NULL DEFAULT '{}', error text,
        created_at timestamptz NOT NULL DEFAULT now(), created_by uuid, finished_at timestamptz,
        CONSTRAINT pk_rankings PRIMARY KEY (workspace_id, id))""",
    f"""CREATE TABLE scoring.ranking_members (
        workspace_id uuid NOT NULL, ranking_id uuid NOT NULL, position integer NOT NULL, creator_id uuid NOT NULL,
        bundle_id uuid NOT NULL, images jsonb,
        CONSTRAINT pk_ranking_members PRIMARY KEY (workspace_id, ranking_id, position),
        CONSTRAINT fk_ranking_members_workspace_id_ranking_id_rankings {_OF_RANKING})""",
    """CREATE UNIQUE INDEX ix_ranking_members_workspace_id_ranking_id_creator_id
        ON scoring.ranking_members (workspace_id, ranking_id, creator_id)""",
    f"""CREATE TABLE scoring.scores (
        workspace_id uuid NOT NULL, ranking_id uuid NOT NULL, creator_id uuid NOT NULL, creator jsonb NOT NULL,
        bundle_id uuid NOT NULL, eligible boolean NOT NULL, value integer, low integer NOT NULL, high integer NOT NULL,
        known integer NOT NULL, place integer, rank integer, rank_low integer, rank_high integer,
        detail bytea NOT NULL, digest text NOT NULL, scored_at timestamptz NOT NULL,
        CONSTRAINT pk_scores PRIMARY KEY (workspace_id, ranking_id, creator_id),
        CONSTRAINT fk_scores_workspace_id_ranking_id_rankings {_OF_RANKING})""",
    "ALTER TABLE scoring.scores ALTER COLUMN detail SET STORAGE EXTERNAL",
    "CREATE INDEX ix_scores_workspace_id_ranking_id_place ON scoring.scores (workspace_id, ranking_id, place)",
    "CREATE INDEX ix_scores_workspace_id_creator_id ON scoring.scores (workspace_id, creator_id)",
    f"""CREATE TABLE scoring.score_vectors (
        workspace_id uuid NOT NULL, ranking_id uuid NOT NULL, first_position integer NOT NULL,
        last_position integer NOT NULL, content bytea NOT NULL,
        CONSTRAINT pk_score_vectors PRIMARY KEY (workspace_id, ranking_id, first_position),
        CONSTRAINT fk_score_vectors_workspace_id_ranking_id_rankings {_OF_RANKING})""",
    f"""CREATE TABLE scoring.gate_decisions (
        workspace_id uuid NOT NULL, ranking_id uuid NOT NULL, creator_id uuid NOT NULL, gate text NOT NULL,
        state text NOT NULL, note text, decided_at timestamptz NOT NULL DEFAULT now(), decided_by uuid,
        CONSTRAINT pk_gate_decisions PRIMARY KEY (workspace_id, ranking_id, creator_id, gate),
        CONSTRAINT fk_gate_decisions_workspace_id_ranking_id_rankings {_OF_RANKING})""",
    """CREATE TABLE scoring.benchmark_observations (
        workspace_id uuid NOT NULL, creator_id uuid NOT NULL, measure text NOT NULL, platform text NOT NULL,
        tier text NOT NULL, mean double precision NOT NULL, variance double precision, posts integer NOT NULL,
        observed_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_benchmark_observations PRIMARY KEY (workspace_id, creator_id, measure))""",
    """CREATE TABLE scoring.benchmark_sets (
        workspace_id uuid NOT NULL, hash text NOT NULL, content jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_benchmark_sets PRIMARY KEY (workspace_id, hash))""",
)
_TENANT_TABLES = (
    "bundles", "rankings", "ranking_members", "scores", "score_vectors", "gate_decisions", "benchmark_observations",
    "benchmark_sets",
)  # fmt: skip


def upgrade() -> None:
    for statement in _TABLES:
        op.execute(statement)
    for table in _TENANT_TABLES:
        tenant_table("scoring", table)
