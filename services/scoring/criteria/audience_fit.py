"""Audience fit: languages, places and interests of the sampled commenters, or of the creator's own report, against
the brief's segments."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring import own_reports
from services.scoring.brief_terms import phrases_of
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, Part, abstained, data_used, not_applicable, scored
from services.scoring.evidence import Evidence
from services.scoring.own_reports import OwnShare
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import FULL, placed, share_width
from services.scoring.text.languages import primary
from services.scoring.text.normalise import clean
from shared.schemas.brief import Segment
from shared.schemas.evidence import Commenter
from shared.schemas.rankings import EvidenceLink

# Aggregates over fewer people than this are not made.
MIN_PEOPLE = 10
# From the share of the people who match to points: nobody's audience is all of one place and interest.
_POINTS = ((0.0, 0.0), (0.1, 30.0), (0.3, 70.0), (0.6, 95.0), (0.8, 100.0))


@dataclass(frozen=True, slots=True)
class Dimension:
    """One asked dimension of a segment; value None when too few people are known. `people` were sampled; `link` shows
    the report that it comes from instead."""

    name: str
    value: float | None
    width: float
    reason: str
    people: int
    link: EvidenceLink | None = None


class AudienceFit(Criterion):
    """The best segment's mean over the dimensions it asks for. A dimension of which too little is known widens by its
    part. Age comes from the creator's own reports only; of places, languages and interests the sample or the report
    speaks, whichever says more surely. Grows with the share of people who match."""

    version = "2"
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
            evidence=dict.fromkeys(dimension.link for dimension in dimensions if dimension.link is not None),
            data_used=data_used(
                accounts=max(dimension.people for dimension in dimensions),
                times=[commenter.last_at for commenter in evidence.commenters],
            ),
            parts=[_part(dimension) for dimension in dimensions],
        )


def _part(dimension: Dimension) -> Part:
    low, high = (0.0, FULL) if dimension.value is None else placed(dimension.value, dimension.width)
    return Part(dimension.name, dimension.value, low, high, dimension.reason)


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
        measured = _share(
            "languages", f"{name} speak the asked languages", sum(one in asked for one in spoken), len(spoken)
        )
        found.append(_surer(measured, own_reports.languages(evidence, segment.languages)))
    if segment.countries:
        countries = [commenter.country for commenter in people if commenter.country is not None]
        matching = sum(country in segment.countries for country in countries)
        measured = _share("countries", f"{name} are from the asked countries", matching, len(countries))
        found.append(_surer(measured, own_reports.countries(evidence, segment.countries)))
    if segment.places:
        wanted = [f" {' '.join(clean(place).split())} " for place in segment.places]
        places = [f" {' '.join(clean(commenter.place).split())} " for commenter in people if commenter.place]
        matching = sum(any(place in one.replace(",", " ") for place in wanted) for one in places)
        measured = _share("places", f"{name} are from the asked places", matching, len(places))
        found.append(_surer(measured, own_reports.places(evidence, segment.places)))
    if segment.interests:
        interests = {phrase.joined for phrase in phrases_of(segment.interests, None)}
        tagged = [commenter for commenter in people if commenter.hashtags]
        matching = sum(not interests.isdisjoint(map(clean, commenter.hashtags[:50])) for commenter in tagged)
        measured = _share("interests", f"{name} post about the asked interests", matching, len(tagged))
        found.append(_surer(measured, own_reports.interests(evidence, interests)))
    if segment.age_bands:
        unknown = Dimension("ages", None, FULL, "ages are known from the creator's own reports only", 0)
        found.append(_surer(unknown, own_reports.ages(evidence, segment.age_bands)))
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


def _share(dimension: str, what: str, matching: int, known: int) -> Dimension:
    if known < MIN_PEOPLE:
        return Dimension(
            dimension, None, FULL, f"whether {what}: known of {known}, at least {MIN_PEOPLE} are needed", 0
        )
    share = matching / known
    return Dimension(dimension, curve(share, _POINTS), share_width(known), f"{share:.0%} of {known} {what}", known)


def _surer(measured: Dimension, reported: OwnShare | None) -> Dimension:
    """The sample, or the report where that leaves less open; the other one beside it in words."""
    if reported is None:
        return measured
    width = share_width(reported.people)
    said = f"{reported.share:.0%} by {measured.name} as the creator reports of {reported.report.reported_on}"
    if measured.value is not None and measured.width <= width:
        return Dimension(
            measured.name, measured.value, measured.width, f"{measured.reason}; {said}", measured.people, reported.link
        )
    beside = "" if measured.value is None else f"; {measured.reason}"
    return Dimension(
        measured.name, curve(reported.share, _POINTS), width, f"{said}{beside}", measured.people, reported.link
    )


AUDIENCE_FIT = AudienceFit()
