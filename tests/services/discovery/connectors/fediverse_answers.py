"""Answers of Fediverse servers, constructed, each field checked against the documented names and types.

There is no machine-readable contract of Mastodon's API among the development dependencies, so the documented fields are
listed here.
"""

from collections.abc import Sequence
from typing import Any

OWN, OTHER = "own.example", "other.example"

_TEXT, _COUNT, _FLAG = (str,), (int,), (bool,)
_MAYBE_TEXT, _MAYBE_FLAG, _MAYBE_OBJECT = (str, type(None)), (bool, type(None)), (dict, type(None))
_ACCOUNT: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "username", "acct", "url", "uri", "display_name", "note", "created_at", "avatar"), _TEXT),
    **dict.fromkeys(("followers_count", "following_count", "statuses_count"), _COUNT),
    **dict.fromkeys(("bot", "group", "locked", "suspended", "limited"), _FLAG),
    **dict.fromkeys(("discoverable", "indexable", "noindex", "hide_collections"), _MAYBE_FLAG),
    "last_status_at": _MAYBE_TEXT,
    "fields": (list,),
    "moved": _MAYBE_OBJECT,
}
_STATUS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "uri", "created_at", "content", "spoiler_text", "visibility"), _TEXT),
    **dict.fromkeys(("url", "edited_at", "language", "in_reply_to_id", "in_reply_to_account_id"), _MAYBE_TEXT),
    **dict.fromkeys(("replies_count", "reply_count", "reblogs_count", "favourites_count", "quotes_count"), _COUNT),
    **dict.fromkeys(("tags", "mentions", "media_attachments"), (list,)),
    **dict.fromkeys(("card", "reblog", "quote"), _MAYBE_OBJECT),
    "sensitive": _FLAG,
    "account": (dict,),
}
_PARTS: dict[str, set[str]] = {
    "tags": {"name", "url"},
    "mentions": {"id", "username", "acct", "url"},
    "media_attachments": {"type", "url", "preview_url", "remote_url", "description", "meta"},
    "fields": {"name", "value", "verified_at"},
}


def _checked(source: dict[str, Any], allowed: dict[str, tuple[type, ...]]) -> dict[str, Any]:
    for name, value in source.items():
        assert type(value) in allowed[name], f"{name} is documented as {allowed[name]}"
        if name in _PARTS:
            assert all(set(part) <= _PARTS[name] for part in value), name
    return source


def account(acct: str = "alice", host: str = OWN, **fields: Any) -> dict[str, Any]:
    """An account as the server `host` shows it; `acct` has a server's name unless it is its own."""
    name, _, home = acct.partition("@")
    home = home or host
    return _checked(
        {
            "id": f"10{len(acct)}",
            "username": name,
            "acct": acct,
            "url": f"https://{home}/@{name}",
            "uri": f"https://{home}/users/{name}",
            "display_name": name.title(),
            "note": "<p>Running in the hills</p>",
            "created_at": "2023-04-01T00:00:00.000Z",
            "followers_count": 1_200,
            "following_count": 30,
            "statuses_count": 400,
            "last_status_at": "2026-11-20",
            "bot": False,
            "group": False,
            "locked": False,
            "discoverable": True,
            "fields": [],
            **fields,
        },
        _ACCOUNT,
    )


def tags(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "url": f"https://{OWN}/tags/{name}"} for name in names]


def status(number: str, *names: str, by: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A public status with these hashtags."""
    author = by or account()
    home = author["uri"].split("/")[2]
    return _checked(
        {
            "id": number,
            "uri": f"https://{home}/users/{author['username']}/statuses/{number}",
            "url": f"https://{home}/@{author['username']}/{number}",
            "created_at": "2026-11-20T08:00:00.000Z",
            "account": author,
            "content": "<p>Up the hill</p>",
            "spoiler_text": "",
            "sensitive": False,
            "language": "en",
            "visibility": "public",
            "replies_count": 2,
            "reblogs_count": 1,
            "favourites_count": 7,
            "in_reply_to_id": None,
            "tags": tags(*names),
            "mentions": [],
            "media_attachments": [],
            "card": None,
            "reblog": None,
            **fields,
        },
        _STATUS,
    )


def context(*descendants: dict[str, Any], ancestors: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"ancestors": list(ancestors), "descendants": list(descendants)}


def uri(number: str, name: str = "alice", host: str = OWN) -> str:
    return f"https://{host}/users/{name}/statuses/{number}"
