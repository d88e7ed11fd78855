"""Whether an account looks real, by what its public profile shows: weights of evidence from a small readable file.

Each known feature adds its log likelihood ratio (real against fake) by bin; an unknown one adds nothing. `slope` lowers
the sum, because the features say partly the same. The file names its training sources and the command that made it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MODEL = Path(__file__).parent / "account_model.json"


@dataclass(frozen=True, slots=True)
class Account:
    """What is publicly known of an account; None is unknown and adds nothing."""

    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    has_bio: bool | None = None
    has_avatar: bool | None = None
    has_link: bool | None = None
    age_days: float | None = None


def features(account: Account) -> dict[str, float]:
    """The known features by name: ratios and counts as they are, flags as 0 and 1."""
    found: dict[str, float] = {}
    if account.followers is not None and account.following is not None:
        found["following_per_follower"] = account.following / max(1, account.followers)
    if account.posts is not None:
        found["posts"] = float(account.posts)
    for name, flag in (("bio", account.has_bio), ("avatar", account.has_avatar), ("link", account.has_link)):
        if flag is not None:
            found[name] = 1.0 if flag else 0.0
    if account.age_days is not None:
        found["age_days"] = account.age_days
    return found


@dataclass(frozen=True)
class AccountModel:
    """`bins` holds, per feature, (upper end, log likelihood ratio) in ascending order; the last end is infinite.

    An account less likely real than `fake_below` is called fake. `sensitivity` and `specificity` of that call are
    ranges over the training sources: how sure it is elsewhere, no single number tells.
    """

    bins: Mapping[str, tuple[tuple[float, float], ...]]
    slope: float
    intercept: float
    fake_below: float
    sensitivity: tuple[float, float]
    specificity: tuple[float, float]
    version: str

    def log_odds(self, known: Mapping[str, float]) -> float:
        """Log odds of being real for known features; 0 features give the intercept."""
        ratios = [_ratio(rows, known[name]) for name, rows in self.bins.items() if name in known]
        return self.intercept + self.slope * math.fsum(ratios)

    def probability(self, account: Account) -> float | None:
        """How likely the account is real, 0 to 1; None when fewer than two features are known."""
        known = features(account)
        ratios = [_ratio(rows, known[name]) for name, rows in self.bins.items() if name in known]
        if len(ratios) < 2:
            return None
        odds = self.intercept + self.slope * math.fsum(ratios)
        return 1.0 / (1.0 + math.exp(-min(max(odds, -30.0), 30.0)))

    def known_features(self, account: Account) -> int:
        return sum(name in self.bins for name in features(account))


def _ratio(rows: tuple[tuple[float, float], ...], value: float) -> float:
    for end, ratio in rows:
        if value < end:
            return ratio
    return rows[-1][1]


@cache
def account_model() -> AccountModel:
    """The shipped model."""
    return read_model(json.loads(MODEL.read_text(encoding="utf-8")))


def read_model(content: Mapping[str, object]) -> AccountModel:
    bins: dict[str, tuple[tuple[float, float], ...]] = {}
    entries = content["features"]
    for name, rows in entries.items() if isinstance(entries, dict) else ():
        bins[name] = tuple(
            (math.inf if row["below"] is None else float(row["below"]), float(row["log_ratio"])) for row in rows
        )
    slope, intercept, below = (float(str(content[key])) for key in ("slope", "intercept", "fake_below"))
    return AccountModel(
        bins, slope, intercept, below, _range(content["sensitivity"]), _range(content["specificity"]),
        str(content["version"]),
    )  # fmt: skip


def _range(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("a range has two ends")
    return float(value[0]), float(value[1])
