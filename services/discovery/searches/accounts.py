"""SQL that reads what a ranking needs of a search's accounts: facts, texts, comments between them, hashtags."""

from services.discovery.searches.frontier import OWN_POST

TEXTS_PER_ACCOUNT = 30

ACCOUNTS = f"""
    SELECT m.creator_id, m.hop, m.is_seed, m.feed_complete, m.found_at, c.platform, c.platform_id, c.handle,
        c.followers, (c.counts #>> '{{posts,value}}')::bigint AS posts_count, c.account_kind, c.status, c.is_bot,
        c.language, c.country, c.bio_text, c.website, c.links, c.url, c.takes_messages, c.observed_at,
        coalesce(o.recent, 0) AS recent, o.last_at, coalesce(o.told, 0) AS told, o.spoken
    FROM discovery.search_members m
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id AND NOT c.opted_out
    LEFT JOIN (
        SELECT p.author_id, count(*) FILTER (WHERE p.created_at > :since) AS recent, max(p.created_at) AS last_at,
            count(p.language) AS told,
            array_agg(DISTINCT lower(split_part(p.language, '-', 1))) FILTER (WHERE p.language IS NOT NULL) AS spoken
        FROM discovery.posts p JOIN discovery.search_members m ON m.workspace_id = :workspace_id
            AND m.search_id = :search_id AND m.creator_id = p.author_id
        WHERE p.workspace_id = :workspace_id AND NOT p.stub AND {OWN_POST}
        GROUP BY p.author_id) o ON o.author_id = m.creator_id
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id
    ORDER BY c.platform, c.platform_id"""  # noqa: S608  # our own constants

TEXTS = f"""
    SELECT author_id, text, keys FROM (
        SELECT p.author_id, p.text, jsonb_path_query_array(p.hashtags, '$[*].key') AS keys, row_number() OVER (
            PARTITION BY p.author_id ORDER BY p.created_at DESC NULLS LAST, p.platform_id) AS place
        FROM discovery.search_members m
        JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.author_id = m.creator_id
        WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND NOT p.stub AND {OWN_POST}
            AND (p.text IS NOT NULL OR p.hashtags IS NOT NULL)) x
    WHERE place <= {TEXTS_PER_ACCOUNT} ORDER BY author_id, place"""  # noqa: S608  # our own constants

COMMENTS = """
    SELECT k.author_id AS source, p.author_id AS target, count(*) AS comments, count(DISTINCT k.post_id) AS posts
    FROM discovery.search_members t
    JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.author_id = t.creator_id
    JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.post_id = p.id
    JOIN discovery.search_members s ON s.workspace_id = :workspace_id AND s.search_id = :search_id
        AND s.creator_id = k.author_id
    WHERE t.workspace_id = :workspace_id AND t.search_id = :search_id AND k.author_id <> p.author_id
    GROUP BY 1, 2"""

HASHTAG_USES = """
    SELECT p.author_id, h.key, count(*) AS uses FROM discovery.search_members m
    JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.author_id = m.creator_id
    JOIN discovery.post_hashtags h ON h.workspace_id = :workspace_id AND h.post_id = p.id
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id
    GROUP BY 1, 2"""

# Some of a candidate's posts under the brief's hashtags.
TAGGED_POSTS = """
    SELECT author_id, key, id, url, created_at FROM (
        SELECT p.author_id, h.key, p.id, p.url, p.created_at, row_number() OVER (
            PARTITION BY p.author_id, h.key ORDER BY p.created_at DESC NULLS LAST, p.platform_id) AS place
        FROM discovery.post_hashtags h
        JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.id = h.post_id
        WHERE h.workspace_id = :workspace_id AND h.key = ANY(:keys) AND p.author_id = ANY(:creator_ids)) x
    WHERE place <= 3 ORDER BY author_id, key, place"""

# What some accounts said under the posts of others, pair by pair.
SAID = """
    SELECT source, target, last_at, id, url, comment_id FROM (
        SELECT k.author_id AS source, p.author_id AS target, p.id, p.url, k.platform_id AS comment_id,
            max(k.created_at) OVER (PARTITION BY k.author_id, p.author_id) AS last_at, row_number() OVER (
            PARTITION BY k.author_id, p.author_id ORDER BY k.created_at DESC NULLS LAST, k.platform_id) AS place
        FROM unnest(CAST(:sources AS uuid[]), CAST(:targets AS uuid[])) AS w(source, target)
        JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.author_id = w.target
        JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.post_id = p.id AND k.author_id = w.source) x
    WHERE place <= 2 ORDER BY source, target, place"""

# Accounts of this search that somebody watches: those of partners are, from the day their partnership is active.
WATCHED = """
    SELECT DISTINCT m.creator_id FROM discovery.search_members m
    JOIN discovery.watch_accounts a ON a.workspace_id = :workspace_id AND a.creator_id = m.creator_id
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id"""

OPTED_OUT = """
    SELECT c.platform, count(*) AS number FROM discovery.search_members m
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id AND c.opted_out
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id GROUP BY 1"""
