"""What the comments under a creator's posts look like: generic praise, the same words again, emoji alone."""

from collections import Counter
from dataclasses import dataclass

from services.scoring.evidence import Evidence
from services.scoring.statistics.curves import curve
from services.scoring.text.languages import CLAIMED
from services.scoring.text.phrases import is_generic

# Aggregates over fewer people than this are not made.
MIN_PEOPLE = 10
# Most audiences praise in one word; only a sample with hardly anything else looks made.
_POINTS = ((0.0, 100.0), (0.35, 95.0), (0.6, 65.0), (0.8, 30.0), (0.95, 5.0), (1.0, 0.0))


@dataclass(frozen=True, slots=True)
class CommentQuality:
    """Counts over comments in claimed languages and wordless ones; `value` in points."""

    read: int
    people: int
    generic: int
    duplicated: int
    emoji_only: int
    value: float


def comment_quality(evidence: Evidence) -> CommentQuality | None:
    """None for fewer than MIN_PEOPLE commenters with a comment that can be read.

    A repeated text counts as duplicated when different people wrote the same three words or more; generic and
    emoji-only comments weigh half, since real people write them too.
    """
    read = [
        comment
        for comment in evidence.comments
        if comment.emoji_only or (comment.text.words and comment.text.language in CLAIMED)
    ]
    people = {comment.comment.commenter for comment in read}
    if len(people) < MIN_PEOPLE:
        return None
    writers: dict[tuple[str, ...], set[str]] = {}
    for comment in read:
        if len(comment.text.words) >= 3:
            writers.setdefault(comment.text.words, set()).add(comment.comment.commenter)
    kinds: Counter[str] = Counter()
    for comment in read:
        language = comment.text.language
        if len(writers.get(comment.text.words, ())) > 1:
            kinds["duplicated"] += 1
        elif comment.emoji_only:
            kinds["emoji_only"] += 1
        elif language is not None and is_generic(comment.text.words, language):
            kinds["generic"] += 1
    share = (kinds["duplicated"] + 0.5 * (kinds["generic"] + kinds["emoji_only"])) / len(read)
    return CommentQuality(
        len(read), len(people), kinds["generic"], kinds["duplicated"], kinds["emoji_only"], curve(share, _POINTS)
    )
