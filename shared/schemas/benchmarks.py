"""Benchmarks on the wire: how creators of one platform and size do."""

from typing import Annotated

from pydantic import Field

from shared.schemas.base import Key, LineText, Natural, Schema

Rate = Annotated[float, Field(ge=0, le=1e9)]


class Benchmark(Schema):
    """One cell: rates are per follower or per view, as `measure` says; quantiles over creators.

    `creators` is how many of the workspace's own are behind it; 0 means the shipped prior alone, named in `source`.
    `spread_between` and `spread_within` are standard deviations of the log rate between creators and between the
    posts of one. Platform and tier `any` serve where nothing closer is known.
    """

    platform: Key
    measure: Key
    tier: Key
    creators: Natural
    median: Rate
    p10: Rate
    p90: Rate
    spread_between: Annotated[float, Field(ge=0)]
    spread_within: Annotated[float, Field(ge=0)]
    source: LineText
