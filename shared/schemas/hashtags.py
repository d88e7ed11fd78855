"""Hashtags on the wire: which go with others more often than chance, how much each tells, how platforms spell it."""

from typing import Annotated

from pydantic import Field

from shared.schemas.base import Key, LineText, Natural, Schema, Share, ShortText


class HashtagFigures(Schema):
    """A hashtag in the workspace's archive.

    `creators` used it on `posts`. `information` is how much its use tells of what else an account posts about, from 0
    (nothing: its users are anybody) to 1 (all that so many users can tell); null where too few accounts are known.
    `generic` ones tell next to nothing. `spellings`: how each platform wants to be asked for it; where it is missing it
    cannot be asked.
    """

    hashtag: ShortText
    key: ShortText
    creators: Natural
    posts: Natural
    information: Share | None = None
    generic: bool = False
    spellings: dict[Key, ShortText] = {}  # noqa: RUF012  # pydantic copies it


class RelatedHashtag(HashtagFigures):
    """A hashtag that goes with the asked ones: `together` creators used both, where chance would have `expected`.

    `log_likelihood` is G², by which they are ordered. `p_value` is of the one-sided exact test, corrected for all the
    hashtags of the archive.
    """

    together: Natural
    expected: Annotated[float, Field(ge=0, le=1e15)]
    log_likelihood: Annotated[float, Field(ge=0, le=1e15)]
    p_value: Share


class RelatedHashtags(Schema):
    """What goes with some hashtags: counted over `creators` accounts that use any hashtag at all."""

    asked: tuple[HashtagFigures, ...]
    related: tuple[RelatedHashtag, ...]
    creators: Natural
    source: Key
    method: LineText
