"""Slugs of short links: readable aloud, not to be mistaken for each other, never a word that the service needs."""

import re
import unicodedata

# No 0 o, 1 i l, 5 s, 2 z, 8 b, u v: what is left is told apart in any font and on the phone.
ALPHABET = "34679acdefghjkmnpqrtwxy"
LENGTH = 8  # 23^8 is 78 thousand million
MIN_LENGTH, MAX_LENGTH = 3, 64
_SHAPE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")

# Paths that the services answer, or that people and programs expect on any host.
RESERVED = frozenset(
    """
    about abuse account accounts admin administrator api app apple-app-site-association assets auth blog browse
    campaign campaigns code codes contact conversions cookie cookies css dashboard docs download favicon feed health
    healthz help home hook hooks img index info js legal link links livez login logout mail metrics new news null
    oauth openapi page pages partner partners pay payment payments post posts privacy public qr readyz redirect
    redoc register report reports reset robots root rss script search security settings shop signin signup sitemap
    static status support sw swagger terms test undefined unsubscribe v1 v2 webhook webhooks well-known wp-admin
    wp-login www
    """.split()  # noqa: SIM905  # a list of words is read as one
)

# What is taken for something else at a glance; pairs first.
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_ALIKE = str.maketrans("01il5z8uq", "olllssbvg")


def skeleton(slug: str) -> str:
    """A key that look-alikes share: two slugs of one host must not have the same."""
    text = re.sub(r"[-_]", "", slug.lower()).replace("2", "z").translate(_ALIKE)
    for pair, single in _PAIRS:
        text = text.replace(pair, single)
    return text


_RESERVED_SKELETONS = frozenset(skeleton(word) for word in RESERVED)


def check(slug: str) -> str:
    """The slug itself; ValueError says why it cannot be one. Case is kept and does not tell slugs apart."""
    if not MIN_LENGTH <= len(slug) <= MAX_LENGTH:
        raise ValueError(f"a slug has {MIN_LENGTH} to {MAX_LENGTH} characters")
    if not _SHAPE.fullmatch(slug):
        raise ValueError("a slug holds letters, digits, - and _, and begins and ends with a letter or digit")
    if skeleton(slug) in _RESERVED_SKELETONS:
        raise ValueError("this slug is reserved, or looks like one that is")
    return slug


def from_random(entropy: bytes) -> str:
    """A random slug from at least 8 random bytes; the same bytes give the same slug. ValueError on fewer."""
    if len(entropy) < 8:
        raise ValueError("at least 8 random bytes are needed")
    number = int.from_bytes(entropy, "big")
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def from_words(*words: str) -> str | None:
    """A readable slug from names, Latin letters without their marks; None when too little is left or it is reserved."""
    plain = unicodedata.normalize("NFKD", " ".join(words)).encode("ascii", "ignore").decode().lower()
    text = "-".join(re.findall(r"[a-z0-9]+", plain))[:MAX_LENGTH].strip("-")
    try:
        return check(text)
    except ValueError:
        return None
