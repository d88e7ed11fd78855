"""Which accounts belong to one human, pure: profiles and people's decisions in, groups with their reasons out.

Confidence is a judgement, from 0 to 1, of how hard the evidence is to come by without being the same human. It is no
measured probability: nobody counted how often it is right.

| evidence | confidence | what else it may be |
|---|---|---|
| verified link: the platform checked that the linked page links back | 0.95 | two who share a page, such as a band |
| mutual links: each profile links to the other account | 0.8 | friends, or a maker and their shop |
| same handle, and both profiles name the same site | 0.6 | members of one team, or an impostor who copies a profile |
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from urllib.parse import urlsplit
from uuid import UUID

from shared.rules.identifiers import canonical_handle, canonical_platform_id, canonical_url, host_name, parse_account

# More accounts than this are nobody's: circles of accounts that all link to each other are not taken for one human.
MOST_ACCOUNTS = 12
BLOGS = "blogs"


class Kind(StrEnum):
    """A kind of evidence."""

    VERIFIED = "verified"
    MUTUAL = "mutual"
    SAME_SITE = "same_site"


CONFIDENCE: Mapping[Kind, float] = {Kind.VERIFIED: 0.95, Kind.MUTUAL: 0.8, Kind.SAME_SITE: 0.6}
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Link:
    """A link on a profile; `verified` when its platform checked that the page links back."""

    url: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What an account says of itself."""

    id: UUID
    platform: str
    platform_id: str
    handle: str | None = None
    url: str | None = None
    website: str | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why two accounts are thought to be of one human; the reasons are written for the first and for the second."""

    pair: Pair
    kind: Kind
    reasons: tuple[str, str]

    @property
    def confidence(self) -> float:
        return CONFIDENCE[self.kind]

    def reason_of(self, account: UUID) -> str:
        return self.reasons[self.pair.index(account)]


@dataclass(frozen=True, slots=True)
class Member:
    """An account of a group with the strongest evidence that ties it to another account of the group."""

    id: UUID
    reason: str
    confidence: float


def pair_of(one: UUID, other: UUID) -> Pair:
    """Two accounts in the one order in which they are kept."""
    return (one, other) if one.int < other.int else (other, one)


def address(url: str) -> str | None:
    """A web address in the one form in which two are compared, without scheme; None when it is none."""
    try:
        parts = urlsplit(canonical_url(url))
        host = host_name(parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return f"{host}{parts.path.rstrip('/')}{'?' + parts.query if parts.query else ''}"


def keys_of(profile: Profile) -> set[str]:
    """Everything by which a link can mean this account."""
    found = {f"{profile.platform}#{canonical_platform_id(profile.platform, profile.platform_id)}"}
    if profile.handle:
        handle = canonical_handle(profile.platform, profile.handle)
        if profile.platform != "mastodon" or "@" in handle:  # a name without its server could be anybody's
            found.add(f"{profile.platform}@{handle}")
    if profile.url and (own := address(profile.url)):
        found.add(own)
    return found


def keys_meant(url: str) -> set[str]:
    """Everything that a link may mean: its address, and the account whose profile it is."""
    found = {own} if (own := address(url)) else set()
    try:
        account = parse_account(url)
    except ValueError:
        return found
    if account.platform and account.handle:
        found.add(f"{account.platform}@{account.handle}")
    if account.platform and account.platform_id:
        found.add(f"{account.platform}#{account.platform_id}")
    return found


def evidence(profiles: Sequence[Profile]) -> list[Evidence]:
    """The strongest evidence for every pair of accounts at different places, in the order of the pairs."""
    by_id = {one.id: one for one in profiles}
    owners: dict[str, set[UUID]] = defaultdict(set)
    for one in profiles:
        for key in keys_of(one):
            owners[key].add(one.id)
    best: dict[Pair, Evidence] = {}
    meant = {one.id: _meant(one, owners) for one in profiles}
    for one in profiles:
        for other, verified in meant[one.id].items():
            if verified:
                _keep(best, _verified(one, by_id[other]))
            elif one.id in meant[other]:
                _keep(best, _mutual(one, by_id[other]))
    for one_id, other_id, site in _same_site(profiles):
        _keep(best, _named_alike(by_id[one_id], by_id[other_id], site))
    return [
        found
        for pair, found in sorted(best.items(), key=lambda item: (item[0][0].int, item[0][1].int))
        if _place(by_id[pair[0]]) != _place(by_id[pair[1]])
    ]


def _meant(profile: Profile, owners: Mapping[str, set[UUID]]) -> dict[UUID, bool]:
    """The accounts to which a profile links, and whether such a link is verified."""
    found: dict[UUID, bool] = {}
    links = [*profile.links, *([Link(profile.website)] if profile.website else ())]
    for link in links:
        for key in keys_meant(link.url):
            for owner in owners.get(key, ()):
                if owner != profile.id:
                    found[owner] = found.get(owner, False) or link.verified
    return found


def _place(profile: Profile) -> str:
    """Where an account lives: accounts of one place are compared by nobody, since a human has one there."""
    own = address(profile.url) if profile.url else None
    return own.partition("/")[0] if own else profile.platform


def _same_site(profiles: Sequence[Profile]) -> Iterable[tuple[UUID, UUID, str]]:
    """Pairs of accounts of the same handle that name the same site, and that site."""
    alike: dict[tuple[str, str], list[UUID]] = defaultdict(list)
    for one in profiles:
        name = _bare(one)
        if name:
            for site in _sites(one):
                alike[name, site].append(one.id)
    for (_, site), ids in sorted(alike.items()):
        if len(ids) <= MOST_ACCOUNTS:
            for first, second in combinations(ids, 2):
                yield first, second, site


def _bare(profile: Profile) -> str | None:
    """The handle without its server, as a human chooses it anew on every platform."""
    if not profile.handle:
        return None
    handle = canonical_handle(profile.platform, profile.handle)
    if profile.platform == "mastodon":
        return handle.partition("@")[0]
    return handle.removesuffix(".bsky.social") if profile.platform == "bluesky" else handle


def _sites(profile: Profile) -> set[str]:
    """Sites of their own that a profile names; a profile on a platform is none."""
    named = [link.url for link in profile.links] + ([profile.website] if profile.website else [])
    found = set()
    for url in named:
        try:
            is_site = parse_account(url).platform == BLOGS
        except ValueError:
            continue
        if is_site and (own := address(url)):
            found.add(own)
    return found


def _keep(best: dict[Pair, Evidence], found: Evidence) -> None:
    known = best.get(found.pair)
    if known is None or known.confidence < found.confidence:
        best[found.pair] = found


def _both(one: Profile, other: Profile, kind: Kind, for_one: str, for_other: str) -> Evidence:
    pair = pair_of(one.id, other.id)
    return Evidence(pair, kind, (for_one, for_other) if pair[0] == one.id else (for_other, for_one))


def _verified(one: Profile, other: Profile) -> Evidence:
    return _both(
        one, other, Kind.VERIFIED,
        f"links to the account on {other.platform}, and {one.platform} verified that it links back",
        f"the account on {one.platform} links here, and {one.platform} verified that this page links back",
    )  # fmt: skip


def _mutual(one: Profile, other: Profile) -> Evidence:
    return _both(
        one, other, Kind.MUTUAL,
        f"links to the account on {other.platform}, which links back",
        f"links to the account on {one.platform}, which links back",
    )  # fmt: skip


def _named_alike(one: Profile, other: Profile, site: str) -> Evidence:
    shown = site if len(site) <= 200 else f"{site[:200]}…"
    return _both(
        one, other, Kind.SAME_SITE,
        f"has the handle of the account on {other.platform}, and both name the site {shown}",
        f"has the handle of the account on {one.platform}, and both name the site {shown}",
    )  # fmt: skip


def grouped(
    found: Sequence[Evidence], *, confirmed: Iterable[Sequence[UUID]] = (), cuts: Iterable[Pair] = ()
) -> list[list[Member]]:
    """Groups of accounts, each the accounts of one human, in a fixed order; people's decisions come first.

    The strongest evidence joins first. Nothing joins two accounts that somebody cut, even by way of others, nor two
    groups that somebody confirmed, nor more than MOST_ACCOUNTS. Confirmed accounts stay together without evidence.
    """
    apart = {pair_of(*pair) for pair in cuts}
    group_of: dict[UUID, set[UUID]] = {}
    fixed: set[UUID] = set()
    for accounts in confirmed:
        together = set(accounts)
        fixed |= together
        group_of |= dict.fromkeys(together, together)
    strongest_first = sorted(found, key=lambda each: (-each.confidence, each.pair[0].int, each.pair[1].int))
    for one in strongest_first:
        left, right = (group_of.setdefault(account, {account}) for account in one.pair)
        if left is right or len(left) + len(right) > MOST_ACCOUNTS or (left & fixed and right & fixed):
            continue
        if any(pair_of(first, second) in apart for first in left for second in right):
            continue
        left |= right
        group_of |= dict.fromkeys(right, left)
    groups = {id(group): group for group in group_of.values() if len(group) > 1 or group & fixed}
    reasons = _reasons(strongest_first, group_of)
    return sorted(
        ([reasons.get(one) or Member(one, "", 1.0) for one in sorted(group, key=_number)] for group in groups.values()),
        key=lambda members: members[0].id.int,
    )


def _number(account: UUID) -> int:
    return account.int


def _reasons(strongest_first: Sequence[Evidence], group_of: Mapping[UUID, set[UUID]]) -> dict[UUID, Member]:
    reasons: dict[UUID, Member] = {}
    for one in strongest_first:
        first, second = one.pair
        if group_of[first] is group_of[second]:
            for account in one.pair:
                reasons.setdefault(account, Member(account, one.reason_of(account), one.confidence))
    return reasons
