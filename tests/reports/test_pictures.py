"""Pictures as SVG."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from governance.verdict import Distribution, GroupRate
from reports.groups import panels
from reports.pictures import LimitLine, bins, distribution, group_rates
from tests import builders

REGION, AGE = builders.verdict().distributions
HOSTILE = "]]></svg><script>&\x07"


def test_bins_of_a_number_are_open_at_both_ends() -> None:
    """The outer bins hold everything beyond, so no extreme row is named."""
    assert bins(AGE) == ["below 24", "24 to 31", "31 to 40", "40 to 52", "52 and above"]


def test_a_picture_says_in_words_what_moved_most() -> None:
    """The description names the range and both shares."""
    assert "Range that moved most: 52 and above, from 16.2 % to 30.9 %." in distribution(AGE)


@pytest.mark.parametrize("dist", [AGE, REGION], ids=["numeric", "categorical"])
def test_a_picture_is_xml_and_small(dist: Distribution) -> None:
    """It parses, and stays under three kilobytes."""
    svg = distribution(dist)

    assert ET.fromstring(svg).tag == "svg"  # noqa: S314 - our own SVG
    assert len(svg) < 3000


def test_hostile_names_stay_text_in_xml() -> None:
    """Names with markup and control characters give well-formed XML that holds them as text."""
    rates = [GroupRate(HOSTILE, HOSTILE, "selection_rate", 0.5, 0.4, 0.6, 100)]
    svgs = [
        distribution(replace(REGION, column=HOSTILE, marks=(HOSTILE, "b", "c"))),
        group_rates(rates, [LimitLine(0.5, HOSTILE)]),
    ]
    names = [[one.tag for one in ET.fromstring(svg).iter()] for svg in svgs]  # noqa: S314 - our own SVG

    assert all("script" not in found and found.count("svg") == 1 for found in names)


@pytest.mark.parametrize(
    "dist",
    [
        Distribution("c", "numeric", (), (), ()),
        Distribution("c", "numeric", (0.0, 1.0, 2.0), (0, 0), (5, 5)),
        Distribution("c", "categorical", ("a",), (3,), (0,)),
    ],
    ids=["no bins", "no current rows", "no reference rows"],
)
def test_an_empty_side_is_said_not_drawn(dist: Distribution) -> None:
    """A picture without rows on one side says so."""
    assert "no rows to draw" in distribution(dist)


def test_many_categories_are_pooled() -> None:
    """Beyond eight values the smallest stand together, and no row is lost."""
    names = tuple(f"v{i:02}" for i in range(20))
    svg = distribution(Distribution("c", "categorical", names, tuple(range(20)), tuple(range(20))))

    assert "12 more values" in svg
    assert "v19" in svg


def test_a_small_group_is_named_without_its_rate() -> None:
    """Fewer than ten rows: neither a dot nor a number, in picture and words."""
    rates = [GroupRate("sex", "x", "tpr", 0.666, 0.3, 0.9, 6), GroupRate("sex", "y", "tpr", 0.5, 0.4, 0.6, 90)]
    svg = group_rates(rates)

    assert "x: fewer than 10 rows" in svg
    assert "66.6" not in svg
    assert svg.count("<circle") == 1


def test_all_groups_small_still_gives_a_picture() -> None:
    """Nothing to scale by is no crash."""
    assert "fewer than 10 rows" in group_rates([GroupRate("sex", "x", "tpr", 0.6, 0.3, 0.9, 6)])


def test_limits_are_drawn_where_the_verdict_puts_them() -> None:
    """Four fifths of men's 41.2 % is 33.0 %, and 1.25 times is 51.5 %."""
    panel = next(panel for panel in panels(builders.verdict()) if panel.metric == "selection_rate")

    assert [(round(line.value, 4), line.words) for line in panel.limits][:2] == [
        (0.3296, "at least 33.0 %: 0.8 × that of men"),
        (0.515, "at most 51.5 %: 1.25 × that of men"),
    ]


def test_no_limit_beyond_what_a_share_can_be_is_drawn() -> None:
    """A limit above 100 % limits nothing and is left out."""
    verdict = builders.verdict()
    rates = tuple(replace(rate, value=0.95) for rate in verdict.rates)
    lines = [line for panel in panels(replace(verdict, rates=rates)) for line in panel.limits]

    assert all(0 <= line.value <= 1 for line in lines)
