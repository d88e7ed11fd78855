"""The connectors' tables of what platforms offer, against the collected facts beside the checkout where these exist."""

import csv
from pathlib import Path

import pytest

from services.discovery.connector import Connector
from shared.kit.plugins import load_classes

CONNECTORS = load_classes("services.discovery.connectors", Connector)  # type: ignore[type-abstract]  # a kind is abstract
FACTS = Path(__file__).parents[5] / "shared" / "capabilities.csv"
# The file calls platforms by programme or kind of server; which connector has them, and how it begins their names.
CONNECTOR_OF = {
    "pixelfed": ("mastodon", "pixelfed_"),
    "gotosocial": ("mastodon", "gotosocial_"),
    "tiktok_research": ("tiktok", ""),
    "tiktok_display": ("tiktok", "display_"),
    "rss_atom": ("blogs", ""),
}


def _facts() -> list[dict[str, str]]:
    if not FACTS.is_file():
        pytest.skip("skipped: the facts are not part of the project and ../shared/capabilities.csv is not here")
    with FACTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_fact_is_in_a_connectors_table_to_the_letter() -> None:
    offered = {(key, row.name): row for key, kind in CONNECTORS.items() for row in kind.offers}
    for fact in _facts():
        key, prefix = CONNECTOR_OF.get(fact["platform"], (fact["platform"], ""))
        row = offered.pop((key, prefix + fact["capability"]))
        # of what a platform does not offer, the last column says why
        limits = row.quota if row.quota is not None else row.reason
        assert (row.support, row.endpoint or "", limits) == (
            fact["supported"],
            fact["endpoint"],
            fact["quota"],
        ), (key, row.name)
