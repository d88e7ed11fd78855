"""Other ways to spend calls on the same platform, with the same pages and batches, to measure searches beside."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from services.discovery.connectors.bluesky import BlueskyConnector
from services.discovery.records import CreatorRecord, PostRecord

POSTS_PER_ACCOUNT = 10
DEPTH = 2


@dataclass
class Known:
    """What was seen, by platform identifier. `band` holds whose profile was seen: may be a candidate or not."""

    calls: int = 0
    hop: dict[str, int] = field(default_factory=dict)
    band: dict[str, bool] = field(default_factory=dict)
    edges: dict[tuple[str, str], int] = field(default_factory=dict)
    uses: dict[tuple[str, str], int] = field(default_factory=dict)
    posts: dict[str, dict[str, PostRecord]] = field(default_factory=dict)

    def meet(self, account: str, hop: int) -> bool:
        fresh = account not in self.hop
        self.hop[account] = min(hop, self.hop.get(account, hop))
        return fresh

    def keep(self, post: PostRecord) -> None:
        author = str(post.author_id)
        if post.platform_id not in self.posts.setdefault(author, {}):
            self.posts[author][post.platform_id] = post
            for tag in post.hashtags:
                self.uses[author, tag.key] = self.uses.get((author, tag.key), 0) + 1


@dataclass
class Spender:
    """Makes calls and keeps what they bring; ends when the budget is spent."""

    connector: BlueskyConnector
    budget: int
    known: Known = field(default_factory=Known)
    unprofiled: deque[str] = field(default_factory=deque)

    @property
    def left(self) -> bool:
        return self.known.calls < self.budget

    async def page(self, tag: str, cursor: str | None) -> str | None:
        self.known.calls += 1
        found = await self.connector.hashtag_posts(tag, cursor)
        for post in found.items:
            self.known.keep(post)
            if self.known.meet(str(post.author_id), 0):
                self.unprofiled.append(str(post.author_id))
        return found.next_cursor

    async def profiles(self, *, all_of_them: bool = False) -> AsyncIterator[str]:
        """Asks for profiles while there are full batches, or for all; yields who may be a candidate, in order."""
        size = self.connector.profile_batch
        while self.left and self.unprofiled and (all_of_them or len(self.unprofiled) >= size):
            batch = [self.unprofiled.popleft() for _ in range(min(size, len(self.unprofiled)))]
            self.known.calls += 1
            for one in (await self.connector.profiles(batch)).items:
                self.known.band[one.platform_id] = may_be_candidate(one)
                if self.known.band[one.platform_id]:
                    yield one.platform_id

    async def feed(self, account: str) -> None:
        self.known.calls += 1
        for post in (await self.connector.author_posts(account)).items:
            self.known.keep(post)

    def conversations(self, account: str) -> list[PostRecord]:
        """Posts whose conversations are worth a call: at most ten of an account, those that have comments."""
        posts = [post for post in self.known.posts.get(account, {}).values() if post.counts.comments.value]
        return posts[:POSTS_PER_ACCOUNT]

    async def comments(self, post: PostRecord) -> None:
        self.known.calls += 1
        author = str(post.author_id)
        for comment in (await self.connector.post_comments(post.platform_id)).items:
            who = str(comment.author_id)
            self.known.edges[who, author] = self.known.edges.get((who, author), 0) + 1
            if self.known.meet(who, self.known.hop[author] + 1):
                self.unprofiled.append(who)


def may_be_candidate(one: CreatorRecord) -> bool:
    """In the default band as far as is known, with three posts."""
    followers, posts = one.counts.followers.value, one.counts.posts.value
    return (followers is None or 1_000 <= followers <= 100_000) and (posts is None or posts >= 3)


async def breadth_first(spender: Spender, hashtags: Sequence[str], seeds: Sequence[str]) -> Known:
    """Everything in the order in which it came up: pages, profiles, feeds, conversations, and theirs again."""
    queue: deque[tuple[str, str, str | None]] = deque(("page", tag, None) for tag in hashtags)
    conversations: dict[str, PostRecord] = {}
    for seed in seeds:
        spender.known.meet(seed, 0)
        spender.unprofiled.append(seed)
    queued: set[str] = set()

    def read(account: str) -> None:
        if spender.known.hop[account] < DEPTH:
            for post in spender.conversations(account):
                if post.platform_id not in conversations:
                    conversations[post.platform_id] = post
                    queue.append(("comments", post.platform_id, None))

    while spender.left:
        async for account in spender.profiles(all_of_them=not queue):
            if account not in queued:
                queued.add(account)
                queue.append(("feed", account, None))
        if not queue or not spender.left:
            if not spender.unprofiled:
                break
            continue
        kind, what, cursor = queue.popleft()
        if kind == "page":
            before = set(spender.known.hop)
            following = await spender.page(what, cursor)
            if following is not None:
                queue.append(("page", what, following))
            for account in list(spender.known.hop):
                if account not in before:
                    read(account)
        elif kind == "feed":
            await spender.feed(what)
            read(what)
        else:
            await spender.comments(conversations[what])
    return spender.known


async def fixed_list(spender: Spender, hashtags: Sequence[str], seeds: Sequence[str]) -> Known:
    """A list of accounts made once, the seeds or whoever uses the hashtags most; each is read whole in turn."""
    for tag in hashtags:
        cursor: str | None = None
        while spender.left:
            cursor = await spender.page(tag, cursor)
            if cursor is None:
                break
    for seed in seeds:
        spender.known.meet(seed, 0)
        spender.unprofiled.append(seed)
    keys = set(hashtags)
    listed = [account async for account in spender.profiles(all_of_them=True)]
    uses = {
        one: sum(count for (who, key), count in spender.known.uses.items() if who == one and key in keys)
        for one in listed
    }
    for account in sorted(listed, key=lambda one: (-uses[one], one)):
        if not spender.left:
            break
        await spender.feed(account)
        for post in spender.conversations(account):
            if spender.left:
                await spender.comments(post)
        async for _ in spender.profiles():
            pass
    async for _ in spender.profiles(all_of_them=True):
        pass
    return spender.known
