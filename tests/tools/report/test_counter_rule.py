from datetime import datetime, timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mail_mailjet.tools.report.counter_rule import (
    MOST_SLICES,
    SLICES,
    beginning,
    problem_of,
    windows,
)

MOMENTS = st.datetimes(datetime(2018, 4, 3), datetime(2030, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


@pytest.mark.parametrize(
    ("source", "timing", "resolution"),
    list(
        product(
            ("APIKey", "Campaign", "List", "Sender"),
            ("Message", "Event"),
            ("Highest", "Hour", "Day", "Lifetime"),
        )
    ),
)
def test_what_mailjet_refuses_has_a_reason(source, timing, resolution):
    allowed = {
        "APIKey": (timing, resolution) != ("Event", "Lifetime"),
        "Campaign": (timing, resolution) != ("Event", "Lifetime"),
        "List": (timing, resolution) == ("Message", "Lifetime"),
        "Sender": timing == "Message",
    }[source]
    problem = problem_of(source, timing, resolution)
    assert (problem is None) == allowed
    assert allowed or str(problem).endswith(".")


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)), st.sampled_from("HD"))
def test_windows_cover_each_slice_once_and_at_most_100(start, length, letter):
    resolution = {"H": "Hour", "D": "Day"}[letter]
    end = (start + length).replace(microsecond=0)
    found = list(windows(start, end, resolution))
    width = SLICES[resolution]
    assert all(until - begin <= MOST_SLICES * width for begin, until in found)
    assert all(newer[0] == older[1] for newer, older in pairwise(found))
    first, last = found[-1][0], found[0][1]
    # The start of a window is excluded: its first slice begins a second later
    assert first < start <= first + width + timedelta(seconds=1)
    assert last == end
    for begin, _until in found:
        midnight = begin.replace(hour=0, minute=0, second=0)
        assert (begin + timedelta(seconds=1) - midnight) % width == timedelta(0)


def test_finer_counters_start_later():
    now = datetime(2026, 11, 25, 12)
    assert beginning("Day", now) == datetime(2018, 4, 3)
    assert beginning("Hour", now) == datetime(2025, 11, 24, 12)
    assert beginning("Highest", now) == datetime(2026, 11, 18, 12)
