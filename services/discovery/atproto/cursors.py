"""Where a paged reading of Bluesky stands."""

from dataclasses import dataclass

from services.discovery import cursors


@dataclass(frozen=True, slots=True, kw_only=True)
class Position(cursors.Position):
    """For hashtag searches also: the `version` of the search call, which `spelling` is asked, and whether the answers
    so far show that the server `folds_case`, so that other spellings would bring the same posts. `reposts`: the likes
    of a post are read, the reposts are next."""

    version: int = 1
    spelling: int = 0
    folds_case: bool = False
    reposts: bool = False
