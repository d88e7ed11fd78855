"""What is shown beside a score and never scored: cadence, how products are talked about, mentions without a label."""

from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from services.scoring import mentions, own_reports
from services.scoring.brief_terms import contains
from services.scoring.context import Context
from services.scoring.evidence import Evidence
from services.scoring.statistics.intervals import median
from services.scoring.text.normalise import clean
from services.scoring.text.tokens import tokens
from shared.schemas.audience_reports import ReportedDimension
from shared.schemas.rankings import EvidenceLink, Observation

_MIN_DATED = 3
_EXAMPLES = 5
_LISTED = 50


def observations(evidence: Evidence, context: Context) -> tuple[Observation, ...]:
    """Everything there is to see, in a fixed order; nothing for what is not known."""
    makers: tuple[Callable[[Evidence, Context], Observation | None], ...] = (
        _cadence, _own_commenting, _reported, _tone, _products, _unlabelled,
    )  # fmt: skip
    return tuple(found for maker in makers if (found := maker(evidence, context)) is not None)


def _cadence(evidence: Evidence, context: Context) -> Observation | None:
    times = sorted(post.at for post in evidence.posts if post.at is not None)
    if len(times) < _MIN_DATED:
        return None
    days = max(1.0, (times[-1] - times[0]).total_seconds() / 86_400)
    gaps = [(later - earlier).total_seconds() / 86_400 for earlier, later in pairwise(times)]
    hours = Counter(time.hour for time in times)
    usual = sorted(hour for hour, _ in sorted(hours.items(), key=lambda pair: (-pair[1], pair[0]))[:3])
    return Observation(
        name="cadence",
        text=(
            f"{7 * (len(times) - 1) / days:.1f} posts a week over {days:.0f} days, half of the gaps below "
            f"{median(gaps):.1f} days, the longest {max(gaps):.0f}; mostly at {', '.join(map(str, usual))} o'clock UTC"
        ),
    )


def _own_commenting(evidence: Evidence, context: Context) -> Observation | None:
    own = evidence.bundle.own_commenting
    if own is None:
        return None
    return Observation(
        name="own_commenting", text=f"wrote {own.comments} comments under posts of {own.creators} others"
    )


def _reported(evidence: Evidence, context: Context) -> Observation | None:
    """Ages and genders as the creator reports them: nothing else tells them."""
    parts, reports = [], []
    for dimension in (ReportedDimension.AGE, ReportedDimension.GENDER):
        report = own_reports.loudest(evidence, dimension)
        if report is None:
            continue
        shares = sorted(
            (one for one in report.shares if one.dimension is dimension), key=lambda one: (-one.share, one.key)
        )
        told = ", ".join(f"{one.key} {one.share:.0%}" for one in shares[:8])
        parts.append(f"{dimension}: {told} (as the creator reports of {report.reported_on})")
        reports.append(own_reports.link_to(report))
    return Observation(name="reported_audience", text="; ".join(parts), evidence=tuple(reports)) if parts else None


def _tone(evidence: Evidence, context: Context) -> Observation | None:
    """Posts that use the words the brand talks in, or those it avoids."""
    tone = context.brief.tone
    if not tone.words and not tone.avoid:
        return None
    read = [post for post in evidence.posts if post.text.words]
    if not read:
        return None
    counts = []
    links: list[EvidenceLink] = []
    for label, terms in (("the brand's words", tone.words), ("words it avoids", tone.avoid)):
        wanted = [words for term in terms if (words := tuple(tokens(clean(term))))]
        hits = [post for post in read if any(contains(post.text.words, words) for words in wanted)]
        counts.append(f"{len(hits)} of {len(read)} posts use {label}")
        links.extend(post.link(label) for post in hits[:_EXAMPLES])
    return Observation(name="tone", text="; ".join(counts), evidence=tuple(links))


def _products(evidence: Evidence, context: Context) -> Observation | None:
    """Posts that name any product of the brand or its rivals: examples of how this creator talks about such things."""
    brand, rivals = mentions.brand_of(context.terms), mentions.competitors_of(context.terms)
    named = [
        (post, what) for post in evidence.posts if (what := brand.found_in(post) or rivals.found_in(post)) is not None
    ]
    if not named:
        return None
    return Observation(
        name="talks_about_products",
        text=f"{len(named)} posts name the brand, its products or its competitors; these are examples to read",
        evidence=tuple(post.link(what) for post, what in named[:_EXAMPLES]),
    )


def _unlabelled(evidence: Evidence, context: Context) -> Observation | None:
    brand = mentions.brand_of(context.terms)
    found = [post for post in evidence.posts if not post.paid and brand.found_in(post) is not None]
    if not found:
        return None
    return Observation(
        name="brand_mention_no_label_seen",
        text=f"{len(found)} posts mention the brand and no advertising label was seen: an observation, no accusation",
        evidence=tuple(post.link("no label seen") for post in found[:_LISTED]),
    )
