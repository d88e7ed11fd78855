"""Answers of the YouTube Data API, constructed, and each checked against the API's discovery document."""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient

CHANNEL = "UC" + "a" * 22
OTHER_CHANNEL = "UC" + "b" * 22
UPLOADS = "UU" + "a" * 22


def video_id(number: int) -> str:
    return f"video{number:06d}"


@cache
def document() -> dict[str, Any]:
    """The discovery document that ships with Google's client."""
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    loaded: dict[str, Any] = json.loads((folder / "youtube.v3.json").read_text())
    return loaded


@cache
def methods() -> dict[str, dict[str, Any]]:
    """The methods by path, without the API's prefix."""
    found = [method for resource in document()["resources"].values() for method in resource.get("methods", {}).values()]
    return {method["path"].removeprefix("youtube/v3/"): method for method in found if method["httpMethod"] == "GET"}


def checked_call(path: str, params: Mapping[str, str]) -> None:
    """Asserts that the API has this method, these parameters, and that numbers are within its bounds."""
    known = methods()[path]["parameters"]
    for name, value in params.items():
        assert name in known, f"{path} has no parameter {name}"
        rule = known[name]
        if rule["type"] == "integer":
            assert int(rule.get("minimum", 0)) <= int(value) <= int(rule.get("maximum", 1 << 31))
        if "enum" in rule:
            assert set(value.split(",")) <= set(rule["enum"])
    assert all(name in params for name, rule in known.items() if rule.get("required"))


def checked(path: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, if the document allows it for this method; AssertionError names the field otherwise."""
    _check(answer, {"$ref": methods()[path]["response"]["$ref"]}, path)
    return answer


def _check(value: Any, schema: Mapping[str, Any], where: str) -> None:
    if "$ref" in schema:
        schema = document()["schemas"][schema["$ref"]]
    kind = schema.get("type")
    if kind == "object":
        assert isinstance(value, dict), where
        for name, item in value.items():
            known = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            assert known is not None, f"{where} has no field {name}"
            _check(item, known, f"{where}.{name}")
    elif kind == "array":
        assert isinstance(value, list), where
        for item in value:
            _check(item, schema["items"], where)
    elif kind in ("integer", "number"):
        assert type(value) is int, where
    elif kind == "boolean":
        assert type(value) is bool, where
    elif kind == "string":
        assert isinstance(value, str), where
        assert value in schema.get("enum", [value]), where
        if schema.get("format") in ("uint64", "int64"):
            assert re.fullmatch(r"\d+", value), f"{where} is a number in a text"
        if schema.get("format") == "date-time":
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value), where


def video(number: int, told: str = "#TrailRunning", *, by: str = CHANNEL, **parts: Any) -> dict[str, Any]:
    """A video with its parts; None leaves a part out."""
    found = {
        "kind": "youtube#video",
        "id": video_id(number),
        "snippet": {
            "channelId": by,
            "channelTitle": "Alice",
            "title": f"Hill {number}",
            "description": told,
            "publishedAt": "2026-11-20T08:00:00Z",
            "tags": ["keyword"],
            "thumbnails": {"high": {"url": "https://i.ytimg.com/1.jpg", "width": 480, "height": 360}},
            "defaultAudioLanguage": "en-GB",
        },
        "statistics": {"viewCount": "900", "likeCount": "40", "commentCount": "3", "favoriteCount": "0"},
        "contentDetails": {"duration": "PT1H2M3S"},
        "paidProductPlacementDetails": {"hasPaidProductPlacement": True},
        **parts,
    }
    return {name: part for name, part in found.items() if part is not None}


def videos(*items: dict[str, Any]) -> dict[str, Any]:
    return checked("videos", {"kind": "youtube#videoListResponse", "items": list(items)})


def stats(number: int, **statistics: str) -> dict[str, Any]:
    return {
        "id": video_id(number),
        "snippet": {"publishTime": "2026-11-20T08:00:00Z"},
        "statistics": statistics or {"viewCount": "901", "likeCount": "41", "commentCount": "3"},
        "contentDetails": {"duration": "PT61S"},
    }


def batch(*items: dict[str, Any]) -> dict[str, Any]:
    return checked("videos:batchGetStats", {"items": list(items)})


def search(numbers: Sequence[int], token: str | None = None) -> dict[str, Any]:
    items = [
        {
            "kind": "youtube#searchResult",
            "id": {"kind": "youtube#video", "videoId": video_id(number)},
            "snippet": {
                "channelId": CHANNEL,
                "channelTitle": "Alice",
                "title": f"Hill {number}",
                "description": "cut …",
                "publishedAt": "2026-11-20T08:00:00Z",
            },
        }
        for number in numbers
    ]
    answer = {"items": items, "pageInfo": {"totalResults": 1_000_000, "resultsPerPage": 50}}
    return checked("search", answer | ({"nextPageToken": token} if token else {}))


def comment(number: int, by: str | None = OTHER_CHANNEL, **snippet: Any) -> dict[str, Any]:
    return {
        "id": f"comment{number}",
        "snippet": {
            "videoId": video_id(1),
            "textDisplay": f"Comment {number}",
            "authorDisplayName": "@Bob_runs",
            "likeCount": 2,
            "publishedAt": "2026-11-20T09:00:00Z",
            "updatedAt": "2026-11-20T09:00:00Z",
            **({"authorChannelId": {"value": by}} if by else {}),
            **snippet,
        },
    }


def thread(number: int, *shown: dict[str, Any], total: int | None = 0) -> dict[str, Any]:
    """A comment with the answers that come along, of `total`."""
    found: dict[str, Any] = {"id": f"comment{number}", "snippet": {"topLevelComment": comment(number)}}
    if total is not None:
        found["snippet"]["totalReplyCount"] = total
    return found | ({"replies": {"comments": list(shown)}} if shown else {})


def threads(*items: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"items": list(items)}
    return checked("commentThreads", answer | ({"nextPageToken": token} if token else {}))


def answers(*items: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"items": list(items)}
    return checked("comments", answer | ({"nextPageToken": token} if token else {}))


def channel(channel_id: str = CHANNEL, **statistics: Any) -> dict[str, Any]:
    return {
        "id": channel_id,
        "snippet": {
            "title": "Alice",
            "description": "Hills",
            "customUrl": "@alice.runs",
            "country": "GB",
            "publishedAt": "2019-01-02T03:04:05Z",
        },
        "statistics": {
            "subscriberCount": "12300",
            "hiddenSubscriberCount": False,
            "videoCount": "70",
            "viewCount": "500000",
            **statistics,
        },
        "contentDetails": {"relatedPlaylists": {"uploads": UPLOADS}},
    }


def channels(*items: dict[str, Any]) -> dict[str, Any]:
    return checked("channels", {"items": list(items)} if items else {})


def playlist(numbers: Sequence[int], token: str | None = None) -> dict[str, Any]:
    items = [{"contentDetails": {"videoId": video_id(number)}} for number in numbers]
    return checked("playlistItems", {"items": items} | ({"nextPageToken": token} if token else {}))
