"""The table that holds events in memory."""

from hypothesis import given, settings
from hypothesis import strategies as st
from mail_mailjet.tests.standins.reporting.event_table import EventFacts, EventTable

MOMENTS = st.integers(1, 30)


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(("add", "late", "move", "remove", "show", "extend")),
            MOMENTS,
            MOMENTS,
        ),
        max_size=40,
    ),
    window=st.tuples(MOMENTS, MOMENTS),
    now=MOMENTS,
)
def test_a_table_behaves_like_a_plain_list(steps, window, now):
    table, plain = EventTable(), {}
    for step, moment, value in steps:
        chosen = sorted(plain)[value % len(plain)] if plain else None
        if step in ("add", "late"):
            visible = value if step == "late" else None
            number = table.add(EventFacts(value, -1, moment), visible)
            plain[number] = [moment, visible or 0]
        elif step == "extend":
            times = sorted((moment, value))
            numbers = table.extend(message=[1, 2], campaign=[0, 0], at=times)
            plain.update({n: [at_, 0] for n, at_ in zip(numbers, times, strict=True)})
        elif chosen is not None and step == "move":
            table.move(chosen, moment)
            plain[chosen][0] = moment
        elif chosen is not None and step == "show":
            table.show_at(chosen, moment)
            plain[chosen][1] = moment
        elif chosen is not None:
            table.remove(chosen)
            del plain[chosen]
    after, until = window
    expected = [
        number
        for number, (moment, visible) in plain.items()
        if after < moment <= until and visible <= now
    ]
    found = list(table.between(after, until, now))
    assert sorted(found) == sorted(expected)
    times = [plain[number][0] for number in found]
    assert times == sorted(times)
    assert len(table) == len(plain)
    hidden = [number for number, (_at, visible) in plain.items() if visible > now]
    assert table.hidden_count(now) == len(hidden)
