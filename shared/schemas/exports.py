"""Searches as files: a candidate a line, and of everybody else numbers only."""

from shared.schemas.base import Natural, Schema
from shared.schemas.searches import Candidate


class Elsewhere(Schema):
    """Where a candidate commented under accounts that are no candidates: how often, under how many, on which posts."""

    comments: Natural = 0
    accounts: Natural = 0
    posts: Natural = 0


class ExportedCandidate(Candidate):
    """A candidate as a line of an export; its provenance names candidates of the same search and nobody else.

    `elsewhere` counts the comments of its provenance that stand under other accounts, and the posts of its provenance
    that others published.
    """

    elsewhere: Elsewhere = Elsewhere()
