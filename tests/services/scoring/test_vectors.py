"""Packed values give the same totals as one candidate at a time."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.criterion import Outcome, abstained, not_applicable, scored
from services.scoring.totals import total
from services.scoring.vectors import Vectors, ranks, totals

CRITERIA = ("audience_fit", "engagement", "niche_focus")
OUTCOMES = st.one_of(
    st.builds(lambda value, width: scored(value, width, ["measured"]), st.floats(0, 100), st.floats(0, 100)),
    st.just(abstained("unknown")),
    st.just(not_applicable("not asked")),
)
ROWS = st.lists(
    st.tuples(st.fixed_dictionaries(dict.fromkeys(CRITERIA, OUTCOMES)), st.booleans()), min_size=1, max_size=9
)
WEIGHTS = st.fixed_dictionaries(dict.fromkeys(CRITERIA, st.integers(0, 1_000)))


def packed(rows: list[tuple[dict[str, Outcome], bool]]) -> Vectors:
    made = Vectors.of(CRITERIA, [(UUID(int=index), eligible, row) for index, (row, eligible) in enumerate(rows)])
    return Vectors.unpacked(made.packed())


@given(ROWS, WEIGHTS)
def test_packed_totals_equal_single_ones(rows: list[tuple[dict[str, Outcome], bool]], weights: dict[str, int]) -> None:
    found = totals(packed(rows), weights)
    for index, (row, _) in enumerate(rows):
        one = total(row, weights)
        assert (found.value[index], found.low[index], found.high[index], found.known[index]) == (
            -1 if one.value is None else one.value, one.low, one.high, one.known,
        )  # fmt: skip


@given(ROWS, WEIGHTS)
def test_ranks_are_1_to_n_over_the_eligible_and_lie_in_their_range(
    rows: list[tuple[dict[str, Outcome], bool]], weights: dict[str, int]
) -> None:
    vectors = packed(rows)
    found = ranks(vectors, totals(vectors, weights))
    eligible = [index for index, (_, ok) in enumerate(rows) if ok]
    assert sorted(found.rank[index] for index in eligible) == list(range(1, len(eligible) + 1))
    assert all(found.best[index] <= found.rank[index] <= found.worst[index] for index in eligible)
    assert all(found.rank[index] == 0 for index in range(len(rows)) if index not in eligible)


def test_a_candidate_surely_better_than_all_has_one_possible_rank() -> None:
    rows = [({"engagement": scored(value, 4, ["m"])}, True) for value in (90, 50, 51)]
    vectors = Vectors.of(("engagement",), [(UUID(int=i), ok, row) for i, (row, ok) in enumerate(rows)])
    found = ranks(vectors, totals(vectors, {"engagement": 1}))
    assert list(zip(found.best, found.worst, strict=True)) == [(1, 1), (2, 3), (2, 3)]


def test_joined_parts_keep_their_order() -> None:
    parts = [
        Vectors.of(("engagement",), [(UUID(int=number), True, {"engagement": scored(number, 1, ["m"])})])
        for number in (3, 1)
    ]
    assert [creator.int for creator in Vectors.joined(parts).creators] == [3, 1]
