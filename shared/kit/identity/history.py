"""The migration history of the schema `identity`."""

from pathlib import Path

from shared.kit.migrations import History

IDENTITY = History("identity", Path(__file__).parent / "migrations")
