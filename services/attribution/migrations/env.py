"""Alembic's entry into the history of the schema `attribution`."""

from services.attribution.tables import base
from shared.kit.migrations import run_env
from shared.kit.plugins import import_all

import_all("services.attribution.tables")
run_env(base.Base.metadata)
