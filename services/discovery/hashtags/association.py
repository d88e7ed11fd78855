"""Which hashtags go together more often than chance, and how much a hashtag tells. Pure.

Accounts are counted, not posts: an account hangs the same tags on every post, so its posts are no independent signs.
Sources: Dunning 1993 (G² for rare events in text), Fisher's exact test, Holm 1979 (many tests), and the relative
entropy of Kullback and Leibler for what a tag tells.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LEAST_ACCOUNTS = 40
"""With fewer accounts nothing is said about how much a tag tells."""
LEAST_USERS = 5
GENERIC_BELOW = 0.2
_ROUNDS = 20

Tags = frozenset[str] | set[str]


class Pair(NamedTuple):
    """How many accounts use a tag, and how many of those use one of the asked tags too."""

    key: str
    users: int
    together: int


class Related(NamedTuple):
    """A tag that goes with the asked ones. `expected` is what chance would have of `together`."""

    key: str
    users: int
    together: int
    expected: float
    log_likelihood: float
    p_value: float


def related(pairs: Sequence[Pair], *, asked_users: int, accounts: int, tests: int, level: float) -> list[Related]:
    """Those pairs whose excess is significant at `level`, the strongest first.

    `tests` is how many tags could have been found (all that are known), not only those that were seen together.
    """
    from scipy import stats  # half a second to import, which every start of the service would pay for this answer

    found = []
    for pair in pairs:
        expected = pair.users * asked_users / accounts if accounts else 0.0
        if pair.together <= expected:
            continue
        p_value = float(stats.hypergeom.sf(pair.together - 1, accounts, asked_users, pair.users))
        strength = log_likelihood(pair.together, pair.users, asked_users, accounts)
        found.append(Related(*pair, expected=expected, log_likelihood=strength, p_value=p_value))
    found.sort(key=lambda one: (one.p_value, one.key))
    corrected: list[Related] = []
    worst = 0.0
    for place, one in enumerate(found):
        worst = max(worst, min(1.0, one.p_value * max(1, tests - place)))
        corrected.append(one._replace(p_value=worst))
    return sorted((one for one in corrected if one.p_value <= level), key=lambda one: (-one.log_likelihood, one.key))


def log_likelihood(together: int, users: int, asked_users: int, accounts: int) -> float:
    """G² of the two-by-two table of accounts that use one, the other, both or neither."""
    observed = np.array(
        [together, users - together, asked_users - together, accounts - users - asked_users + together], np.float64
    )
    rows = np.array([users, users, accounts - users, accounts - users])
    columns = np.array([asked_users, accounts - asked_users, asked_users, accounts - asked_users])
    expected = rows * columns / accounts
    known = (observed > 0) & (expected > 0)
    return max(0.0, float(2 * np.sum(observed[known] * np.log(observed[known] / expected[known]))))


class Sample(NamedTuple):
    """Accounts with the tags that each uses: a sample of all accounts, and of the users of each tag in question."""

    everybody: Sequence[Tags]
    users: Mapping[str, Sequence[Tags]]


def information(sample: Sample, *, users: Mapping[str, int], accounts: int) -> dict[str, float | None]:
    """How much each tag tells, 0 to 1; None where too few accounts are known to say.

    The relative entropy, in nats, of what else its users post to what everybody posts; each account counts once,
    whatever it does. Of that is taken what as many accounts drawn at random would show, since small samples always look
    special, and it is divided by the most that a tag of this size can tell, log(accounts / users): then its users are a
    world of their own. A tag that is used by anybody, such as #love, comes out near 0.
    """
    if accounts < LEAST_ACCOUNTS or len(sample.everybody) < LEAST_ACCOUNTS:
        return dict.fromkeys(users)
    keys = sorted({key for group in (sample.everybody, *sample.users.values()) for one in group for key in one})
    place = {key: number for number, key in enumerate(keys)}
    chance: dict[tuple[int, str], float] = {}
    found: dict[str, float | None] = {}
    for key, number in users.items():
        group = sample.users.get(key, ())
        if number < LEAST_USERS or len(group) < LEAST_USERS:
            found[key] = None
            continue
        background = _distribution(sample.everybody, place, key)
        told = _divergence(_distribution(group, place, key), background)
        size = (len(group), key)
        if size not in chance:
            chance[size] = _by_chance(sample.everybody, place, key, len(group), background)
        most = float(np.log(accounts / number)) if number < accounts else 0.0
        room = most - chance[size]
        found[key] = float(np.clip((told - chance[size]) / room, 0, 1)) if room > 1e-9 else 0.0
    return found


def _distribution(group: Sequence[Tags], place: Mapping[str, int], without: str) -> npt.NDArray[np.float64]:
    shares = np.zeros(len(place))
    for tags in group:
        others = sorted(tags - {without})
        for tag in others:
            shares[place[tag]] += 1 / len(others)
    total = shares.sum()
    return shares / total if total else shares


def _divergence(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> float:
    """Relative entropy of `part` to `whole`, in nats; finite also where `whole`, a sample, has not seen a tag."""
    known = part > 0
    mixed = np.maximum(whole[known], 1e-3 * part[known])
    return float(np.sum(part[known] * np.log(part[known] / mixed)))


def _by_chance(
    everybody: Sequence[Tags], place: Mapping[str, int], key: str, size: int, background: npt.NDArray[np.float64]
) -> float:
    """The divergence of as many accounts at random, on average; the same draws every time."""
    draws = np.random.default_rng(len(everybody))
    rounds = []
    for _ in range(_ROUNDS):
        chosen = draws.choice(len(everybody), min(size, len(everybody)), replace=False)
        rounds.append(_divergence(_distribution([everybody[one] for one in chosen], place, key), background))
    return float(np.mean(rounds))
