"""Finds accounts and statuses on the servers that are read: ids are a server's own, addresses are everybody's."""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from services.discovery.connector import NotFound, PlatformFault
from services.discovery.fediverse.client import STATUSES_PAGE, FediverseClient, Server, next_max_id
from services.discovery.fediverse.records import read_account
from services.discovery.fields import Json, filled, objects
from services.discovery.records import CreatorRecord
from services.discovery.references import unpack

LOOKUP = "/api/v1/accounts/lookup"
SEARCH = "/api/v2/search"
PAGES_SEARCHED = 3
"""Of an author's posts, looking for one by its address."""
_AUTHOR = re.compile(r"/(?:users/|p/|@)([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?)/")
_STATUS_ID = re.compile(r"[A-Za-z0-9]{1,64}")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Place:
    """Something by its id on a server that is read, and by its key everywhere; None where only the id is known."""

    server: Server
    local_id: str
    key: str | None


async def locate_status(client: FediverseClient, post_id: str) -> Place:
    """Where a status can be asked about: by its reference, at its own server, through a server with a token, or among
    its author's newest posts at the first server; these ways cost no call, none, one, and two to four.

    Raises NotFound where a server that fetches it by its address does not find it, and Unsupported where no server can
    be asked, which says nothing of whether it still exists.
    """
    uri, hints = unpack(post_id)
    place = known_place(client, uri, hints) or own_place(client, uri)
    if place is not None:
        return place
    if "://" not in uri:
        raise client.unsupported(SEARCH, "not the address of a status")
    if any(server.token for server in client.servers.values()):
        server, source = await _resolved(client, uri, "statuses")
        return Place(server, filled(source, "id", longest=64) or "", uri)
    return await _among_newest(client, uri)


async def _among_newest(client: FediverseClient, uri: str) -> Place:
    """The status among the newest posts of its author, whom its address names, at the first server that knows them."""
    author = _author_of(uri)
    if author is None:
        raise client.unsupported(LOOKUP, "its own server is not read, and its address does not tell its author")
    try:
        account = await locate_account(client, author)
    except NotFound as error:
        raise client.unsupported(LOOKUP, "its own server is not read, and no other knows its author") from error
    path = f"/api/v1/accounts/{account.local_id}/statuses"
    params = [("exclude_reblogs", "true"), ("limit", str(STATUSES_PAGE))]
    software, max_id = await client.software(account.server), ""
    for _ in range(PAGES_SEARCHED):
        answer = await client.get(account.server, path, [*params, ("max_id", max_id)] if max_id else params)
        sources = client.items(answer, endpoint=path)
        for source in sources:
            if source.get("uri") == uri and (local_id := filled(source, "id", longest=64)):
                return Place(account.server, local_id, uri)
        found = next_max_id(answer, sources, software, full=STATUSES_PAGE)
        if found is None or found == max_id:
            break
        max_id = found
    raise client.unsupported(path, "its own server is not read, and no other shows it among its author's newest posts")


def _author_of(uri: str) -> str | None:
    parts = urlsplit(uri)
    match = _AUTHOR.match(parts.path)
    return f"{match[1]}@{parts.netloc}" if match and parts.netloc else None


def known_place(client: FediverseClient, key: str, hints: tuple[str, ...]) -> Place | None:
    """The place that a reference names, if its server is still among those that are read."""
    if len(hints) != 2 or hints[0] not in client.servers:
        return None
    return Place(client.servers[hints[0]], hints[1], key)


def own_place(client: FediverseClient, uri: str) -> Place | None:
    """The place of a status whose own server is read: its id ends the address there."""
    parts = urlsplit(uri)
    server, last = client.servers.get(parts.netloc.lower()), parts.path.rpartition("/")[2]
    return Place(server, last, uri) if server is not None and _STATUS_ID.fullmatch(last) else None


async def find_account(client: FediverseClient, account: str) -> tuple[Server, CreatorRecord]:
    """An account by `name@server` or by its address: from its own server where that is read, else from the first one
    that knows it. Raises NotFound when none does, and Unsupported when the address does not tell the name."""
    handle = handle_of(account)
    if handle is None:
        server, source = await _resolved(client, account, "accounts")
        record = read_account(source, client.seen(server, SEARCH))
        if record is None:
            raise NotFound("mastodon", SEARCH, "the server knows no such account")
        return server, record
    name, _, host = handle.partition("@")
    own = client.servers.get(host)
    for server in [own] if own else list(client.servers.values()):
        try:
            answer = await client.get(server, LOOKUP, [("acct", name if own else handle)])
        except NotFound:
            continue
        record = read_account(client.object(answer, endpoint=LOOKUP), client.seen(server, LOOKUP))
        if record is None or record.reference is None:
            raise PlatformFault("mastodon", LOOKUP, "the answer is no account", transient=True)
        return server, record
    raise NotFound("mastodon", LOOKUP, "no server that is read knows this account")


async def locate_account(client: FediverseClient, account_id: str) -> Place:
    """Where an account can be asked about; costs a call unless a reference is given."""
    key, hints = unpack(account_id)
    place = known_place(client, key, hints)
    if place is not None:
        return place
    server, record = await find_account(client, key)
    _, (_, local_id) = unpack(record.reference or "")
    return Place(server, local_id, record.platform_id)


def handle_of(account: str) -> str | None:
    """`name@server` out of a handle or of an actor's address that tells the name; None where it does not."""
    text = account.strip().removeprefix("acct:").lstrip("@")
    if "://" not in text:
        name, _, host = text.partition("@")
        return f"{name}@{host}".lower() if _NAME.fullmatch(name) and host and "@" not in host else None
    parts = urlsplit(text)
    path = [unquote(part) for part in parts.path.split("/") if part]
    name = path[1] if len(path) == 2 and path[0] == "users" else path[0][1:] if path and path[0][:1] == "@" else ""
    if "@" in name:
        return handle_of(name)
    return f"{name}@{parts.netloc}".lower() if _NAME.fullmatch(name) and parts.netloc else None


async def _resolved(client: FediverseClient, uri: str, kind: str) -> tuple[Server, Json]:
    """What a server fetches by an address; servers do that for users only."""
    server = next((one for one in client.servers.values() if one.token), None)
    if server is None:
        raise client.unsupported(
            SEARCH, "its own server is not among those that are read, and without a token no other server looks it up"
        )
    params = [("q", uri), ("type", kind), ("resolve", "true"), ("limit", "1")]
    answer = await client.get(server, SEARCH, params)
    for source in objects(client.object(answer, endpoint=SEARCH), kind):
        if filled(source, "id", longest=64) and uri in (source.get("uri"), source.get("url")):
            return server, source
    raise NotFound("mastodon", SEARCH, "nothing is found at this address")
