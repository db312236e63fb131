from datetime import datetime, timedelta

import pytest
from mail_mailjet.tools.smtp.retry_schedule import delay_after, is_given_up, next_try

NOW = datetime(2026, 3, 5, 12)


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 60), (5, 60), (1000, 60)]
)
def test_delays(tries, minutes):
    assert delay_after(tries) == timedelta(minutes=minutes)
    assert next_try(tries, NOW, lambda: 0) == NOW + timedelta(minutes=minutes)
    assert next_try(tries, NOW, lambda: 1) == NOW + timedelta(minutes=1.2 * minutes)


def test_given_up_after_a_day():
    day = timedelta(hours=24)
    assert is_given_up(NOW, NOW + day)
    assert not is_given_up(NOW, NOW + day - timedelta(seconds=1))
    assert not is_given_up(None, NOW)
    assert not is_given_up(False, NOW)
