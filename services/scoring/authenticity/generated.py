"""Seeded accounts of known make, the second training source beside published ones: creators, readers, farms, bots."""

import math
import random
from collections.abc import Iterator

from services.scoring.authenticity.account_model import Account


def accounts(count: int, seed: int) -> Iterator[tuple[Account, bool]]:
    """(account, is real) pairs, half of each. Ranges are ours; they overlap on purpose."""
    rng = random.Random(seed)  # noqa: S311  # repeatable accounts, no secret
    makers = (_creator, _reader, _farm, _bot, _aged_bot)
    for number in range(count):
        real = number % 2 == 0
        maker = rng.choice(makers[:2] if real else makers[2:])
        yield maker(rng), real


def _log_normal(rng: random.Random, median: float, spread: float) -> int:
    return int(median * math.exp(rng.gauss(0, spread)))


def _creator(rng: random.Random) -> Account:
    return Account(
        _log_normal(rng, 6_000, 1.2), _log_normal(rng, 700, 0.9), _log_normal(rng, 420, 1.1), rng.random() < 0.95,
        rng.random() < 0.98, rng.random() < 0.6, _log_normal(rng, 1_500, 0.6),
    )  # fmt: skip


def _reader(rng: random.Random) -> Account:
    """Someone who follows and comments and posts little: the hardest to tell from a bot."""
    return Account(
        _log_normal(rng, 120, 1.3), _log_normal(rng, 260, 1.0), _log_normal(rng, 25, 1.6), rng.random() < 0.6,
        rng.random() < 0.9, rng.random() < 0.1, _log_normal(rng, 1_200, 0.8),
    )  # fmt: skip


def _farm(rng: random.Random) -> Account:
    """A bought follower: follows thousands, is followed by few."""
    return Account(
        _log_normal(rng, 25, 1.2), _log_normal(rng, 2_200, 0.8), _log_normal(rng, 3, 1.2), rng.random() < 0.3,
        rng.random() < 0.7, rng.random() < 0.03, _log_normal(rng, 200, 0.9),
    )  # fmt: skip


def _bot(rng: random.Random) -> Account:
    return Account(
        _log_normal(rng, 60, 1.5), _log_normal(rng, 900, 1.3), _log_normal(rng, 12, 1.8), rng.random() < 0.5,
        rng.random() < 0.75, rng.random() < 0.25, _log_normal(rng, 150, 1.0),
    )  # fmt: skip


def _aged_bot(rng: random.Random) -> Account:
    """An old account that was taken over: everything but the ratio looks real."""
    return Account(
        _log_normal(rng, 300, 1.2), _log_normal(rng, 1_800, 0.9), _log_normal(rng, 60, 1.3), rng.random() < 0.7,
        rng.random() < 0.9, rng.random() < 0.15, _log_normal(rng, 1_300, 0.7),
    )  # fmt: skip
