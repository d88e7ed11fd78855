"""SQL of evidence bundles and exports; every statement serves one page of candidates at once."""

from services.discovery.searches.frontier import OWN_POST

POSTS = 50
COMMENTS = 200

NEWEST_POSTS = f"""
    SELECT * FROM (
        SELECT p.*, count(*) OVER (PARTITION BY p.author_id) AS known, row_number() OVER (
            PARTITION BY p.author_id ORDER BY p.created_at DESC NULLS LAST, p.platform_id) AS place
        FROM discovery.posts p
        WHERE p.workspace_id = :workspace_id AND p.author_id = ANY(:ids) AND NOT p.stub AND {OWN_POST}) x
    WHERE place <= {POSTS} ORDER BY author_id, place"""  # noqa: S608  # our own constants

# A sample by a hash of the identifier: the same each time, and blind to who wrote it and when.
SAMPLED_COMMENTS = f"""
    SELECT * FROM (
        SELECT k.platform_id, k.post_id, k.author_id, k.parent_id, k.text, k.language, k.created_at, k.likes,
            k.likes_state, p.author_id AS creator_id, count(*) OVER (PARTITION BY p.author_id) AS known,
            row_number() OVER (PARTITION BY p.author_id ORDER BY md5(k.platform_id)) AS place
        FROM discovery.posts p
        JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.post_id = p.id
        LEFT JOIN discovery.creators a ON a.workspace_id = :workspace_id AND a.id = k.author_id
        WHERE p.workspace_id = :workspace_id AND p.id = ANY(:posts) AND a.opted_out IS NOT TRUE
            AND (k.expires_at IS NULL OR k.expires_at > now())) x
    WHERE place <= {COMMENTS} ORDER BY creator_id, created_at NULLS FIRST, platform_id"""  # noqa: S608  # our constants

COMMENTERS = """
    SELECT p.author_id AS creator_id, k.author_id, count(*) AS comments, count(DISTINCT k.post_id) AS posts,
        min(k.created_at) AS first_at, max(k.created_at) AS last_at
    FROM discovery.posts p
    JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.post_id = p.id AND k.author_id IS NOT NULL
    WHERE p.workspace_id = :workspace_id AND p.id = ANY(:posts) AND k.author_id <> p.author_id
        AND (k.expires_at IS NULL OR k.expires_at > now())
    GROUP BY 1, 2"""

PEOPLE = """
    SELECT c.id, c.account_created_at, c.counts, c.withheld, c.avatar_url, c.bio_text, c.is_bot, c.language, c.country,
        c.place, c.stub
    FROM discovery.creators c WHERE c.workspace_id = :workspace_id AND c.id = ANY(:ids) AND NOT c.opted_out"""

EVERYWHERE = """
    SELECT k.author_id, count(*) AS comments, count(DISTINCT p.author_id) AS creators, max(k.created_at) AS last_at
    FROM discovery.comments k JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.id = k.post_id
    WHERE k.workspace_id = :workspace_id AND k.author_id = ANY(:ids) AND p.author_id IS DISTINCT FROM k.author_id
    GROUP BY 1"""

BETWEEN = """
    SELECT k.author_id AS source, p.author_id AS target, count(*) AS comments, count(DISTINCT k.post_id) AS posts,
        min(k.created_at) AS first_at, max(k.created_at) AS last_at
    FROM discovery.comments k JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.id = k.post_id
    WHERE k.workspace_id = :workspace_id AND k.author_id = ANY(:ids) AND p.author_id = ANY(:ids)
        AND k.author_id <> p.author_id
    GROUP BY 1, 2"""

CANDIDATES_AMONG = """
    SELECT creator_id FROM discovery.candidates
    WHERE workspace_id = :workspace_id AND search_id = :search_id AND creator_id = ANY(:ids)"""

FEEDS_COMPLETE = """
    SELECT creator_id FROM discovery.search_members
    WHERE workspace_id = :workspace_id AND search_id = :search_id AND creator_id = ANY(:ids) AND feed_complete"""

AUTHORS = """
    SELECT id, author_id FROM discovery.posts
    WHERE workspace_id = :workspace_id AND id = ANY(:posts) AND author_id IS NOT NULL"""

SOURCES = """
    SELECT DISTINCT c.source FROM discovery.candidates k
    JOIN discovery.creators c ON c.workspace_id = k.workspace_id AND c.id = k.creator_id
    WHERE k.workspace_id = :workspace_id AND k.search_id = :search_id"""
