"""Audience fit: languages, places and interests of the sampled commenters against the brief's segments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring.brief_terms import phrases_of
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, not_applicable, scored
from services.scoring.evidence import Evidence
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import FULL, share_width
from services.scoring.text.languages import primary
from services.scoring.text.normalise import clean
from shared.schemas.brief import Segment
from shared.schemas.evidence import Commenter

# Aggregates over fewer people than this are not made.
MIN_PEOPLE = 10
# From the share of the people who match to points: nobody's audience is all of one place and interest.
_POINTS = ((0.0, 0.0), (0.1, 30.0), (0.3, 70.0), (0.6, 95.0), (0.8, 100.0))
# A creator's own report speaks as loudly as this many sampled people.
_REPORT_PEOPLE = 100


@dataclass(frozen=True, slots=True)
class Dimension:
    """One asked dimension of a segment; value None when too few people are known."""

    value: float | None
    width: float
    reason: str
    people: int


class AudienceFit(Criterion):
    """The best segment's mean over the dimensions it asks for. A dimension of which too little is known widens by its
    part. Age and gender come from the creator's own reports only."""

    version = "1"
    title = "Audience fit"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        if not context.terms.asked_segments:
            return not_applicable("the brief asks for no languages, places, interests or ages")
        segments = context.brief.audience.segments
        found = [(segment, _dimensions(segment, evidence)) for segment in segments]
        asked = [(segment, dimensions) for segment, dimensions in found if dimensions]
        known = [(_mean(dimensions), dimensions) for _, dimensions in asked if _known(dimensions)]
        reasons_unknown = [dimension.reason for _, dimensions in asked for dimension in dimensions]
        if not known:
            return abstained(*dict.fromkeys(reasons_unknown))
        value, dimensions = max(known, key=lambda pair: pair[0])
        # every segment could be the best one, so the widest speaks for all
        width = max(math.fsum(dimension.width for dimension in dimensions) / len(dimensions) for _, dimensions in asked)
        return scored(
            value,
            width,
            [dimension.reason for dimension in dimensions],
            data_used=data_used(
                accounts=max(dimension.people for dimension in dimensions),
                times=[commenter.last_at for commenter in evidence.commenters],
            ),
        )


def _known(dimensions: Sequence[Dimension]) -> list[float]:
    return [dimension.value for dimension in dimensions if dimension.value is not None]


def _mean(dimensions: Sequence[Dimension]) -> float:
    known = _known(dimensions)
    return math.fsum(known) / len(known)


def _dimensions(segment: Segment, evidence: Evidence) -> list[Dimension]:
    people = evidence.commenters
    name = evidence.words_for_audience
    found = []
    if segment.languages:
        asked = {primary(language) for language in segment.languages}
        spoken = [primary(one) for commenter in people if (one := commenter.language or _language(evidence, commenter))]
        found.append(_share("speak the asked languages", sum(one in asked for one in spoken), len(spoken), name))
    if segment.countries:
        countries = [commenter.country for commenter in people if commenter.country is not None]
        matching = sum(country in segment.countries for country in countries)
        reported = _reported(evidence, "country", set(segment.countries))
        found.append(reported or _share("are from the asked countries", matching, len(countries), name))
    if segment.places:
        wanted = [f" {' '.join(clean(place).split())} " for place in segment.places]
        places = [f" {' '.join(clean(commenter.place).split())} " for commenter in people if commenter.place]
        matching = sum(any(place in one.replace(",", " ") for place in wanted) for one in places)
        found.append(_share("are from the asked places", matching, len(places), name))
    if segment.interests:
        interests = {phrase.joined for phrase in phrases_of(segment.interests, None)}
        tagged = [commenter for commenter in people if commenter.hashtags]
        matching = sum(not interests.isdisjoint(map(clean, commenter.hashtags[:50])) for commenter in tagged)
        found.append(_share("post about the asked interests", matching, len(tagged), name))
    if segment.age_bands:
        reported = _reported(evidence, "age", set(segment.age_bands))
        found.append(reported or Dimension(None, FULL, "ages are known from the creator's own reports only", 0))
    return found


def _language(evidence: Evidence, commenter: Commenter) -> str | None:
    """The language most of a person's comments here are in; the alphabetically first of equals."""
    counts = evidence.memo.get("commenter_languages")
    if not isinstance(counts, dict):
        counts = {}
        for comment in evidence.comments:
            if comment.text.language is not None:
                spoken = counts.setdefault(comment.comment.commenter, {})
                spoken[comment.text.language] = spoken.get(comment.text.language, 0) + 1
        evidence.memo["commenter_languages"] = counts
    spoken = counts.get(commenter.pseudonym)
    return min(spoken, key=lambda language: (-spoken[language], language)) if spoken else None


def _share(what: str, matching: int, known: int, people: str) -> Dimension:
    if known < MIN_PEOPLE:
        return Dimension(None, FULL, f"whether {people} {what}: known of {known}, at least {MIN_PEOPLE} are needed", 0)
    share = matching / known
    return Dimension(curve(share, _POINTS), share_width(known), f"{share:.0%} of {known} {people} {what}", known)


def _reported(evidence: Evidence, dimension: str, wanted: set[str]) -> Dimension | None:
    """The newest own report that has this dimension; trust: creator reported."""
    reports = sorted(evidence.bundle.audience_reports, key=lambda one: (one.reported_on, one.received_at), reverse=True)
    for report in reports[:20]:
        shares = [entry for entry in report.shares if entry.dimension in (dimension, f"{dimension}_band")]
        if shares:
            share = min(1.0, math.fsum(sorted(entry.share for entry in shares if entry.key in wanted)))
            return Dimension(
                curve(share, _POINTS), share_width(_REPORT_PEOPLE),
                f"{share:.0%} by {dimension}, as the creator reports of {report.reported_on}", 0,
            )  # fmt: skip
    return None


AUDIENCE_FIT = AudienceFit()
