"""Identifiers of accounts and posts: one canonical key for the many spellings and addresses of each platform.

Sources: the platforms' documented address and identifier forms. Nothing here asks the network: a handle that only the
platform can resolve (Bluesky to a DID, YouTube to a channel) stays a handle.
"""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlencode, urlsplit

_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,500}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_NUMBER = re.compile(r"[0-9]{1,25}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HANDLES = {
    "bluesky": _DOMAIN,
    "youtube": re.compile(r"[\w.·-]{3,30}"),
    "instagram": re.compile(r"[a-z0-9._]{1,30}"),
    "threads": re.compile(r"[a-z0-9._]{1,30}"),
    "tiktok": re.compile(r"[a-z0-9._]{2,24}"),
    "x": re.compile(r"[a-z0-9_]{1,15}"),
    "reddit": re.compile(r"[a-z0-9_-]{3,20}"),
    "mastodon": re.compile(rf"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?@{_DOMAIN.pattern}(?::[0-9]{{1,5}})?"),
}
_PLATFORM_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SCHEMES = frozenset({"did", "at", "http", "https", "mailto", "acct", "tel", "javascript", "data"})
# Hosts by platform; what stands before `www.`, `m.` and the like is cut first.
_HOSTS = {
    "bsky.app": "bluesky",
    "youtube.com": "youtube",
    "youtube-nocookie.com": "youtube",
    "youtu.be": "youtube",
    "instagram.com": "instagram",
    "instagr.am": "instagram",
    "tiktok.com": "tiktok",
    "vm.tiktok.com": "tiktok",  # short addresses: they name nothing before they are followed
    "vt.tiktok.com": "tiktok",
    "reddit.com": "reddit",
    "redd.it": "reddit",
    "x.com": "x",
    "twitter.com": "x",
    "threads.com": "threads",
    "threads.net": "threads",
}
_HOST_PREFIX = re.compile(r"^(?:www|m|mobile|old|np|new|music)\.")
_INSTAGRAM_PATHS = frozenset({"p", "reel", "reels", "tv", "explore", "stories", "accounts", "direct", "about"})
_X_PATHS = frozenset({"i", "home", "explore", "search", "hashtag", "intent", "share", "settings", "messages"})
_FEDIVERSE_POST = re.compile(r"/(?:@[^/]+/[A-Za-z0-9]+|users/[^/]+/statuses/[A-Za-z0-9]+|p/[^/]+/[0-9]+)/?")


@dataclass(frozen=True, slots=True)
class Account:
    """An account as far as its spelling tells. `platform` None: several could be meant, see `fits`."""

    platform: str | None
    handle: str | None = None
    platform_id: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PostAddress:
    """A post by its canonical key; `author` is the author's handle or identifier where the address names it."""

    platform: str
    platform_id: str
    url: str
    author: str | None = None


def host_name(host: str) -> str:
    """A host in lower case, its labels in ASCII (IDNA); what IDNA refuses stays as it is."""
    lowered = host.strip().rstrip(".").lower()
    try:
        return lowered.encode("idna").decode() if not lowered.isascii() else lowered
    except UnicodeError:
        return lowered


def canonical_handle(platform: str, handle: str) -> str:
    """The handle without its sign, in the case the platform compares by. Not checked: see `fits`."""
    text = handle.strip()
    if platform == "reddit":
        text = re.sub(r"^/?u(?:ser)?/", "", text, flags=re.IGNORECASE)
    text = text.lstrip("@").strip()
    if platform == "mastodon" and "@" in text:
        name, _, host = text.rpartition("@")
        return f"{name.lower()}@{host_name(host)}"
    if _CHANNEL.fullmatch(text) and platform == "youtube":
        return text
    return text.lower()


def canonical_platform_id(platform: str, platform_id: str) -> str:
    """The platform's own identifier of an account in its one form.

    Only what the platform itself compares without case is lowered: identifiers of unknown make are left alone, since
    two that differ in case may be two accounts.
    """
    text = platform_id.strip()
    if platform == "bluesky" and text[:4].lower() == "did:":
        return text.lower() if text[:8].lower() in ("did:plc:", "did:web:") else text
    if platform == "reddit" and text[:3].lower() == "t2_":
        return text.lower()
    if platform == "mastodon":
        return _fediverse_uri(text) if "://" in text else canonical_handle("mastodon", text)
    if platform in ("tiktok", "instagram", "threads") and not text.isdigit() and fits(platform, text):
        return canonical_handle(platform, text)
    if platform in ("rss", "blogs") and "://" in text:
        return canonical_url(text)
    return text


def fits(platform: str, handle: str) -> bool:
    """Whether this could be a handle on the platform; True for platforms whose rules are not known here."""
    pattern = _HANDLES.get(platform)
    return pattern is None or pattern.fullmatch(canonical_handle(platform, handle)) is not None


def canonical_url(url: str) -> str:
    """A web address without fragment and utm fields, host in lower case; the rest of the query stays.

    What cannot be read as an address comes back as it is.
    """
    try:
        parts = urlsplit(url.strip())
        fields = parse_qsl(parts.query, keep_blank_values=True)
        query = urlencode([(key, value) for key, value in fields if not key.lower().startswith("utm_")])
        return _rebuilt(parts, query)
    except ValueError:
        return url.strip()


def _fediverse_uri(uri: str) -> str:
    try:
        return _rebuilt(urlsplit(uri.strip()), "")
    except ValueError:
        return uri.strip()


def _netloc(parts: SplitResult) -> str:
    host = host_name(parts.hostname or "")
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return host if parts.port in (None, default) else f"{host}:{parts.port}"


def _rebuilt(parts: SplitResult, query: str) -> str:
    changed = parts._replace(scheme=parts.scheme.lower(), netloc=_netloc(parts), query=query, fragment="")
    return changed.geturl().strip()


def _web(text: str) -> tuple[SplitResult, str, list[str]] | None:
    """The parts, the host's bare name and the path's segments of an http(s) address; None when it is none."""
    try:
        parts = urlsplit(text)
        host, _ = host_name(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    return parts, _HOST_PREFIX.sub("", host), segments


def parse_account(text: str) -> Account:
    """The account behind a seed: a profile's address, `platform:handle`, or a handle; ValueError when it is none.

    `@name@server` is the Fediverse's, `u/name` Reddit's, a DID and `*.bsky.social` Bluesky's, `UC...` a YouTube
    channel. A bare name has no platform. An address of an unknown host is a blog.
    """
    given = text.strip()
    if not given or any(character.isspace() or ord(character) < 32 for character in given):
        raise ValueError("an address of a profile or a handle is expected")
    web = _web(given)
    if web is not None:
        return _account_at(given, *web)
    head, separator, tail = given.partition(":")
    if separator and _PLATFORM_KEY.fullmatch(head) and head not in _SCHEMES:
        return _account_on(head, tail)
    if given.startswith("at://"):
        given = given[5:].split("/", 1)[0]
    if given.startswith("acct:"):
        given = "@" + given[5:].removeprefix("@")
    if _DID.fullmatch(given):
        return _account_on("bluesky", given)
    if re.match(r"^/?u(?:ser)?/", given, flags=re.IGNORECASE):
        return _account_on("reddit", given)
    if _CHANNEL.fullmatch(given):
        return _account_on("youtube", given)
    if given.startswith("@") and "@" in given[1:]:
        return _account_on("mastodon", given)
    handle = given.removeprefix("@").lower()
    if "@" in handle:
        raise ValueError("an e-mail address is no account; write @name@server for the Fediverse")
    if ":" in handle or "/" in handle or not handle.strip("._-"):
        raise ValueError("an address of a profile or a handle is expected")
    if handle.endswith(".bsky.social") and fits("bluesky", handle):
        return Account("bluesky", handle=handle)
    return Account(None, handle=handle)


def _account_on(platform: str, text: str) -> Account:
    """An account whose platform is known, by handle or by the platform's identifier."""
    web = _web(text)
    if web is not None:
        found = _account_at(text, *web)
        if found.platform != platform:
            raise ValueError(f"this address is not on {platform}")
        return found
    if platform == "bluesky" and _DID.fullmatch(text.removeprefix("@")):
        return Account(platform, platform_id=canonical_platform_id(platform, text.removeprefix("@")))
    if platform == "youtube" and _CHANNEL.fullmatch(text):
        return Account(platform, platform_id=text)
    if platform == "reddit" and re.fullmatch(r"[tT]2_[A-Za-z0-9]+", text):
        return Account(platform, platform_id=text.lower())
    handle = canonical_handle(platform, text)
    if not handle or not fits(platform, handle):
        raise ValueError(f"this is no handle on {platform}")
    return Account(platform, handle=handle)


def _account_at(url: str, parts: SplitResult, host: str, path: list[str]) -> Account:
    platform = _HOSTS.get(host)
    if platform is None:
        return _account_elsewhere(parts, path)
    name = _name_in(platform, path)
    if not name:
        raise ValueError("this address names no account")
    found = _account_on(platform, name)
    return Account(found.platform, found.handle, found.platform_id, url=url)


def _name_in(platform: str, path: list[str]) -> str | None:
    """What the path of an address says of the account: a handle or an identifier."""
    first, second = [*path, "", ""][:2]
    match platform:
        case "bluesky":
            return second if first == "profile" else None
        case "youtube":
            return first if first.startswith("@") else second if first == "channel" else None
        case "instagram":
            return None if first in _INSTAGRAM_PATHS else first
        case "reddit":
            return second if first in ("u", "user") else None
        case "x":
            return None if first.lower() in _X_PATHS else first
        case _:
            return first if first.startswith("@") else None


def _account_elsewhere(parts: SplitResult, path: list[str]) -> Account:
    """A Fediverse profile has `/@name`, `/@name@server` or `/users/name`; anything else is taken for a blog."""
    server = _netloc(parts)
    named = re.fullmatch(r"@([A-Za-z0-9_.-]+)(?:@(.+))?", path[0]) if path else None
    if named is not None:
        return _on_server(named.group(1), named.group(2) or server, parts)
    if len(path) > 1 and path[0] == "users":
        return _on_server(path[1], server, parts)
    address = canonical_url(parts.geturl())
    return Account("blogs", platform_id=address, url=address)


def _on_server(name: str, server: str, parts: SplitResult) -> Account:
    handle = canonical_handle("mastodon", f"{name}@{server}")
    if not fits("mastodon", handle):
        raise ValueError("this address names no account")
    return Account("mastodon", handle=handle, url=parts.geturl())


def _matching(pattern: re.Pattern[str], text: str | None) -> str:
    if text is None or not pattern.fullmatch(text):
        raise ValueError("this address names no post")
    return text


def parse_post(text: str) -> PostAddress:
    """The post behind an address, under its canonical key; ValueError when it names none or must be followed first."""
    given = text.strip()
    if any(character.isspace() or ord(character) < 32 for character in given):
        raise ValueError("the address of a post is expected")
    if given.startswith("at://"):
        segments = given[5:].split("/")
        if len(segments) != 3 or segments[1] != "app.bsky.feed.post":
            raise ValueError("this address names no post")
        return _bluesky_post(segments[0], segments[2])
    web = _web(given)
    if web is None:
        raise ValueError("the address of a post is expected")
    parts, host, path = web
    platform = _HOSTS.get(host)
    if platform == "bluesky" and len(path) == 4 and (path[0], path[2]) == ("profile", "post"):
        return _bluesky_post(path[1], path[3])
    if platform == "youtube":
        return _youtube_post(parts, host, path)
    if platform == "instagram":
        at = next(
            (index for index in (0, 1) if path[index : index + 1] and path[index] in ("p", "reel", "reels", "tv")), None
        )
        code = _matching(_CODE, path[at + 1] if at is not None and len(path) > at + 1 else None)
        return PostAddress(platform, code, f"https://www.instagram.com/p/{code}/", path[0].lower() if at == 1 else None)
    if platform == "tiktok" and len(path) == 3 and path[0].startswith("@") and path[1] in ("video", "photo"):
        name, number = canonical_handle(platform, path[0]), _matching(_NUMBER, path[2])
        return PostAddress(platform, number, f"https://www.tiktok.com/@{name}/{path[1]}/{number}", name)
    if platform == "reddit":
        return _reddit_post(host, path)
    if platform == "x":
        return _x_post(path)
    if platform == "threads":
        author = canonical_handle(platform, path[0]) if len(path) == 3 and path[1] == "post" else None
        code = _matching(_CODE, path[2] if author else path[1] if len(path) == 2 and path[0] == "t" else None)
        url = f"https://www.threads.com/@{author}/post/{code}" if author else f"https://www.threads.com/t/{code}"
        return PostAddress(platform, code, url, author)
    if platform is not None:
        raise ValueError("this address names no post")
    if _FEDIVERSE_POST.fullmatch(parts.path):
        # the key is the status's `uri`, which only its server knows for an address of the form /@name/number
        uri = _fediverse_uri(given)
        return PostAddress("mastodon", uri, uri, _account_elsewhere(parts, path).handle)
    address = canonical_url(given)
    return PostAddress("blogs", address, address)


def _bluesky_post(actor: str, rkey: str) -> PostAddress:
    found = _account_on("bluesky", actor)
    author = found.platform_id or found.handle or ""
    key = _matching(re.compile(r"[A-Za-z0-9._:~-]{1,512}"), rkey)
    return PostAddress(
        "bluesky", f"at://{author}/app.bsky.feed.post/{key}", f"https://bsky.app/profile/{author}/post/{key}", author
    )


def _youtube_post(parts: SplitResult, host: str, path: list[str]) -> PostAddress:
    if host == "youtu.be":
        video = path[0] if path else None
    elif path == ["watch"]:
        video = parse_qs(parts.query).get("v", [None])[0]
    else:
        video = path[1] if len(path) > 1 and path[0] in ("shorts", "embed", "live", "v") else None
    key = _matching(_VIDEO, video)
    return PostAddress("youtube", key, f"https://www.youtube.com/watch?v={key}")


def _reddit_post(host: str, path: list[str]) -> PostAddress:
    if host == "redd.it":
        short = path[0] if len(path) == 1 else None
    else:
        at = path.index("comments") if "comments" in path[:3] else None
        short = path[at + 1] if at is not None and len(path) > at + 1 else None
    key = _matching(re.compile(r"[A-Za-z0-9]{1,16}"), short).lower()
    return PostAddress("reddit", f"t3_{key}", f"https://www.reddit.com/comments/{key}/")


def _x_post(path: list[str]) -> PostAddress:
    at = path.index("status") if "status" in path[:3] else None
    number = _matching(_NUMBER, path[at + 1] if at is not None and len(path) > at + 1 else None)
    author = path[0].lower() if at == 1 and path[0].lower() not in _X_PATHS else None
    return PostAddress("x", number, f"https://x.com/{author or 'i'}/status/{number}", author)
