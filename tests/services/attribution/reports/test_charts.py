"""Claims about charts: they are well-formed, escaped, and drawn to scale."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.reports.charts import Bar, BarRow, bars, columns, nice_ceiling

_TEXTS = st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60)


@given(st.lists(st.tuples(_TEXTS, st.none() | st.floats(0, 1e12), st.none() | st.floats(-1e9, 1e12)), max_size=8))
def test_bars_are_well_formed_whatever_they_are_called(rows: list[tuple[str, float | None, float | None]]) -> None:
    made = [BarRow(label, (Bar(first, "one"), Bar(second, "<two>"))) for label, first, second in rows]
    tree = ET.fromstring(bars(made, identifier="chart", title="A & B", description="<none>"))  # noqa: S314  # our own
    assert tree.attrib["role"] == "img"
    assert tree.attrib["aria-labelledby"].split() == [child.attrib["id"] for child in tree[:2]]


def test_bars_are_as_long_as_their_values() -> None:
    drawn = bars([BarRow("ana", (Bar(200, "200"), Bar(50, "50")))], identifier="c", title="t", description="d")
    first, second = (float(width) for width in re.findall(r'<rect [^>]*width="([\d.]+)"', drawn))
    assert first == 4 * second


def test_a_day_without_events_leaves_its_place_empty() -> None:
    day = date(2027, 3, 1)
    drawn = columns([(day, 4), (day + timedelta(days=2), 2)], identifier="c", title="t", description="d")
    places = [float(x) for x in re.findall(r'<rect [^>]*x="([\d.]+)"', drawn)]
    assert len(places) == 2
    heights = [float(height) for height in re.findall(r'<rect [^>]*height="([\d.]+)"', drawn)]
    assert heights[0] == 2 * heights[1]


@given(st.floats(0.001, 1e12))
def test_the_scale_ends_at_a_round_number_near_the_largest_value(value: float) -> None:
    top = nice_ceiling(value)
    assert value <= top <= max(2, 2 * value + 2)
    assert (top / 2).is_integer()
