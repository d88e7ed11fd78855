"""A generated network of creators, audiences and nuisances with known niches: what the ranking is measured on.

The comments follow a degree-corrected block model (Karrer and Newman 2011, Physical Review E 83, 016107): an account's
activity and an author's popularity are heavy-tailed, and who comments where depends on the blocks of both. The
nuisances of real platforms are added on top. Nothing here reads the ranking, and it knows none of these constants.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Role(IntEnum):
    """What an account does on the network; one role each."""

    AUDIENCE = 0  # comments, has fewer than three posts of its own
    NICHE = 1  # creates for one niche
    GENERAL = 2  # creates about life in general, for everybody
    CELEBRITY = 3
    GIVEAWAY = 4  # "comment to win": everybody comments, tags of every niche
    EVERYWHERE = 5  # comments on everything to be seen
    TAG_SPAMMER = 6  # hangs popular hashtags of many niches on everything
    SPAM_POD = 7  # comments for comments, under the hashtags of one or two niches


@dataclass(frozen=True)
class Shape:
    """How many of each, and how far interests leak. Shares are of one account's comments."""

    accounts: int = 20_000
    niches: int = 28
    niche_creators: tuple[int, int] = (60, 200)  # in the follower band, uniform
    outside_band_share: float = 0.25  # further niche creators below 1,000 or above 100,000 followers
    general_creators: int = 1_500
    celebrities: int = 60
    giveaways: int = 40
    everywhere: int = 150
    tag_spammers: int = 120
    spam_pods: int = 8
    niche_pods: int = 8  # pods whose members all belong to one niche
    mixed_pods: int = 8  # pods of creators of several niches
    pod_members: tuple[int, int] = (8, 20)
    activity: float = 1.0  # factor on everybody's comments: how much of the conversation the sample holds
    homeless_audience: float = 0.3  # audience accounts without a home niche
    second_home: float = 0.3
    home_share: tuple[float, float] = (4.0, 4.0)  # Beta: audience's comments in the home niche
    creator_home_share: tuple[float, float] = (5.0, 4.0)
    away: tuple[float, float, float, float, float] = (
        0.2,
        0.3,
        0.2,
        0.1,
        0.2,
    )  # sibling, general, celebrity, giveaway, any niche
    replied: float = 0.15  # comments between creators that are answered under the other's post
    unknown_followers: float = 0.08
    tags_per_niche: int = 12
    tags_shared_with_sibling: int = 2
    untagged_creators: float = 0.15  # niche creators who use no hashtag of their niche
    generic_tags: int = 30


VARIANTS = {
    "default": Shape(),
    "a third of the comments seen": Shape(activity=1 / 3),
    "leaky": Shape(home_share=(2.0, 5.0), creator_home_share=(2.5, 5.0)),
    "no spammers, no pods": Shape(tag_spammers=0, spam_pods=0, niche_pods=0, mixed_pods=0, everywhere=0, giveaways=1),
    "twice the pods and spammers": Shape(tag_spammers=240, spam_pods=16, niche_pods=16, mixed_pods=16),
}


@dataclass(frozen=True)
class Network:
    """Edges are commenter to author, with the number of comments. Followers are nan where the platform hides them."""

    accounts: int
    source: Ints
    target: Ints
    comments: Ints
    tag_account: Ints
    tag: Ints
    tag_uses: Ints
    tag_names: tuple[str, ...]
    role: Ints
    niche: Ints  # a creator's niche, an audience account's home; -1: none
    followers: Floats
    true_followers: Floats
    niche_tags: tuple[tuple[int, ...], ...]  # most popular first

    @property
    def eligible(self) -> Flags:
        """What every method may return: publishes, and is not known to lie outside 1,000 to 100,000 followers."""
        outside = (self.followers < 1_000) | (self.followers > 100_000)
        return np.asarray((self.role != Role.AUDIENCE) & ~outside)

    def wanted(self, niche: int) -> Flags:
        """In-band creators of a niche."""
        in_band = (self.true_followers >= 1_000) & (self.true_followers <= 100_000)
        return np.asarray((self.role == Role.NICHE) & (self.niche == niche) & in_band)


def generate(rng: np.random.Generator, shape: Shape | None = None) -> Network:
    """Draw one network. The same generator state gives the same network."""
    shape = shape or Shape()
    role, niche, pod = _roles(rng, shape)
    followers = _followers(rng, shape, role, niche)
    source, target, comments = _comments(rng, shape, role, niche, pod, followers)
    tag_account, tag, uses, niche_tags, names = _hashtags(rng, shape, role, niche, pod)
    hidden = rng.random(shape.accounts) < shape.unknown_followers
    return Network(
        shape.accounts,
        source,
        target,
        comments,
        tag_account,
        tag,
        uses,
        names,
        role,
        niche,
        np.where(hidden, np.nan, followers),
        followers,
        niche_tags,
    )


def _roles(rng: np.random.Generator, shape: Shape) -> tuple[Ints, Ints, Ints]:
    """Each account's role, niche and spam pod (-1: none)."""
    role: list[int] = []
    niche: list[int] = []
    spam: list[int] = []
    low, high = shape.niche_creators
    for number in range(shape.niches):
        size = round(int(rng.integers(low, high + 1)) * (1 + shape.outside_band_share))
        role += [Role.NICHE] * size
        niche += [number] * size
    for kind, count in (
        (Role.GENERAL, shape.general_creators),
        (Role.CELEBRITY, shape.celebrities),
        (Role.GIVEAWAY, shape.giveaways),
        (Role.EVERYWHERE, shape.everywhere),
        (Role.TAG_SPAMMER, shape.tag_spammers),
    ):
        role += [kind] * count
        niche += [-1] * count
    for pod in range(shape.spam_pods):
        size = int(rng.integers(shape.pod_members[0], shape.pod_members[1] + 1))
        role += [Role.SPAM_POD] * size
        niche += [-1] * size
        spam += [pod] * size
    rest = shape.accounts - len(role)
    if rest < 0:
        raise ValueError("more creators than accounts")
    role += [Role.AUDIENCE] * rest
    home = rng.integers(0, shape.niches, rest)
    niche += np.where(rng.random(rest) < shape.homeless_audience, -1, home).tolist()
    order = rng.permutation(shape.accounts)  # an account's index tells nothing
    pods = np.full(shape.accounts, -1)
    pods[np.array(role) == Role.SPAM_POD] = spam
    return np.array(role)[order], np.array(niche)[order], pods[order]


def _followers(rng: np.random.Generator, shape: Shape, role: Ints, niche: Ints) -> Floats:
    n = shape.accounts
    in_band = np.clip(np.exp(rng.normal(np.log(8_000), 1.1, n)), 1_000, 100_000)
    followers = in_band.copy()
    audience = role == Role.AUDIENCE
    followers[audience] = np.exp(rng.normal(np.log(150), 1.2, int(audience.sum())))
    followers[role == Role.CELEBRITY] = np.exp(rng.normal(np.log(2e6), 0.8, int((role == Role.CELEBRITY).sum())))
    for number in range(shape.niches):
        members = np.flatnonzero((role == Role.NICHE) & (niche == number))
        outside = rng.choice(
            members, round(len(members) * shape.outside_band_share / (1 + shape.outside_band_share)), replace=False
        )
        large = outside[: max(3, len(outside) // 4)]
        followers[outside] = rng.uniform(200, 1_000, len(outside))
        followers[large] = np.clip(np.exp(rng.normal(np.log(250_000), 0.6, len(large))), 100_001, 2e6)
    return followers


def _comments(
    rng: np.random.Generator, shape: Shape, role: Ints, niche: Ints, pod: Ints, followers: Floats
) -> tuple[Ints, Ints, Ints]:
    n = shape.accounts
    audience, creator, spam = role == Role.AUDIENCE, role == Role.NICHE, role == Role.SPAM_POD
    publishes = ~audience
    draws = rng.poisson(np.minimum(_activity(rng, role), 400) * shape.activity)
    # popularity grows more slowly than followers, with a spread that followers do not explain
    popularity = followers**0.7 * np.exp(rng.normal(0, 0.8, n))
    popularity[audience] = 0

    sibling = _siblings(shape)
    who = np.repeat(np.arange(n), draws)
    home = np.where(creator | audience, niche, -1)
    first_niche = np.array([near[0] for near in _pod_niches(shape)], np.int64)
    home[spam] = first_niche[pod[spam]]
    second = np.where(rng.random(n) < shape.second_home, rng.integers(0, shape.niches, n), home)
    share = np.where(creator, rng.beta(*shape.creator_home_share, n), rng.beta(*shape.home_share, n))
    share[home < 0] = 0
    share[spam] = 0.4

    at_home = rng.random(len(who)) < share[who]
    base = home[who]
    base = np.where(audience[who] & (base >= 0) & (rng.random(len(who)) < 0.35), second[who], base)
    away = rng.choice(5, len(who), p=np.array(shape.away))
    away[role[who] == Role.EVERYWHERE] = 4
    away = np.where((away == 0) & (base < 0), 4, away)
    anywhere = rng.integers(0, shape.niches, len(who))
    # blocks: niches first, then general, celebrity, giveaway, and the other accounts that publish
    block = np.select(
        [at_home, away == 0, away == 1, away == 2, away == 3],
        [base, sibling[np.maximum(base, 0)], shape.niches, shape.niches + 1, shape.niches + 2],
        anywhere,
    )
    block = np.where((away == 1) & ~at_home & (rng.random(len(who)) < 0.15), shape.niches + 3, block)
    block_of = np.select(
        [creator, role == Role.GENERAL, role == Role.CELEBRITY, role == Role.GIVEAWAY, audience],
        [niche, shape.niches, shape.niches + 1, shape.niches + 2, -1],
        shape.niches + 3,
    )
    block = np.where((block == shape.niches + 3) & ~(block_of == shape.niches + 3).any(), shape.niches, block)
    whom = np.empty(len(who), np.int64)
    for number in range(shape.niches + 4):
        members = np.flatnonzero(block_of == number)
        here = np.flatnonzero(block == number)
        if len(here) == 0:
            continue
        weights = popularity[members]
        whom[here] = rng.choice(members, len(here), p=weights / weights.sum())
    times = 1 + np.floor(np.exp(rng.normal(-1.0, 1.2, len(who)))).astype(np.int64)
    answered = (
        publishes[who] & publishes[whom] & (role[whom] != Role.CELEBRITY) & (rng.random(len(who)) < shape.replied)
    )
    pod_source, pod_target, pod_times = _pod_comments(rng, shape, role, niche, pod)
    return _aggregate(
        np.concatenate([who, whom[answered], pod_source]),
        np.concatenate([whom, who[answered], pod_target]),
        np.concatenate([times, np.ones(int(answered.sum()), np.int64), pod_times]),
        n,
    )


def _activity(rng: np.random.Generator, role: Ints) -> Floats:
    """Comments that an account writes in the sampled time: log-normal, with medians of 4, 10, 150 and 2.5."""
    activity = np.exp(rng.normal(np.log(4.0), 1.1, len(role)))
    for kind, median, spread in ((Role.EVERYWHERE, 150.0, 0.5), (Role.CELEBRITY, 2.5, 0.5)):
        here = role == kind
        activity[here] = np.exp(rng.normal(np.log(median), spread, int(here.sum())))
    rest = (role != Role.AUDIENCE) & (role != Role.EVERYWHERE) & (role != Role.CELEBRITY)
    activity[rest] = np.exp(rng.normal(np.log(10.0), 1.0, int(rest.sum())))
    return np.asarray(activity)


def _pod_comments(
    rng: np.random.Generator, shape: Shape, role: Ints, niche: Ints, pod: Ints
) -> tuple[Ints, Ints, Ints]:
    low, high = shape.pod_members

    def some(members: Ints) -> Ints:
        return np.asarray(rng.choice(members, int(rng.integers(low, high + 1)), replace=False))

    creators = np.flatnonzero(role == Role.NICHE)
    pods = [np.flatnonzero(pod == number) for number in range(shape.spam_pods)]
    pods += [some(creators[niche[creators] == rng.integers(0, shape.niches)]) for _ in range(shape.niche_pods)]
    pods += [some(creators) for _ in range(shape.mixed_pods)]
    sources: list[Ints] = [np.zeros(0, np.int64)]
    targets: list[Ints] = [np.zeros(0, np.int64)]
    for members in pods:
        first, second = np.meshgrid(members, members)
        kept = (first != second) & (rng.random(first.shape) < 0.8)
        sources.append(first[kept])
        targets.append(second[kept])
    source, target = np.concatenate(sources), np.concatenate(targets)
    return source, target, rng.integers(3, 25, len(source))


def _hashtags(
    rng: np.random.Generator, shape: Shape, role: Ints, niche: Ints, pod: Ints
) -> tuple[Ints, Ints, Ints, tuple[tuple[int, ...], ...], tuple[str, ...]]:
    per_niche, shared = shape.tags_per_niche, shape.tags_shared_with_sibling
    total = shape.niches * per_niche
    names = [f"niche{tag // per_niche}tag{tag % per_niche}" for tag in range(total)]
    names += [f"generic{number}" for number in range(shape.generic_tags)]
    popularity = 1.0 / np.arange(1, per_niche + 1)
    niche_tags: list[list[int]] = [list(range(k * per_niche, (k + 1) * per_niche)) for k in range(shape.niches)]
    for one, other in enumerate(_siblings(shape)):
        if one < other:  # the sibling borrows two of the popular tags, in its own middle ranks
            niche_tags[other][3 : 3 + shared] = niche_tags[one][1 : 1 + shared]
    everything = np.array([tags[rank] for tags in niche_tags for rank in range(per_niche)])
    everything_weight = np.tile(popularity, shape.niches)
    everything_weight /= everything_weight.sum()
    generic_weight = 1.0 / np.arange(1, shape.generic_tags + 1)
    generic_weight /= generic_weight.sum()
    pods_near = _pod_niches(shape)
    accounts: list[int] = []
    tags: list[int] = []
    uses: list[int] = []

    def use(account: int, chosen: npt.ArrayLike, mean: float) -> None:
        for tag in np.unique(np.asarray(chosen)):
            accounts.append(account)
            tags.append(int(tag))
            uses.append(int(rng.geometric(1 / mean)))

    for account in np.flatnonzero(role != Role.AUDIENCE).tolist():
        kind = role[account]
        use(account, total + rng.choice(shape.generic_tags, rng.poisson(3), p=generic_weight), 4)
        if kind == Role.NICHE:
            own = np.array(niche_tags[niche[account]])
            if rng.random() >= shape.untagged_creators:
                use(account, rng.choice(own, 1 + rng.poisson(2), p=popularity / popularity.sum()), 6)
            use(account, rng.choice(everything, rng.poisson(0.3), p=everything_weight), 2)
        elif kind == Role.GENERAL:
            use(account, rng.choice(everything, rng.poisson(1.0), p=everything_weight), 2)
        elif kind in (Role.GIVEAWAY, Role.TAG_SPAMMER):
            use(account, rng.choice(everything, rng.integers(15, 50), p=everything_weight), 4)
        elif kind == Role.SPAM_POD:
            near = pods_near[pod[account]]
            use(account, rng.choice([tag for k in near for tag in niche_tags[k][:4]], 4), 6)
    return (
        np.array(accounts),
        np.array(tags),
        np.array(uses),
        tuple(tuple(tags_) for tags_ in niche_tags),
        tuple(names),
    )


def _siblings(shape: Shape) -> Ints:
    numbers = np.arange(shape.niches)
    return np.where(numbers % 2 == 0, np.minimum(numbers + 1, shape.niches - 1), numbers - 1)


def _pod_niches(shape: Shape) -> list[tuple[int, int]]:
    """The two niches whose hashtags and creators each spam pod frequents: fixed by the pod's number."""
    return [((2 * pod) % shape.niches, (2 * pod + 5) % shape.niches) for pod in range(shape.spam_pods)]


def _aggregate(source: Ints, target: Ints, times: Ints, accounts: int) -> tuple[Ints, Ints, Ints]:
    kept = source != target
    key, place = np.unique(source[kept] * accounts + target[kept], return_inverse=True)
    summed = np.bincount(place, weights=times[kept]).astype(np.int64)
    return key // accounts, key % accounts, summed
