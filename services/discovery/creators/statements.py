"""The set-based statements that merge rows into creators, posts, hashtags and comments. Texts only.

`{rows}` is any relation with the columns of services/discovery/rows, given as `SELECT * FROM {rows} s`. The later
observation wins field by field, of two equally late ones the row that comes now; unknown never replaces known. An
opted-out creator keeps its identity and nothing else, and nothing that it wrote. What its platform said is gone comes
back only when the platform itself shows it again.
"""

from services.discovery.creators import memory
from services.discovery.creators.memory import LATER, is_there
from services.discovery.rows import CommentRow, CreatorRow, PostRow

_NEWER = "excluded.observed_at >= t.observed_at"
_THERE_AGAIN = f"excluded.source <> 'archive' AND excluded.{LATER.format(gone='t.gone_at')}"
_IS_THERE = f"""a.opted_out IS NOT TRUE
            AND (a.gone_at IS NULL OR CAST(:source AS text) <> 'archive' AND s.{LATER.format(gone="a.gone_at")})
            AND {is_there(memory.ACCOUNT, "s.author_platform_id")} AND {is_there(memory.POST, "s.platform_id")}"""
JSON_FIELDS = {"links", "hashtags", "mentions", "media", "sponsorship_labels", "counts", "withheld"}
_TYPES = {
    **dict.fromkeys(("observed_at", "created_at", "account_created_at", "edited_at"), "timestamptz"),
    **dict.fromkeys(
        ("stub", "opted_out", "is_bot", "is_verified", "takes_messages", "is_sensitive", "paid_partnership"),
        "boolean",
    ),
    **dict.fromkeys(("likes", "replies"), "bigint"),
    **dict.fromkeys(JSON_FIELDS, "jsonb"),
}


def _fields(row: type[CreatorRow] | type[PostRow], first: str) -> tuple[str, ...]:
    """The plain fields, each known or unknown on its own, from `first` to the counts."""
    names = row._fields
    return names[names.index(first) : names.index("counts")]


CREATOR_FIELDS = _fields(CreatorRow, "handle")
POST_FIELDS = _fields(PostRow, "kind")


def given(row: type[CreatorRow] | type[PostRow] | type[CommentRow]) -> str:
    """The relation of rows that are given as one JSON parameter, `rows`."""
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in row._fields)
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS s({columns})"


def _latest(name: str) -> str:
    later, earlier = f"coalesce(excluded.{name}, t.{name})", f"coalesce(t.{name}, excluded.{name})"
    return f"{name} = CASE WHEN {_NEWER} THEN {later} ELSE {earlier} END"


def _counts(name: str) -> str:
    return f"{name} = CASE WHEN {_NEWER} THEN t.{name} || excluded.{name} ELSE excluded.{name} || t.{name} END"


def merge_creators(rows: str) -> str:
    """Creators that are more than mentioned, or that opted out."""
    mentioned = "t.stub AND NOT t.opted_out"
    out = f"CASE WHEN {mentioned} OR {_NEWER} THEN excluded.opted_out ELSE t.opted_out END"
    # of a deleted account the status is all that is left, and that is not true any more
    old = {"status": "CASE WHEN t.gone_at IS NULL THEN t.status END"}
    kept = ", ".join(
        f"{name} = CASE WHEN {out} THEN NULL WHEN {_NEWER} OR {mentioned}"
        f" THEN coalesce(excluded.{name}, {old.get(name, f't.{name}')})"
        f" ELSE coalesce({old.get(name, f't.{name}')}, excluded.{name}) END"
        for name in CREATOR_FIELDS
    )
    counts = ", ".join(
        f"{name} = CASE WHEN {out} THEN '{{}}'::jsonb WHEN {_NEWER} THEN t.{name} || excluded.{name}"
        f" ELSE excluded.{name} || t.{name} END"
        for name in ("counts", "withheld")
    )
    columns = ", ".join((*CREATOR_FIELDS, "counts", "withheld", "stub", "opted_out", "observed_at"))
    return f"""
        INSERT INTO discovery.creators AS t
            (workspace_id, id, platform, platform_id, {columns}, source, first_seen_at, expires_at)
        SELECT :workspace_id, discovery.new_id(), s.platform, s.platform_id, {_prefixed(columns)},
            :source, s.observed_at, CAST(:expires_at AS timestamptz)
        FROM {rows} {_and(rows)} (NOT s.stub OR s.opted_out)
            AND (s.opted_out OR {is_there(memory.ACCOUNT, "s.platform_id")})
        ORDER BY s.platform, s.platform_id
        ON CONFLICT (workspace_id, platform, platform_id) DO UPDATE SET {kept}, {counts},
            handle_history = CASE WHEN {out} THEN NULL
                WHEN {_NEWER} AND excluded.handle <> t.handle
                THEN coalesce(t.handle_history, '[]'::jsonb) || to_jsonb(t.handle) ELSE t.handle_history END,
            stub = {out}, opted_out = {out}, gone_at = NULL,
            source = CASE WHEN {_NEWER} THEN excluded.source ELSE t.source END,
            expires_at = CASE WHEN {_NEWER} THEN excluded.expires_at ELSE t.expires_at END,
            observed_at = CASE WHEN {mentioned} THEN excluded.observed_at
                ELSE greatest(t.observed_at, excluded.observed_at) END
        WHERE t.gone_at IS NULL OR excluded.opted_out OR {_THERE_AGAIN}"""  # noqa: S608  # our own column names


def add_stub_creators(rows: str) -> str:
    """Accounts that were only mentioned and are not known yet."""
    return f"""
        INSERT INTO discovery.creators AS t (workspace_id, id, platform, platform_id, handle, counts, withheld, stub,
            opted_out, source, first_seen_at, observed_at, expires_at)
        SELECT :workspace_id, discovery.new_id(), s.platform, s.platform_id, s.handle, '{{}}', '{{}}', true, false,
            :source, s.observed_at, s.observed_at, CAST(:expires_at AS timestamptz)
        FROM {rows} {_and(rows)} s.stub AND NOT s.opted_out AND {is_there(memory.ACCOUNT, "s.platform_id")}
        ORDER BY s.platform, s.platform_id
        ON CONFLICT (workspace_id, platform, platform_id) DO NOTHING"""  # noqa: S608  # our own column names


def name_stub_creators(rows: str) -> str:
    """Handles of accounts that were known without one."""
    return f"""
        UPDATE discovery.creators t SET handle = m.handle
        FROM (SELECT s.platform, s.platform_id, max(s.handle) AS handle
              FROM {rows} {_and(rows)} s.stub AND s.handle IS NOT NULL GROUP BY s.platform, s.platform_id) m
        WHERE t.workspace_id = :workspace_id AND t.platform = m.platform AND t.platform_id = m.platform_id
            AND t.handle IS NULL AND NOT t.opted_out AND t.gone_at IS NULL"""  # noqa: S608  # our own names


def merge_posts(rows: str) -> str:
    """Posts that are more than mentioned; their authors must be there already."""
    kept = ", ".join(_latest(name) for name in POST_FIELDS)
    columns = ", ".join((*POST_FIELDS, "counts", "withheld", "observed_at"))
    return f"""
        INSERT INTO discovery.posts AS t (workspace_id, id, platform, platform_id, author_id, {columns}, stub, source,
            first_seen_at, expires_at)
        SELECT :workspace_id, discovery.new_id(), s.platform, s.platform_id, a.id, {_prefixed(columns)}, false, :source,
            s.observed_at, CAST(:expires_at AS timestamptz)
        FROM (SELECT * FROM {rows}) s LEFT JOIN discovery.creators a ON a.workspace_id = :workspace_id
            AND a.platform = s.platform AND a.platform_id = s.author_platform_id
        WHERE NOT s.stub AND {_IS_THERE}
        ORDER BY s.platform, s.platform_id
        ON CONFLICT (workspace_id, platform, platform_id) DO UPDATE SET {kept}, {_counts("counts")},
            {_counts("withheld")}, author_id = coalesce(excluded.author_id, t.author_id), stub = false, gone_at = NULL,
            source = CASE WHEN {_NEWER} THEN excluded.source ELSE t.source END,
            expires_at = CASE WHEN {_NEWER} THEN excluded.expires_at ELSE t.expires_at END,
            observed_at = CASE WHEN t.stub THEN excluded.observed_at
                ELSE greatest(t.observed_at, excluded.observed_at) END
        WHERE t.gone_at IS NULL OR {_THERE_AGAIN}"""  # noqa: S608  # our own column names


def add_stub_posts(rows: str) -> str:
    """Posts that only comments speak of and that are not known yet."""
    return f"""
        INSERT INTO discovery.posts (workspace_id, id, platform, platform_id, counts, withheld, stub, source,
            first_seen_at, observed_at, expires_at, gone_at)
        SELECT :workspace_id, discovery.new_id(), s.platform, s.platform_id, '{{}}', '{{}}', true, :source,
            s.observed_at, s.observed_at, CAST(:expires_at AS timestamptz), g.gone_at
        FROM (SELECT * FROM {rows}) s LEFT JOIN discovery.gone g ON {memory.named(memory.POST, "s.platform_id")}
        WHERE s.stub
        ORDER BY s.platform, s.platform_id
        ON CONFLICT (workspace_id, platform, platform_id) DO NOTHING"""  # noqa: S608  # our own column names


def drop_old_hashtags(rows: str) -> str:
    """Keys under which posts are listed and which they no longer carry."""
    return f"""
        DELETE FROM discovery.post_hashtags h USING discovery.posts p, (SELECT * FROM {rows}) s
        WHERE p.workspace_id = :workspace_id AND p.platform = s.platform AND p.platform_id = s.platform_id
            AND s.hashtags IS NOT NULL AND h.workspace_id = :workspace_id AND h.post_id = p.id
            AND NOT p.hashtags @> jsonb_build_array(jsonb_build_object('key', h.key))"""  # noqa: S608  # our own names


def add_hashtags(rows: str) -> str:
    """The keys of posts that were just merged."""
    return f"""
        INSERT INTO discovery.post_hashtags (workspace_id, key, post_id)
        SELECT DISTINCT :workspace_id, tag ->> 'key', p.id
        FROM (SELECT * FROM {rows}) s JOIN discovery.posts p ON p.workspace_id = :workspace_id
            AND p.platform = s.platform AND p.platform_id = s.platform_id,
            jsonb_array_elements(p.hashtags) AS tag
        WHERE s.hashtags IS NOT NULL
        ORDER BY 2, 3
        ON CONFLICT DO NOTHING"""  # noqa: S608  # our own column names


def merge_comments(rows: str) -> str:
    """Comments; their posts and authors must be there already. A row that says nothing new is left alone."""
    fields = ("parent_id", "text", "language", "created_at", "likes", "likes_state", "replies", "replies_state")
    columns = ", ".join(fields)
    known = ("parent_id", "text", "language", "created_at")
    kept = ", ".join(_latest(name) for name in known)
    numbers = ", ".join(
        f"{name}{suffix} = CASE WHEN {{use}} THEN excluded.{name}{suffix} ELSE t.{name}{suffix} END".format(
            use=f"t.{name} IS NULL OR excluded.{name} IS NOT NULL AND {_NEWER}"
        )
        for name in ("likes", "replies")
        for suffix in ("", "_state")
    )
    changed = " OR ".join(
        f"excluded.{name} IS NOT NULL AND excluded.{name} IS DISTINCT FROM t.{name}"
        for name in (*known, "likes", "replies")
    )
    return f"""
        INSERT INTO discovery.comments AS t (workspace_id, platform, platform_id, post_id, author_id, {columns},
            observed_at, expires_at)
        SELECT :workspace_id, s.platform, s.platform_id, p.id, a.id, {_prefixed(columns)}, s.observed_at,
            CAST(:expires_at AS timestamptz)
        FROM (SELECT * FROM {rows}) s
        JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.platform = s.platform
            AND p.platform_id = s.post_platform_id
        LEFT JOIN discovery.creators a ON a.workspace_id = :workspace_id AND a.platform = s.platform
            AND a.platform_id = s.author_platform_id
        WHERE {_IS_THERE}
        ORDER BY s.platform, s.platform_id
        ON CONFLICT (workspace_id, platform, platform_id) DO UPDATE SET {kept}, {numbers},
            author_id = coalesce(excluded.author_id, t.author_id),
            expires_at = CASE WHEN {_NEWER} THEN excluded.expires_at ELSE t.expires_at END,
            observed_at = greatest(t.observed_at, excluded.observed_at)
        WHERE {changed} OR excluded.author_id IS DISTINCT FROM t.author_id"""  # noqa: S608  # our own column names


# What is left of a post, and of an account, when nothing may be kept but that it was there.
EMPTY = "counts = '{}', withheld = '{}', stub = true"
EMPTY_POST = f"{', '.join(f'{name} = NULL' for name in POST_FIELDS)}, {EMPTY}"


def empty_creator(*kept: str) -> str:
    """As assignments; `kept` are the fields that stay as they are."""
    fields = ", ".join(f"{name} = NULL" for name in CREATOR_FIELDS if name not in kept)
    return f"{fields}, handle_history = NULL, {EMPTY}"


# What an account that opted out wrote before that was known.
FORGET_COMMENTS_OF_OPTED_OUT = """
    DELETE FROM discovery.comments c USING discovery.creators a
    WHERE a.workspace_id = :workspace_id AND a.opted_out AND c.workspace_id = :workspace_id AND c.author_id = a.id"""
# Their posts stay as stubs, since other people's comments hang on them.
FORGET_HASHTAGS_OF_OPTED_OUT = """
    DELETE FROM discovery.post_hashtags h USING discovery.posts p, discovery.creators a
    WHERE a.workspace_id = :workspace_id AND a.opted_out AND p.workspace_id = :workspace_id AND p.author_id = a.id
        AND h.workspace_id = :workspace_id AND h.post_id = p.id"""
FORGET_POSTS_OF_OPTED_OUT = f"""
    UPDATE discovery.posts p SET {EMPTY_POST}, author_id = NULL
    FROM discovery.creators a
    WHERE a.workspace_id = :workspace_id AND a.opted_out AND p.workspace_id = :workspace_id AND p.author_id = a.id"""  # noqa: S608  # our own column names


def _expired(table: str, what: str, left: str) -> str:
    """Some thousand rows of all workspaces that may be kept no longer, of which `what` remains."""
    return f"""
        UPDATE discovery.{table} SET {what} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM discovery.{table} WHERE expires_at < now() AND {left} LIMIT 5000))"""  # noqa: S608  # our own names


EXPIRIES = (
    _expired("comments", "text = NULL", "text IS NOT NULL"),
    # the keys under which a post is listed go with it
    """
        DELETE FROM discovery.post_hashtags h USING discovery.posts p
        WHERE p.expires_at < now() AND NOT p.stub AND h.workspace_id = p.workspace_id AND h.post_id = p.id""",
    _expired("posts", EMPTY_POST, "NOT stub"),
    _expired("creators", empty_creator(), "(NOT stub OR handle IS NOT NULL)"),
    memory.EXPIRED,
)


def _prefixed(columns: str) -> str:
    return ", ".join(f"s.{name.strip()}" for name in columns.split(","))


def _and(rows: str) -> str:
    return "AND" if " WHERE " in rows else "WHERE"
