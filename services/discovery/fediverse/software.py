"""What kinds of Fediverse servers do differently behind the same paths."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Software:
    """A kind of server. `links_pages`: it tells the next page by a Link header; `answers_cut_at`: how many answers to a
    status it shows without a token and with one; `direct_answers_only`: none to answers."""

    name: str
    needs_token: bool = False
    links_pages: bool = True
    answers_cut_at: tuple[int, int] = (60, 4_096)
    direct_answers_only: bool = False
    lists_quotes: bool = True
    hashtag_window: str | None = None


MASTODON = Software(name="Mastodon")
_KNOWN = {
    "gotosocial": Software(name="GoToSocial", needs_token=True, lists_quotes=False),
    "pixelfed": Software(
        name="Pixelfed",
        needs_token=True,
        links_pages=False,
        answers_cut_at=(20, 20),
        direct_answers_only=True,
        lists_quotes=False,
        hashtag_window="Pixelfed shows the newest 100 posts of a hashtag, and none older than six months",
    ),
}


def software_named(name: str | None) -> Software:
    """The kind by its NodeInfo name; one that is not known is taken for Mastodon, whose paths it offers."""
    return _KNOWN.get((name or "").strip().lower(), MASTODON)
