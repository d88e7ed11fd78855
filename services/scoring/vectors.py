"""Many candidates' values packed as arrays of whole numbers, and the same totals as `totals.py` over all of them."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt
import zstandard

from services.scoring.criterion import Outcome
from services.scoring.totals import COARSE, TOP
from shared.schemas.rankings import CriterionStatus

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
ABSTAINED, NOT_APPLICABLE = -1, -2
_NO_VALUE = {CriterionStatus.ABSTAINED: ABSTAINED, CriterionStatus.NOT_APPLICABLE: NOT_APPLICABLE}


@dataclass(frozen=True)
class Vectors:
    """Rows are candidates, columns `criteria`; `values` below 0 say why there is none, `low` and `high` are 0 there."""

    criteria: tuple[str, ...]
    creators: tuple[UUID, ...]
    eligible: Flags
    values: npt.NDArray[np.int32]
    low: npt.NDArray[np.int32]
    high: npt.NDArray[np.int32]

    @staticmethod
    def of(criteria: Sequence[str], rows: Sequence[tuple[UUID, bool, Mapping[str, Outcome]]]) -> "Vectors":
        """Pack outcomes; a criterion that a row lacks has abstained there."""
        values = np.full((len(rows), len(criteria)), ABSTAINED, dtype=np.int32)
        low, high = np.zeros_like(values), np.zeros_like(values)
        for index, (_, _, outcomes) in enumerate(rows):
            for column, name in enumerate(criteria):
                outcome = outcomes.get(name)
                if outcome is None:
                    continue
                if outcome.value is None or outcome.low is None or outcome.high is None:
                    values[index, column] = _NO_VALUE[outcome.status]
                else:
                    values[index, column] = outcome.value
                    low[index, column], high[index, column] = outcome.low, outcome.high
        eligible = np.array([row[1] for row in rows], dtype=np.bool_)
        return Vectors(tuple(criteria), tuple(row[0] for row in rows), eligible, values, low, high)

    def packed(self) -> bytes:
        """Compressed bytes: a line of JSON, then the arrays in little-endian order."""
        head = json.dumps({"criteria": self.criteria, "rows": len(self.creators)}).encode() + b"\n"
        body = b"".join(
            [
                b"".join(creator.bytes for creator in self.creators),
                self.eligible.astype("<u1").tobytes(),
                *(part.astype("<i4").tobytes() for part in (self.values, self.low, self.high)),
            ]
        )
        return zstandard.ZstdCompressor(level=3).compress(head + body)

    @staticmethod
    def unpacked(content: bytes) -> "Vectors":
        plain = zstandard.ZstdDecompressor().decompress(content)
        head, _, body = plain.partition(b"\n")
        facts: dict[str, Any] = json.loads(head)
        criteria, rows = tuple(facts["criteria"]), int(facts["rows"])
        creators = tuple(UUID(bytes=body[start : start + 16]) for start in range(0, 16 * rows, 16))
        offset = 16 * rows
        eligible = np.frombuffer(body, dtype="<u1", count=rows, offset=offset).astype(np.bool_)
        offset += rows
        size = rows * len(criteria)
        parts = [
            np.frombuffer(body, dtype="<i4", count=size, offset=offset + 4 * size * number)
            .astype(np.int32)
            .reshape(rows, len(criteria))
            for number in range(3)
        ]
        return Vectors(criteria, creators, eligible, *parts)

    def only(self, creators: Collection[UUID]) -> "Vectors":
        """The rows of some creators."""
        if len(creators) == len(self.creators):
            return self
        kept = np.array([creator in creators for creator in self.creators], dtype=np.bool_)
        return Vectors(
            self.criteria, tuple(creator for creator in self.creators if creator in creators), self.eligible[kept],
            self.values[kept], self.low[kept], self.high[kept],
        )  # fmt: skip

    @staticmethod
    def joined(parts: Sequence["Vectors"]) -> "Vectors":
        """Parts of the same criteria, one behind the other."""
        first = parts[0]
        return Vectors(
            first.criteria,
            tuple(creator for part in parts for creator in part.creators),
            np.concatenate([part.eligible for part in parts]),
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.low for part in parts]),
            np.concatenate([part.high for part in parts]),
        )


@dataclass(frozen=True)
class Totals:
    """Scores of all rows, as `totals.Total` has them for one; `value` is -1 where nothing was scored."""

    value: Numbers
    low: Numbers
    high: Numbers
    known: Numbers


def totals(vectors: Vectors, weights: Mapping[str, int]) -> Totals:
    """The same sums as `totals.total`, to the last digit, for all rows at once."""
    weight = np.array([max(0, weights.get(name, 0)) for name in vectors.criteria], dtype=np.int64)
    values = vectors.values.astype(np.int64)
    scored = values >= 0
    applicable = values != NOT_APPLICABLE
    everything = (applicable * weight).sum(axis=1)
    known = (scored * weight).sum(axis=1)
    amounts = (np.where(scored, values, 0) * weight).sum(axis=1)
    safe_known, safe_all = np.maximum(known, 1), np.maximum(everything, 1)
    value = (2 * amounts + known) // (2 * safe_known)
    low, high = vectors.low.astype(np.int64), vectors.high.astype(np.int64)
    worst = ((applicable & ~scored) * weight).sum(axis=1) * TOP
    middle = (np.where(scored, low + high, 0) * weight).sum(axis=1) + worst
    coarse = np.where(scored, -((low - high) // COARSE), 0) * weight
    reach = _root((coarse * coarse).sum(axis=1)) * COARSE + worst
    bottom = np.maximum((middle - reach) // (2 * safe_all), 0)
    top = np.minimum(-((-(middle + reach)) // (2 * safe_all)), TOP)
    nothing = known == 0
    return Totals(
        np.where(nothing, -1, value),
        np.where(nothing, 0, np.minimum(bottom, value)),
        np.where(nothing, TOP, np.maximum(top, value)),
        np.where(nothing, 0, known * 1_000_000 // safe_all),
    )


def _root(squares: Numbers) -> Numbers:
    """Whole square roots, rounded down, exact where a float's root is off by one."""
    root: Numbers = np.sqrt(squares.astype(np.float64)).astype(np.int64)
    root = np.where(root * root > squares, root - 1, root)
    return np.where((root + 1) * (root + 1) <= squares, root + 1, root)


@dataclass(frozen=True)
class Ranks:
    """`order` lists rows from the best to the last, the ineligible behind; ranks are by row, 0 for the ineligible.

    `best` and `worst` are the ranks that a row could have if every total lay anywhere in its interval.
    """

    order: Numbers
    rank: Numbers
    best: Numbers
    worst: Numbers


def ranks(vectors: Vectors, found: Totals) -> Ranks:
    """Eligible rows by value, then by how much of them is known, then by identifier; the ineligible alike behind."""
    rows = len(vectors.creators)
    by_id = np.empty(rows, dtype=np.int64)
    by_id[sorted(range(rows), key=lambda row: vectors.creators[row].int)] = np.arange(rows)
    order: Numbers = np.lexsort((by_id, -found.known, -found.value, ~vectors.eligible)).astype(np.int64)
    count = int(vectors.eligible.sum())
    rank = np.zeros(rows, dtype=np.int64)
    rank[order[:count]] = np.arange(1, count + 1)
    lows, highs = np.sort(found.low[vectors.eligible]), np.sort(found.high[vectors.eligible])
    above = count - np.searchsorted(lows, found.high, side="right")
    below = np.searchsorted(highs, found.low, side="left")
    return Ranks(order, rank, np.where(vectors.eligible, above + 1, 0), np.where(vectors.eligible, count - below, 0))
