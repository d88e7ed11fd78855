"""Benchmarks: how creators of one platform and follower tier do; shipped priors, or learned from a workspace's data."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.scoring.statistics.shrinkage import Peers

# Upper ends of the follower tiers, and their names as the field uses them.
TIERS = ((1_000, "below_1k"), (10_000, "nano"), (50_000, "micro"), (100_000, "small_mid"), (500_000, "mid"))
LARGEST_TIER = "large"
UNKNOWN_TIER = "unknown"
ANY = "any"
PRIORS = Path(__file__).parent / "priors" / "rates.json"


def tier_of(followers: int | None) -> str:
    """The follower tier; `unknown` when the count is."""
    if followers is None:
        return UNKNOWN_TIER
    return next((name for top, name in TIERS if followers < top), LARGEST_TIER)


@dataclass(frozen=True, slots=True)
class Cell:
    """Peers of one platform, measure (`engagement_by_followers`, ...) and tier."""

    platform: str
    measure: str
    tier: str
    peers: Peers


@dataclass(frozen=True)
class Benchmarks:
    """A set of benchmark cells with the hash that receipts name. Look-ups fall back from tier to platform to any."""

    cells: Mapping[tuple[str, str, str], Peers]

    def peers(self, platform: str, measure: str, tier: str) -> Peers | None:
        """The closest cell there is: this platform and tier, the platform's any tier, any platform's."""
        for key in ((platform, measure, tier), (platform, measure, ANY), (ANY, measure, tier), (ANY, measure, ANY)):
            found = self.cells.get(key)
            if found is not None:
                return found
        return None

    def sizes(self, platform: str, measure: str) -> list[Peers]:
        """Every cell that could be the right one for a creator of this platform whose size is not known."""
        return [
            peers
            for (name, kind, _), peers in sorted(self.cells.items())
            if kind == measure and name in (platform, ANY)
        ]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON; numbers as they are, so that what is stored computes what was computed."""
        return {
            "cells": [
                {
                    "platform": platform, "measure": measure, "tier": tier, "mean": peers.mean,
                    "between": peers.between, "within": peers.within, "creators": peers.creators,
                    "source": peers.source,
                }
                for (platform, measure, tier), peers in sorted(self.cells.items())
            ]
        }  # fmt: skip

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Benchmarks":
        return Benchmarks(
            {
                (cell["platform"], cell["measure"], cell["tier"]): Peers(
                    float(cell["mean"]), float(cell["between"]), float(cell["within"]), int(cell["creators"]),
                    str(cell["source"]),
                )
                for cell in content["cells"]
            }
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the canonical JSON."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


@cache
def shipped() -> Benchmarks:
    """The priors of `priors/rates.json`: published medians with their sources, spreads as stated there."""
    content = json.loads(PRIORS.read_text(encoding="utf-8"))
    cells: dict[tuple[str, str, str], Peers] = {}
    for measure, spec in content["measures"].items():
        for platform, tiers in spec["medians"].items():
            for tier, entry in tiers.items():
                cells[platform, measure, tier] = Peers(
                    mean=round(math.log(entry["median"]), 6), between=spec["between"], within=spec["within"],
                    creators=0, source=content["sources"][entry["source"]],
                )  # fmt: skip
    return Benchmarks(cells)
