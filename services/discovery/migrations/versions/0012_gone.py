"""What platforms said is gone before it was stored, or when nothing of it is left in its own table."""

from alembic import op

from shared.kit.db import app_role

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    # For the whole installation, as platforms say it. The digests tell nobody's name, so that an erasure or the end of
    # a workspace leaves nothing here that it would have to find.
    """CREATE TABLE discovery.gone (
        platform text NOT NULL, digest bytea NOT NULL, gone_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        CONSTRAINT pk_gone PRIMARY KEY (platform, digest))""",
    "CREATE INDEX ix_gone_expires_at ON discovery.gone (expires_at)",
    f"GRANT SELECT ON discovery.gone TO {app_role('discovery')}",
    # Whether content was read from a platform. Accounts that opted out or are deleted are stubs as well.
    "DROP INDEX discovery.ix_creators_of_platforms",
    "CREATE INDEX ix_creators_of_platforms ON discovery.creators (source) WHERE source <> 'archive' AND NOT stub",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
