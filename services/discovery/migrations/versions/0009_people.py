"""People: the accounts of one human, and what somebody decided about them."""

from alembic import op

from shared.kit.migrations import tenant_table

revision = "0009"
down_revision = "0008"

_CREATORS = "REFERENCES discovery.creators (workspace_id, id) ON DELETE CASCADE"
STATEMENTS = (
    """CREATE TABLE discovery.people (
        workspace_id uuid NOT NULL, id uuid NOT NULL, created_at timestamptz NOT NULL,
        CONSTRAINT pk_people PRIMARY KEY (workspace_id, id))""",
    f"""CREATE TABLE discovery.person_links (
        workspace_id uuid NOT NULL, person_id uuid NOT NULL, creator_id uuid NOT NULL, reason text NOT NULL,
        confidence double precision NOT NULL, state text NOT NULL, proposed_at timestamptz NOT NULL,
        decided_at timestamptz, decided_by uuid,
        CONSTRAINT pk_person_links PRIMARY KEY (workspace_id, person_id, creator_id),
        CONSTRAINT fk_person_links_workspace_id_person_id_people FOREIGN KEY (workspace_id, person_id)
            REFERENCES discovery.people (workspace_id, id) ON DELETE CASCADE,
        CONSTRAINT fk_person_links_workspace_id_creator_id_creators FOREIGN KEY (workspace_id, creator_id)
            {_CREATORS})""",
    """CREATE UNIQUE INDEX uq_person_links_creator ON discovery.person_links (workspace_id, creator_id)
        WHERE state <> 'cut'""",
    "CREATE INDEX ix_person_links_workspace_id_creator_id ON discovery.person_links (workspace_id, creator_id)",
    f"""CREATE TABLE discovery.person_cuts (
        workspace_id uuid NOT NULL, first_id uuid NOT NULL, second_id uuid NOT NULL, decided_at timestamptz NOT NULL,
        decided_by uuid,
        CONSTRAINT pk_person_cuts PRIMARY KEY (workspace_id, first_id, second_id),
        CONSTRAINT fk_person_cuts_workspace_id_first_id_creators FOREIGN KEY (workspace_id, first_id) {_CREATORS},
        CONSTRAINT fk_person_cuts_workspace_id_second_id_creators FOREIGN KEY (workspace_id, second_id) {_CREATORS})""",
    "CREATE INDEX ix_person_cuts_workspace_id_second_id ON discovery.person_cuts (workspace_id, second_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in ("people", "person_links", "person_cuts"):
        tenant_table("discovery", table)
