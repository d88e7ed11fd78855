"""Alembic's entry into the history of the schema `identity`."""

from shared.kit.identity.tables import Base
from shared.kit.migrations import run_env

run_env(Base.metadata)
