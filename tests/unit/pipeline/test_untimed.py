"""clock_never = "dead_letter": what never got a clock reaches no server, and each sink has it as a dead letter."""

from collections.abc import Sequence

import pytest

from gateway.errors import Unavailable
from gateway.health import Health
from gateway.model import Reading, Rejection, Series, Verdict
from gateway.pipeline.untimed import TimedOnly

TIMED = Series("air_quality", (("device", "a"),), ("pm1_0_ug_m3",))
UNTIMED = Series("air_quality", (("device", "a"),), ("pm1_0_ug_m3", "time_untrusted"))


class Server:
    name = "city"
    batch_lines = 7

    def __init__(self, answer: Verdict | Exception) -> None:
        self.health = Health("sink", self.name)
        self.offered: list[list[float]] = []
        self.closed = False
        self._answer = answer

    def deliver(self, readings: Sequence[Reading]) -> Verdict:
        self.offered.append([float(one.values[0]) for one in readings])
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def close(self) -> None:
        self.closed = True


def batch(*untimed: bool) -> list[Reading]:
    return [
        Reading(UNTIMED, n, (float(n), True)) if flag else Reading(TIMED, n, (float(n),))
        for n, flag in enumerate(untimed)
    ]


def test_a_batch_with_times_is_the_sinks_alone() -> None:
    server = Server(Verdict(kept=(1,)))
    assert TimedOnly(server).deliver(batch(False, False)) == Verdict(kept=(1,))
    assert server.offered == [[0, 1]]


def test_readings_without_a_time_are_rejected_with_the_reason_and_not_sent() -> None:
    server = Server(Verdict(rejected=(Rejection(1, 400, "type conflict"),), kept=(2,)))
    verdict = TimedOnly(server).deliver(batch(True, False, True, False, False))
    assert server.offered == [[1, 3, 4]]
    assert [(one.index, one.status) for one in verdict.rejected] == [(0, 0), (2, 0), (3, 400)]
    assert all(verdict.rejected[n].text.startswith("clock_never: ") for n in (0, 1))
    assert not any(one.expired for one in verdict.rejected)
    assert verdict.kept == (4,)


def test_a_server_is_not_asked_for_nothing() -> None:
    server = Server(Unavailable("away"))
    verdict = TimedOnly(server).deliver(batch(True, True))
    assert [one.index for one in verdict.rejected] == [0, 1]
    assert server.offered == []


def test_while_the_server_is_away_nothing_is_given_up() -> None:
    with pytest.raises(Unavailable):
        TimedOnly(Server(Unavailable("away"))).deliver(batch(True, False))


def test_it_is_the_sink_in_all_else() -> None:
    server = Server(Verdict())
    wrapped = TimedOnly(server)
    assert (wrapped.name, wrapped.batch_lines, wrapped.health) == ("city", 7, server.health)
    wrapped.close()
    assert server.closed
