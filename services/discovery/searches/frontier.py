"""SQL that grows a search: which accounts it has seen, and which steps they give."""

# How many posts of one account are asked for their comments.
POSTS_PER_ACCOUNT = 10
# Accounts of one batch of the archive.
ARCHIVE_BATCH = 5_000

OWN_POST = "(p.kind IS NULL OR p.kind NOT IN ('reply', 'repost'))"

# Accounts that a call named, by platform identifier.
ADD_MEMBERS = """
    INSERT INTO discovery.search_members AS m (workspace_id, search_id, creator_id, source, hop, is_seed, profile_asked,
        feed_asked, feed_complete, found_at, found_by)
    SELECT :workspace_id, :search_id, c.id, :source, :hop, :is_seed, :profile_asked, false, false, :now, :step
    FROM discovery.creators c
    WHERE c.workspace_id = :workspace_id AND c.platform = :platform AND c.platform_id = ANY(:platform_ids)
    ORDER BY c.id
    ON CONFLICT (workspace_id, search_id, creator_id) DO UPDATE SET hop = least(m.hop, excluded.hop),
        is_seed = m.is_seed OR excluded.is_seed, profile_asked = m.profile_asked OR excluded.profile_asked
    WHERE m.hop > excluded.hop OR excluded.is_seed AND NOT m.is_seed
        OR excluded.profile_asked AND NOT m.profile_asked"""

# Comment steps under posts of members that lie in reach. Beyond the first hop only accounts that could be candidates
# lead on: a celebrity's commenters are everybody.
POSTS_TO_READ = f"""
    SELECT platform_id, hop, tagged, about, comments FROM (
        SELECT p.platform_id, m.hop + 1 AS hop, m.creator_id, p.created_at, c.platform_id AS about,
            (p.counts #>> '{{comments,value}}')::bigint AS comments,
            EXISTS (SELECT FROM discovery.post_hashtags h WHERE h.workspace_id = :workspace_id AND h.post_id = p.id
                AND h.key = ANY(:keys)) AS tagged,
            row_number() OVER (PARTITION BY m.creator_id ORDER BY EXISTS (
                SELECT FROM discovery.post_hashtags h WHERE h.workspace_id = :workspace_id AND h.post_id = p.id
                    AND h.key = ANY(:keys)) DESC, p.created_at DESC NULLS LAST, p.platform_id) AS place
        FROM discovery.search_members m
        JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id
        JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.author_id = m.creator_id
        WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.hop < :depth
            AND c.platform = :source AND NOT c.opted_out AND NOT p.stub AND {OWN_POST}
            AND (CAST(:creators AS text[]) IS NULL OR c.platform_id = ANY(:creators))
            AND (m.hop = 0 OR c.followers IS NULL OR c.followers BETWEEN :band_min AND :band_max)
            AND coalesce((p.counts #>> '{{comments,value}}')::bigint, 1) > 0) x
    WHERE place <= {POSTS_PER_ACCOUNT}
    ORDER BY hop, tagged DESC, created_at DESC NULLS LAST, platform_id"""  # noqa: S608  # our own constants

# Accounts whose profile nobody asked for yet, the most promising first; `worth` as last learned, or guessed.
WITHOUT_PROFILE = """
    SELECT c.platform_id,
        coalesce(m.worth, CASE m.hop WHEN 0 THEN CAST(:guess_here AS integer) ELSE CAST(:guess AS integer) END) AS worth
    FROM discovery.search_members m
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.source = :source AND NOT m.profile_asked
        AND NOT c.opted_out
    ORDER BY worth DESC, m.hop, m.found_at, c.platform_id LIMIT :size"""
MARK_PROFILES = """
    UPDATE discovery.search_members m SET profile_asked = true FROM discovery.creators c
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND c.workspace_id = :workspace_id
        AND c.id = m.creator_id AND c.platform = :source AND c.platform_id = ANY(:platform_ids)"""
SOURCES_WITHOUT_PROFILE = """
    SELECT DISTINCT m.source FROM discovery.search_members m
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id AND NOT c.opted_out
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.source <> 'archive' AND NOT m.profile_asked
    ORDER BY m.source"""

# Accounts worth a look at their own posts: nothing known of them fails the candidate rule.
WORTH_READING = """
    SELECT c.platform_id, m.hop FROM discovery.search_members m
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.profile_asked AND NOT m.feed_asked
        AND c.platform = :source AND c.platform_id = ANY(:platform_ids) AND NOT c.opted_out
        AND (m.is_seed OR (c.followers IS NULL OR c.followers BETWEEN :band_min AND :band_max)
            AND coalesce((c.counts #>> '{posts,value}')::bigint, :least_posts) >= :least_posts
            AND c.is_bot IS NOT TRUE AND coalesce(c.account_kind, 'unknown') <> 'group'
            AND coalesce(c.status, 'active') IN ('active', 'unknown'))
    ORDER BY m.hop, c.platform_id"""
MARK_FEEDS = """
    UPDATE discovery.search_members m SET feed_asked = true, feed_complete = m.feed_complete OR :complete
    FROM discovery.creators c
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND c.workspace_id = :workspace_id
        AND c.id = m.creator_id AND c.platform = :source AND c.platform_id = ANY(:platform_ids)"""

# The archive: everything that the workspace has, read in place.
_MEMBER = """
    INSERT INTO discovery.search_members AS m (workspace_id, search_id, creator_id, source, hop, is_seed, profile_asked,
        feed_asked, feed_complete, found_at)"""
_NEARER = """
    ON CONFLICT (workspace_id, search_id, creator_id) DO UPDATE SET hop = excluded.hop WHERE m.hop > excluded.hop"""
_PLATFORMS = "(CAST(:platforms AS text[]) IS NULL OR c.platform = ANY(:platforms))"
ARCHIVE_HASHTAG = f"""{_MEMBER}
    SELECT DISTINCT CAST(:workspace_id AS uuid), CAST(:search_id AS uuid), p.author_id, 'archive', 0, false, true, true,
        false, CAST(:now AS timestamptz)
    FROM discovery.post_hashtags h
    JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.id = h.post_id
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = p.author_id
    WHERE h.workspace_id = :workspace_id AND h.key = :key AND NOT c.opted_out AND {_PLATFORMS}{_NEARER}"""  # noqa: S608  # our own constants
FRONTIER = """
    SELECT m.creator_id FROM discovery.search_members m
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.hop = :hop - 1 AND NOT c.opted_out
        AND (CAST(:after AS uuid) IS NULL OR m.creator_id > CAST(:after AS uuid))
    ORDER BY m.creator_id LIMIT :size"""
ARCHIVE_COMMENTS = f"""{_MEMBER}
    SELECT CAST(:workspace_id AS uuid), CAST(:search_id AS uuid), c.id, 'archive', :hop, false, true, true, false,
        CAST(:now AS timestamptz)
    FROM (
        SELECT k.author_id AS id FROM discovery.posts p
        JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.post_id = p.id
        WHERE p.workspace_id = :workspace_id AND p.author_id = ANY(:frontier) AND k.author_id <> p.author_id
        UNION
        SELECT p.author_id FROM discovery.comments k
        JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.id = k.post_id
        WHERE k.workspace_id = :workspace_id AND k.author_id = ANY(:frontier) AND p.author_id <> k.author_id
    ) x JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = x.id
    WHERE NOT c.opted_out AND {_PLATFORMS}{_NEARER}"""  # noqa: S608  # our own constants
ARCHIVE_ACCOUNTS = f"""{_MEMBER}
    SELECT :workspace_id, :search_id, c.id, 'archive', 0, :is_seed, true, true, false, :now
    FROM discovery.creators c
    WHERE c.workspace_id = :workspace_id AND c.id = ANY(:creator_ids) AND NOT c.opted_out AND {_PLATFORMS}
    ON CONFLICT (workspace_id, search_id, creator_id) DO UPDATE SET hop = 0, is_seed = m.is_seed OR excluded.is_seed"""  # noqa: S608  # our own

# Accounts that a brief names: by platform identifier, by handle, by the address of the profile.
NAMED = """
    SELECT c.id, r.number FROM jsonb_to_recordset(CAST(:references AS jsonb)) AS r(number int, platform text, name text,
        url text)
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND (r.platform IS NULL OR c.platform = r.platform)
        AND (c.platform_id = r.name OR lower(c.handle) = lower(r.name) OR c.url = r.url)
    WHERE NOT c.opted_out"""

# Accounts whose profile is known already, from another search or an import of these days: no call is spent on them.
KNOWN_PROFILES = """
    UPDATE discovery.search_members m SET profile_asked = true FROM discovery.creators c
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND NOT m.profile_asked
        AND c.workspace_id = :workspace_id AND c.id = m.creator_id AND c.platform = :source
        AND c.platform_id = ANY(:platform_ids) AND c.followers IS NOT NULL AND NOT c.stub
        AND c.observed_at > CAST(:now AS timestamptz) - interval '1 day'
    RETURNING c.platform_id"""

# Posts by others that mention one of the brand's accounts, by its handle or by its identifier.
MENTIONING = """
    SELECT o.id, o.author_id, o.created_at, o.platform_id FROM discovery.posts o
    WHERE o.workspace_id = :workspace_id AND o.author_id IS NOT NULL AND NOT o.stub AND o.mentions IS NOT NULL
        AND EXISTS (SELECT FROM jsonb_array_elements(o.mentions) t
            WHERE '*:' || lower(ltrim(t ->> 'handle', '@')) = ANY(:handles)
                OR o.platform || ':' || lower(ltrim(t ->> 'handle', '@')) = ANY(:handles) OR EXISTS (
                SELECT FROM discovery.creators b WHERE b.workspace_id = :workspace_id AND b.id = ANY(:owned)
                    AND b.platform = o.platform AND b.platform_id = t ->> 'platform_id'))"""
