"""A small archive of a niche, put into a workspace through the repository: who posts what, who comments where."""

from datetime import UTC, datetime, timedelta

import orjson

from services.discovery.creators import repository
from services.discovery.rows import CommentRow, CreatorRow, PostRow
from shared.kit.runtime import Runtime
from shared.rules.hashtags import normalise_all
from tests.house import Tenant

NOW = datetime.now(UTC)
TALK = "Long ridge run on muddy trails, new shoes tested on the climb"
OTHER = "Sourdough bread with a dark crust, flour and water only"


class Archive:
    """Collects rows; `store` merges them."""

    def __init__(self, platform: str = "instagram") -> None:
        self.platform = platform
        self.people: dict[str, CreatorRow] = {}
        self.published: list[PostRow] = []
        self.said: list[CommentRow] = []

    def creator(self, name: str, followers: int | None = 5_000, *, opted_out: bool = False, **more: object) -> None:
        known = {"followers": {"value": followers, "state": "exact", "observed_at": None}}
        row = CreatorRow(
            self.platform, name, False, opted_out, NOW, handle=name,
            counts=orjson.dumps(known).decode() if followers is not None else "{}",
        )  # fmt: skip
        self.people[name] = row._replace(**more)  # type: ignore[arg-type]  # fields of the row

    def post(self, author: str, text: str = TALK, *tags: str, days_ago: int = 5) -> str:
        name = f"post-{len(self.published)}"
        hashtags = [{"display": tag.display, "key": tag.key, "source": "field"} for tag in normalise_all(tags)]
        self.published.append(
            PostRow(
                self.platform, name, author, False, NOW, text=text, created_at=NOW - timedelta(days=days_ago),
                url=f"https://example.com/{name}", hashtags=orjson.dumps(hashtags).decode() if hashtags else None,
            )
        )  # fmt: skip
        return name

    def comment(self, author: str, post: str, text: str = "Which shoes?") -> None:
        number = f"comment-{len(self.said)}"
        self.said.append(
            CommentRow(self.platform, number, post, author, None, text, "en", NOW, None, None, None, None, NOW)
        )

    async def store(self, runtime: Runtime, tenant: Tenant) -> None:
        async with runtime.database.tenant_session(tenant.workspace_id) as session:
            workspace = tenant.workspace_id
            await repository.merge_creators(
                session, workspace_id=workspace, rows=repository.given(CreatorRow, [*self.people.values()]),
                source="archive", expires_at=None,
            )  # fmt: skip
            await repository.merge_posts(
                session, workspace_id=workspace, rows=repository.given(PostRow, self.published), source="archive",
                expires_at=None,
            )  # fmt: skip
            await repository.merge_comments(
                session, workspace_id=workspace, rows=repository.given(CommentRow, self.said), source="archive",
                expires_at=None,
            )  # fmt: skip


def niche() -> Archive:
    """Two hashtag users, two commenters of theirs, one commenter of these, and accounts that must not come out."""
    archive = Archive()
    for name in ("tag1", "tag2", "hop1a", "hop1b", "hop2"):
        archive.creator(name)
    archive.creator("celebrity", 2_000_000)
    archive.creator("tiny", 12)
    archive.creator("hidden", opted_out=True)
    archive.creator("nobody-counted", None)
    archive.creator("baker")
    own = {
        name: [archive.post(name, TALK, *(["#FellRunning"] if name.startswith("tag") else [])) for _ in range(4)]
        for name in ("tag1", "tag2", "hop1a", "hop1b", "hop2", "celebrity", "tiny", "nobody-counted")
    }
    own["baker"] = [archive.post("baker", OTHER) for _ in range(4)]
    for fan in ("hop1a", "hop1b", "celebrity", "tiny", "nobody-counted", "hidden"):
        for post in own["tag1"][:3] + own["tag2"][:2]:
            archive.comment(fan, post)
    for post in own["hop1a"]:
        archive.comment("hop2", post)
    archive.comment("baker", own["hop2"][0])
    return archive
