"""The generated archive: a few hundred creators in several niches, their fans, and the usual noise. Seeded."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.console.example import niches
from services.console.example.niches import ASKED, NICHES, Niche

SEED = 20_260_101
PLATFORMS = ("instagram", "tiktok", "youtube")
_SYLLABLES = (
    "an",
    "bel",
    "cor",
    "dal",
    "em",
    "fin",
    "gre",
    "hol",
    "is",
    "jun",
    "kit",
    "lor",
    "mar",
    "nel",
    "ol",
    "pim",
)


@dataclass(frozen=True)
class Account:
    """A generated account and the part that it plays."""

    platform: str
    id: str
    handle: str
    role: str
    niche: Niche
    followers: int
    bio: str


@dataclass
class Archive:
    """Lines of NDJSON, and what was planted: the good matches that a search should find."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    planted: set[tuple[str, str]] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)

    def ndjson(self) -> Iterator[bytes]:
        for line in self.lines:
            yield json.dumps(line, ensure_ascii=False).encode() + b"\n"


def generate(*, seed: int = SEED, now: datetime | None = None) -> Archive:
    """The archive of the example campaign. The same seed and day give the same lines.

    Planted per platform in the asked niche: fourteen good matches inside the follower band, with posts of their own on
    the topic and honest engagement. Three of them use the brief's hashtags; the others are found only because they
    talk under the posts of those, or of each other. Around them: other niches, fans, creators outside the band,
    giveaway accounts under which everybody comments, pods that comment on each other, and accounts with bought
    followers.
    """
    rng = random.Random(seed)  # noqa: S311  # a repeatable example, no secret
    return _Generator(rng, now or datetime.now(UTC)).run()


class _Generator:
    def __init__(self, rng: random.Random, now: datetime) -> None:
        self.rng = rng
        self.today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.archive = Archive()
        self.used: set[str] = set()
        self.posts: dict[str, list[tuple[str, datetime]]] = {}
        self.accounts: list[Account] = []

    def run(self) -> Archive:
        for platform in PLATFORMS:
            self._platform(platform)
        self.rng.shuffle(self.archive.lines)  # an archive comes in any order
        for account in self.accounts:
            self.archive.counts[account.role] = self.archive.counts.get(account.role, 0) + 1
        return self.archive

    def _platform(self, platform: str) -> None:
        people: dict[str, dict[str, list[Account]]] = {}
        for niche in NICHES:
            asked = niche.key == ASKED
            cast = {
                "planted": [
                    self._account(platform, "planted", niche, (2_000, 60_000)) for _ in range(8 if asked else 0)
                ],
                "creator": [
                    self._account(platform, "creator", niche, (1_500, 80_000)) for _ in range(6 if asked else 18)
                ],
                "outside": [self._account(platform, "outside", niche, (150_000, 2_000_000)) for _ in range(2)]
                + [self._account(platform, "outside", niche, (40, 700)) for _ in range(2)],
                "bought": [self._account(platform, "bought", niche, (30_000, 90_000)) for _ in range(2)],
                "pod": [self._account(platform, "pod", niche, (4_000, 30_000)) for _ in range(5)],
                "fan": [self._account(platform, "fan", niche, (20, 600)) for _ in range(60)],
            }
            people[niche.key] = cast
            self._publish(cast, asked=asked)
        giveaway = self._account(platform, "giveaway", NICHES[0], (20_000, 90_000))
        self._post(giveaway, "GIVEAWAY time! Follow, like and tag two friends to win", ["giveaway", "win"], count=12)
        for cast in people.values():
            self._talk(cast)
        everybody = [account for cast in people.values() for group in cast.values() for account in group]
        for account in self.rng.sample(everybody, len(everybody) * 2 // 3):
            self._comment(account, giveaway, self.rng.choice(niches.ENTRY_COMMENTS))

    def _account(self, platform: str, role: str, niche: Niche, band: tuple[int, int]) -> Account:
        rng = self.rng
        while True:
            handle = "".join(rng.choices(_SYLLABLES, k=3)) + str(rng.randrange(10, 99))
            if handle not in self.used:
                break
        self.used.add(handle)
        followers = round(band[0] * (band[1] / band[0]) ** rng.random())
        account = Account(
            platform, f"{platform[:2]}-{len(self.used):05d}", handle, role, niche, followers,
            rng.choice(niche.bios) if role != "fan" else "",
        )  # fmt: skip
        self.accounts.append(account)
        if role == "planted" or (role == "creator" and niche.key == ASKED):
            self.archive.planted.add((platform, account.id))
        contact = f"{handle}@mail.example" if role in {"planted", "creator"} and rng.random() < 0.5 else None
        self.archive.lines.append(
            {
                "kind": "creator", "platform": platform, "platform_id": account.id, "handle": handle,
                "bio_text": f"{account.bio}. Contact: {contact}" if contact else account.bio,
                "followers": followers, "following": rng.randrange(100, 900),
            }
        )  # fmt: skip
        return account

    def _publish(self, cast: dict[str, list[Account]], *, asked: bool) -> None:
        for place, account in enumerate(cast["planted"]):
            # Three of eight use the brief's hashtags; the others tag with words of their own.
            tags = account.niche.hashtags[:3] if place < 3 else account.niche.hashtags[3:]
            self._topic_posts(account, tags, rate=(0.03, 0.09))
            if place % 2:
                self._post(account, self.rng.choice(niches.BRAND_POSTS), list(tags[:1]), count=2, rate=(0.03, 0.09))
        for account in cast["creator"]:
            self._topic_posts(
                account, account.niche.hashtags[2:] if asked else account.niche.hashtags, rate=(0.01, 0.06)
            )
        for account in [*cast["outside"], *cast["pod"]]:
            self._topic_posts(account, account.niche.hashtags, rate=(0.005, 0.03))
        for account in cast["bought"]:
            self._topic_posts(account, account.niche.hashtags, rate=(0.0005, 0.002))

    def _topic_posts(self, account: Account, tags: tuple[str, ...], *, rate: tuple[float, float]) -> None:
        for _ in range(self.rng.randrange(8, 15)):
            if self.rng.random() < 0.12:
                self._post(account, self.rng.choice(niches.ASIDES), [], rate=rate)
            else:
                text = self.rng.choice(account.niche.posts).format(n=self.rng.randrange(3, 60))
                self._post(account, text, self.rng.sample(tags, min(len(tags), 2)), rate=rate)

    def _post(
        self, account: Account, text: str, tags: list[str], *, count: int = 1, rate: tuple[float, float] = (0.01, 0.04)
    ) -> None:
        rng = self.rng
        for _ in range(count):
            written = self.posts.setdefault(account.id, [])
            post_id = f"{account.id}-p{len(written):03d}"
            at = self.today - timedelta(days=rng.random() * 85 + 1)
            written.append((post_id, at))
            likes = round(account.followers * rng.uniform(*rate) * rng.lognormvariate(0, 0.5))
            line: dict[str, Any] = {
                "kind": "post", "platform": account.platform, "platform_id": post_id, "author_id": account.id,
                "text": " ".join([text, *(f"#{tag}" for tag in tags)]), "hashtags": tags, "created_at": at.isoformat(),
                "likes": likes, "comments": round(likes * rng.uniform(0.02, 0.1)),
            }  # fmt: skip
            if account.platform != "instagram":  # instagram shows no views: unknown, not zero
                line["views"] = round(account.followers * rng.uniform(0.3, 1.4)) + likes
            self.archive.lines.append(line)

    def _talk(self, cast: dict[str, list[Account]]) -> None:
        rng = self.rng
        tagged, untagged = cast["planted"][:3], cast["planted"][3:]
        peers = [*cast["planted"], *cast["creator"]]
        # Five of the planted use no asked hashtag: three talk under the tagged ones, two under those three.
        for account, under in [
            *((one, tagged) for one in untagged[:3]),
            *((one, untagged[:3]) for one in untagged[3:]),
        ]:
            for target in under:
                self._comments(account, target, account.niche.comments, (3, 7))
        for account in peers:
            for target in rng.sample([peer for peer in peers if peer is not account], min(4, len(peers) - 1)):
                if account.role == "planted" and target.role == "planted" and account in untagged[3:]:
                    continue
                self._comments(account, target, account.niche.comments, (1, 4))
        for account in cast["fan"]:
            for target in rng.sample(peers, 4):
                self._comments(account, target, account.niche.comments, (1, 3))
            self._comments(account, rng.choice(cast["outside"]), niches.GENERIC_COMMENTS, (1, 2))
        for account in cast["pod"]:
            for target in cast["pod"]:
                if account is not target:
                    self._comments(account, target, niches.GENERIC_COMMENTS, (6, 12))
        for target in cast["bought"]:
            for account in rng.sample(cast["fan"], 5):
                self._comments(account, target, niches.GENERIC_COMMENTS, (1, 2))

    def _comments(self, account: Account, target: Account, texts: tuple[str, ...], times: tuple[int, int]) -> None:
        for _ in range(self.rng.randrange(*times)):
            self._comment(account, target, self.rng.choice(texts))

    def _comment(self, account: Account, target: Account, text: str) -> None:
        post_id, at = self.rng.choice(self.posts[target.id])
        self.archive.lines.append(
            {
                "kind": "comment", "platform": account.platform, "post_id": post_id, "author_id": account.id,
                "author_handle": account.handle, "text": text,
                "created_at": (at + timedelta(minutes=self.rng.randrange(5, 1400))).isoformat(),
            }
        )  # fmt: skip


def brief() -> dict[str, Any]:
    """The brief of the example campaign: a small brand of running shoes looks for trail runners."""
    return {
        "name": "Spring on the fells",
        "brand": {"name": niches.BRAND, "products": ["Ridge 2"], "competitors": ["Cragfoot"]},
        "topics": ["trail running", "fell running", "mountain running"],
        "hashtags": ["#trailrunning", "#fellrunning"],
        "audience": {"segments": [{"languages": ["en"], "interests": ["running"]}]},
        "follower_band": {"min": 1_000, "max": 100_000},
        "active_within_days": 90,
        "goals": [{"stage": "conversion", "metric": "conversions", "target": 40}],
        "disclosure": {"text": "#ad"},
        "timezone": "Europe/London",
    }
