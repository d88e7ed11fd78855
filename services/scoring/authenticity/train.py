"""Makes `account_model.json`: `python -m services.scoring.authenticity.train --limfadd <limfadd.csv.gz> --write`.

Sources: LIMFADD (15,000 Instagram-like accounts labelled Real, Bot, Scam, Spam; redistribution allowed with citation;
its labels were made by machine and are nearly separable by counts) and the project's own generator.
Each source weighs the same, so that the larger one does not drown the other.
"""

import argparse
import csv
import gzip
import json
import math
import sys
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from sklearn.linear_model import LogisticRegression

from services.scoring.authenticity.account_model import MODEL, Account, AccountModel, features, read_model
from services.scoring.authenticity.generated import accounts

Labelled = list[tuple[Account, bool]]
_ENDS: dict[str, tuple[float, ...]] = {
    "following_per_follower": (0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0),
    "posts": (1.0, 5.0, 20.0, 100.0, 500.0),
    "bio": (0.5,),
    "avatar": (0.5,),
    "link": (0.5,),
    "age_days": (60.0, 180.0, 365.0, 1_000.0),
}
# Keeps a bin from saying more than a log ratio of about 3: what two sources of labels show is not certainty.
_SMOOTHING = 0.02
_CAP = 3.0
SEED = 20261122
MAX_FALSE = 0.035


def read_limfadd(path: Path) -> Labelled:
    """The accounts of LIMFADD; its flags come as N, Yes and yes."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [
            (
                Account(
                    int(row["Followers"]), int(row["Following"]), int(row["Posts"]), row["Bio"].lower() == "yes",
                    row["Profile Picture"].lower() == "yes", row["External Link"].lower() == "yes",
                ),
                row["Labels"] == "Real",
            )
            for row in csv.DictReader(lines)
        ]  # fmt: skip


def fit(sources: Sequence[Labelled]) -> AccountModel:
    """Weights of evidence per feature, each source with equal weight, then a slope and intercept over the sums."""
    bins: dict[str, list[dict[str, float | None]]] = {}
    for name, ends in _ENDS.items():
        rows: list[dict[str, float | None]] = []
        for number in range(len(ends) + 1):
            low = -math.inf if number == 0 else ends[number - 1]
            high = math.inf if number == len(ends) else ends[number]
            shares = [_shares(source, name, low, high) for source in sources]
            known = [share for share in shares if share is not None]
            if not known:
                break
            real = sum(share[0] for share in known) / len(known) + _SMOOTHING
            fake = sum(share[1] for share in known) / len(known) + _SMOOTHING
            ratio = max(-_CAP, min(_CAP, math.log(real / fake)))
            rows.append({"below": None if high == math.inf else high, "log_ratio": round(ratio, 4)})
        if rows:
            bins[name] = rows
    content: dict[str, object] = {
        "features": bins, "slope": 1.0, "intercept": 0.0, "fake_below": 0.5, "sensitivity": [1.0, 1.0],
        "specificity": [1.0, 1.0], "version": "1",
    }  # fmt: skip
    raw = read_model(content)
    sums, labels, weights = [], [], []
    for source in sources:
        for account, real in source:
            sums.append([raw.log_odds(features(account))])
            labels.append(real)
            weights.append(1.0 / len(source))
    line = LogisticRegression(C=1e6).fit(sums, labels, sample_weight=[weight * 1e4 for weight in weights])
    content["slope"], content["intercept"] = round(float(line.coef_[0][0]), 4), round(float(line.intercept_[0]), 4)
    fitted = read_model(content)
    content["fake_below"], content["sensitivity"], content["specificity"] = threshold(fitted, sources)
    return read_model(content)


def _shares(source: Labelled, name: str, low: float, high: float) -> tuple[float, float] | None:
    """Shares of real and of fake accounts in a bin; None when the source does not have the feature."""
    counts = {True: [0, 0], False: [0, 0]}
    for account, real in source:
        value = features(account).get(name)
        if value is not None:
            counts[real][1] += 1
            counts[real][0] += low <= value < high
    if not counts[True][1] or not counts[False][1]:
        return None
    return counts[True][0] / counts[True][1], counts[False][0] / counts[False][1]


def threshold(model: AccountModel, sources: Sequence[Labelled]) -> tuple[float, list[float], list[float]]:
    """Below which chance of being real an account is called fake: the highest that calls at most MAX_FALSE of any
    source's real accounts fake. With it the ranges of sensitivity and specificity over the sources."""
    chances = [
        (
            sorted(model.probability(account) or 0.5 for account, real in source if real),
            sorted(model.probability(account) or 0.5 for account, real in source if not real),
        )
        for source in sources
    ]
    below = round(min(reals[int(MAX_FALSE * len(reals))] for reals, _ in chances), 4)
    sensitivity = [bisect_left(fakes, below) / len(fakes) for _, fakes in chances]
    specificity = [1.0 - bisect_left(reals, below) / len(reals) for reals, _ in chances]
    return below, _ends(sensitivity), _ends(specificity)


def _ends(values: Sequence[float]) -> list[float]:
    return [round(min(values), 4), round(max(values), 4)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limfadd", type=Path, required=True)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    model = fit([read_limfadd(given.limfadd), list(accounts(15_000, SEED))])
    content = {
        "version": model.version,
        "command": "python -m services.scoring.authenticity.train --limfadd limfadd.csv.gz --write",
        "sources": [
            "LIMFADD, 15,000 labelled accounts; redistribution with citation; labels nearly separable by counts",
            f"the project's own generator, 15,000 accounts, seed {SEED}",
        ],
        "slope": model.slope,
        "intercept": model.intercept,
        "fake_below": model.fake_below,
        "sensitivity": list(model.sensitivity),
        "specificity": list(model.specificity),
        "features": {
            name: [{"below": None if math.isinf(end) else end, "log_ratio": ratio} for end, ratio in rows]
            for name, rows in model.bins.items()
        },
    }
    text = json.dumps(content, indent=2) + "\n"
    if given.write:
        MODEL.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
