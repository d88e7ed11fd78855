"""Every test of live readings begins and ends like those of deletions."""

from tests.services.discovery.deletions.conftest import nothing_else_is_kept as nothing_else_is_kept
