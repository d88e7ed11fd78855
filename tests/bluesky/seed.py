"""A seeded Bluesky network with one asked niche whose creators are known, for journeys against the real network."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HASHTAG = "#TrailRunning"
FOLLOWER_BAND = (5, 25)
"""The smallest and largest follower count of a creator in band: as small as a network of some 70 accounts allows."""

_FIRST_NAMES = [
    "anna",
    "ben",
    "carla",
    "david",
    "elena",
    "felix",
    "greta",
    "hugo",
    "ida",
    "jonas",
    "kaja",
    "leon",
    "mara",
    "nils",
    "olga",
    "paul",
]
_LAST_NAMES = [
    "keller",
    "novak",
    "lindt",
    "moreau",
    "rossi",
    "weber",
    "larsen",
    "costa",
    "duval",
    "fischer",
    "garcia",
    "hansen",
]

_TRAIL_POSTS = (
    "Twelve miles of singletrack this morning, mud up to the knees and a big grin",
    "New hydration vest tested on the long ridge run, no chafing after four hours",
    "Hill repeats on the forest trail: eight times up, legs are jelly",
    "Ultra training week done, 4,000 metres of climbing on mountain trails",
    "Trail shoes compared: grip on wet rock against comfort on gravel runs",
    "Sunrise run over the ridge, fog in the valley and the trail all to myself",
    "How I pace the descents of a mountain ultra without ruining my quads",
    "Running poles or not? My notes after a steep trail marathon",
    "Recovery run on soft forest trails, easy effort, heart rate low",
    "Race report: fifty kilometres of trail, two river crossings, one blister",
)
_OTHER_NICHES: Mapping[str, tuple[str, ...]] = {
    "baking": (
        "Sourdough crumb shot after a cold proof of eighteen hours",
        "Croissant lamination: butter temperature is everything",
        "Rye loaf with caraway, recipe for two tins",
        "Brioche buns glazed twice, oven at 190 degrees",
        "Testing a new flour for pizza dough tonight",
    ),
    "games": (
        "Speedrun practice: lost nine seconds in the water temple again",
        "Painting miniatures for the next campaign evening",
        "Indie game review: a puzzle platformer with a great soundtrack",
        "Deck-building draft night, my control deck went three to one",
        "New personal best in the simulator #trailrunningsim",
    ),
    "garden": (
        "Tomato seedlings pricked out and standing on the windowsill",
        "Compost heap turned, worms everywhere, smells of forest soil",
        "Pruning the apple trees before the frost comes",
        "Raised beds planted with garlic and winter salad",
        "Seed swap on Saturday: I bring beans and dahlias",
    ),
    "knitting": (
        "Cast on a cabled cardigan in grey wool",
        "Blocking the lace shawl overnight, pins everywhere",
        "Yarn dyed with walnut shells, four shades of brown",
        "Sock heel turned at last, one more to go",
        "Swatch first, always: gauge was off by three stitches",
    ),
}
_TRAIL_COMMENTS = (
    "That ridge is on my list, how runnable is the descent?",
    "Same mud here, my trail shoes will never be clean again",
    "What pace do you hold on the climbs?",
    "Great effort, see you at the next trail race",
    "I swear by poles on anything that steep",
)
_FAN_COMMENTS = ("Love this!", "So inspiring", "Wow, great photo", "You make it look easy", "Thanks for sharing")
_GIVEAWAY_COMMENT = "GIVEAWAY! Win a voucher: follow us and tag three friends"
_GIVEAWAY_POSTS = (
    "Win headphones today, tag three friends",
    "Voucher prize draw ends tonight",
    "Free tablet, follow us",
)
_CHATTER_POSTS = ("Good morning everybody", "Monday again", "Coffee first", "What a weekend")


@dataclass(frozen=True)
class Planted:
    """A network's seed file and what is true about it: names of accounts by the part they play.

    In the asked niche and in band are `hashtag_users` (their posts carry the hashtag), `first_hop` (they comment under
    hashtag posts, and never use the hashtag) and `second_hop` (they comment only under posts of `first_hop`).
    """

    spec: Mapping[str, Any]
    hashtag_users: frozenset[str]
    first_hop: frozenset[str]
    second_hop: frozenset[str]
    too_big: frozenset[str]
    too_small: frozenset[str]
    other_niches: frozenset[str]
    fans: frozenset[str]
    giveaway: frozenset[str]
    chatterer: frozenset[str]
    followers: Mapping[str, int]

    @property
    def creators(self) -> frozenset[str]:
        """Everybody whom a search of the niche should find."""
        return self.hashtag_users | self.first_hop | self.second_hop

    @property
    def outside_band(self) -> frozenset[str]:
        """Accounts that no search with this follower band may return."""
        low, high = FOLLOWER_BAND
        return frozenset(name for name, count in self.followers.items() if not low <= count <= high)


@dataclass
class _Draft:
    rng: random.Random
    posts: list[dict[str, str]] = field(default_factory=list)
    posts_by: dict[str, list[str]] = field(default_factory=dict)
    likes: list[dict[str, str]] = field(default_factory=list)
    reposts: list[dict[str, str]] = field(default_factory=list)

    def post(self, by: str, text: str) -> str:
        made = f"post-{len(self.posts)}"
        self.posts.append({"id": made, "by": by, "text": text})
        self.posts_by.setdefault(by, []).append(made)
        return made

    def posts_of(self, names: Iterable[str]) -> list[str]:
        return [post for name in names for post in self.posts_by.get(name, [])]

    def comment(self, by: str, post: str, text: str) -> None:
        self.posts.append({"id": f"post-{len(self.posts)}", "by": by, "text": text, "reply": post})

    def comments(self, by: str, posts: Sequence[str], texts: Sequence[str], *, count: int) -> None:
        for post in self.rng.sample(posts, min(count, len(posts))):
            self.comment(by, post, self.rng.choice(texts))


def build(seed: int) -> Planted:
    """The network of a seed; equal seeds give equal networks. Seeding takes about half a minute."""
    rng = random.Random(seed)
    names = [f"{first}-{last}" for first in _FIRST_NAMES for last in _LAST_NAMES]
    rng.shuffle(names)

    def take(count: int) -> list[str]:
        return [names.pop() for _ in range(count)]

    hashtag_users, first_hop, second_hop = take(6), take(5), take(3)
    too_big, too_small = take(3), take(4)
    niches = {niche: take(6) for niche in _OTHER_NICHES}
    fans, giveaway, chatterer = take(18), take(1), take(1)
    others = [name for members in niches.values() for name in members]

    draft = _Draft(rng)
    _write_posts(draft, hashtag_users, first_hop + second_hop, too_big, too_small, niches)
    for name, texts in ((giveaway[0], _GIVEAWAY_POSTS), (chatterer[0], _CHATTER_POSTS)):
        for text in texts:
            draft.post(name, text)
    for fan in fans[::3]:  # some fans post a little, too little to be creators
        draft.post(fan, rng.choice(_CHATTER_POSTS))

    _write_comments(draft, hashtag_users, first_hop, second_hop, too_big + too_small, niches, fans)
    for post in list(draft.posts):
        if "reply" in post or post["by"] in {*giveaway, *chatterer}:
            continue
        draft.comment(giveaway[0], post["id"], _GIVEAWAY_COMMENT)
        if rng.random() < 0.5:
            draft.comment(chatterer[0], post["id"], rng.choice(_FAN_COMMENTS))

    low, high = FOLLOWER_BAND
    wanted = {name: rng.randint(low + 1, high - 3) for name in (*hashtag_users, *first_hop, *second_hop, *others)}
    wanted |= {name: rng.randint(high + 5, high + 20) for name in too_big}
    wanted |= {name: rng.randint(0, low - 2) for name in too_small}
    wanted |= {name: rng.randint(0, low + 3) for name in fans}
    wanted |= {giveaway[0]: high - 2, chatterer[0]: low + 4}
    everybody = list(wanted)
    follows = [
        [who, whom]
        for whom, count in wanted.items()
        for who in rng.sample([name for name in everybody if name != whom], count)
    ]
    spec = {
        "accounts": [{"name": name, "display": name.replace("-", " ").title(), "bio": ""} for name in everybody],
        "posts": draft.posts,
        "likes": draft.likes,
        "reposts": draft.reposts,
        "follows": follows,
    }
    return Planted(
        spec=spec,
        hashtag_users=frozenset(hashtag_users),
        first_hop=frozenset(first_hop),
        second_hop=frozenset(second_hop),
        too_big=frozenset(too_big),
        too_small=frozenset(too_small),
        other_niches=frozenset(others),
        fans=frozenset(fans),
        giveaway=frozenset(giveaway),
        chatterer=frozenset(chatterer),
        followers=wanted,
    )


def _write_posts(
    draft: _Draft,
    hashtag_users: Sequence[str],
    without_hashtag: Sequence[str],
    too_big: Sequence[str],
    too_small: Sequence[str],
    niches: Mapping[str, Sequence[str]],
) -> None:
    spellings = (HASHTAG, HASHTAG.lower())
    for number, name in enumerate(hashtag_users):
        tag = spellings[number % 2]
        for place, text in enumerate(draft.rng.sample(_TRAIL_POSTS, 5)):
            draft.post(name, f"{text} {tag}" if place < 3 else text)
    for name in without_hashtag:
        for text in draft.rng.sample(_TRAIL_POSTS, 5):
            draft.post(name, text)
    for number, name in enumerate((*too_big, *too_small)):
        for place, text in enumerate(draft.rng.sample(_TRAIL_POSTS, 4)):
            draft.post(name, f"{text} {HASHTAG}" if number % 2 == 0 and place < 2 else text)
    for niche, members in niches.items():
        for name in members:
            for text in draft.rng.sample(_OTHER_NICHES[niche], 5):
                draft.post(name, text)


def _write_comments(
    draft: _Draft,
    hashtag_users: Sequence[str],
    first_hop: Sequence[str],
    second_hop: Sequence[str],
    out_of_band: Sequence[str],
    niches: Mapping[str, Sequence[str]],
    fans: Sequence[str],
) -> None:
    rng = draft.rng
    hashtag_posts = [post["id"] for post in draft.posts if HASHTAG.lower() in post["text"].lower().split()]
    of_users = [post for post in hashtag_posts if post in set(draft.posts_of(hashtag_users))]
    for name in first_hop:
        draft.comments(name, of_users, _TRAIL_COMMENTS, count=4)
    for name in second_hop:  # under posts of the first hop only: that is what makes them the second
        draft.comments(name, draft.posts_of(first_hop), _TRAIL_COMMENTS, count=5)
    for name in (*hashtag_users, *first_hop):  # creators of a niche answer each other
        circle = [one for one in (*hashtag_users, *first_hop) if one != name]
        draft.comments(name, draft.posts_of(circle), _TRAIL_COMMENTS, count=3)
    for name in first_hop:
        draft.comments(name, draft.posts_of(second_hop), _TRAIL_COMMENTS, count=2)
    for name in out_of_band:
        draft.comments(name, draft.posts_of(hashtag_users), _TRAIL_COMMENTS, count=3)
    for members in niches.values():
        for name in members:
            circle = [one for one in members if one != name]
            draft.comments(name, draft.posts_of(circle), _FAN_COMMENTS, count=3)
        draft.comments(members[0], of_users, _FAN_COMMENTS, count=1)  # a passer-by from another niche
    creators = (*hashtag_users, *first_hop, *second_hop)
    elsewhere = [post for members in niches.values() for post in draft.posts_of(members)]
    for fan in fans:
        draft.comments(fan, draft.posts_of(creators), _FAN_COMMENTS, count=4)
        draft.comments(fan, elsewhere, _FAN_COMMENTS, count=2)
        for post in rng.sample(draft.posts_of(creators) + elsewhere, 8):
            draft.likes.append({"by": fan, "post": post})
        draft.reposts.append({"by": fan, "post": rng.choice(draft.posts_of(creators))})
