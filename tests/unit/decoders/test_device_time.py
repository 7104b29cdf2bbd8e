"""Guards which times of devices are believed: from 2020 on, and until 5 minutes after the reception."""

from datetime import UTC, datetime, timedelta

import pytest

from decoders.contract import DecodeRefused
from decoders.device_time import stored_time

Y2020_S = 1_577_836_800
RECEIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)
RECEIVED_S = 1_767_225_600


def test_a_believable_time_is_given() -> None:
    assert stored_time(Y2020_S, None) == datetime(2020, 1, 1, tzinfo=UTC)
    assert stored_time(RECEIVED_S + 300, RECEIVED_AT) == RECEIVED_AT + timedelta(minutes=5)
    assert stored_time(2**32 - 1, None).year == 2106


@pytest.mark.parametrize(
    ("unix_s", "received_at"), [(Y2020_S - 1, None), (0, None), (RECEIVED_S + 301, RECEIVED_AT)]
)
def test_another_time_is_that_of_a_clock_that_is_not_set(
    unix_s: int, received_at: datetime | None
) -> None:
    with pytest.raises(DecodeRefused) as refused:
        stored_time(unix_s, received_at)
    assert refused.value.reason == "clock_not_set"
