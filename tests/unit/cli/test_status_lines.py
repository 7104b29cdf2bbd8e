"""What `status` says of the running daemon: each way has a state and a sentence that adds to it."""

from gateway.cli.status import _live_lines


def test_a_sink_that_had_nothing_to_send_does_not_say_starting_twice() -> None:
    live = {
        "clock": {"trusted": True, "how": "ntp"},
        "sources": {},
        "sinks": {"city": {"state": "starting", "why": "starting"}},
        "gateway_clocks_disbelieved": {},
        "stalled": None,
        "moved_aside": None,
    }
    (line,) = (line for line in _live_lines(live) if line.startswith("sink city"))
    assert line.count("starting") == 1


def live(**more: object) -> dict[str, object]:
    quiet = {
        "clock": {"trusted": True, "how": "ntp"},
        "sources": {},
        "sinks": {},
        "gateway_clocks_disbelieved": {},
        "stalled": None,
        "moved_aside": None,
    }
    return quiet | more


def test_a_backlog_has_a_speed_and_an_end() -> None:
    city = {"state": "up", "why": "takes it", "readings_per_s": 5120.4, "time_left_s": 5400.0}
    (line,) = (
        line for line in _live_lines(live(sinks={"city": city})) if line.startswith("sink city")
    )
    assert line.endswith("takes it; 5,120 readings/s, nothing waits in 1:30:00")


def test_a_sink_without_a_backlog_has_neither() -> None:
    for left_s in (0.0, None):
        city = {"state": "up", "why": "takes it", "readings_per_s": 3.0, "time_left_s": left_s}
        (line,) = (
            line for line in _live_lines(live(sinks={"city": city})) if line.startswith("sink city")
        )
        assert line.endswith("takes it")


def test_jumps_of_the_clock_are_told() -> None:
    clock = {"trusted": False, "how": "unsynchronised", "jumps": 2, "last_jump_s": -3600.0}
    line = next(iter(_live_lines(live(clock=clock))))
    assert line.startswith(
        "clock NOT trusted, readings that need it wait (unsynchronised); it was moved 2 times"
    )
    assert line.endswith("by -3600 s")


def test_a_broker_that_lost_something_is_loud_though_it_works_again() -> None:
    up = {"state": "up", "why": "connected; the broker has dropped 3 messages"}
    for counters, colour in (({"broker_dropped": 3}, "[red]"), ({"broker_dropped": 0}, "[green]")):
        city = up | {"guarantee": "at least once", "counters": counters}
        (line,) = (
            line for line in _live_lines(live(sources={"city": city})) if line.startswith("source")
        )
        assert colour in line


def test_payloads_that_wait_for_their_codec_are_told_with_the_reason() -> None:
    decode = {
        "state": "down",
        "why": "the engine is not installed",
        "waiting": 1200,
        "counters": {},
    }
    (line,) = (line for line in _live_lines(live(decode=decode)) if "codec" in line)
    assert line == "1,200 payloads wait for their codec: [yellow]the engine is not installed[/]"
    lost = {"state": "up", "why": "payloads are decoded", "waiting": 0, "dropped": 1200}
    (line,) = (line for line in _live_lines(live(decode=lost)) if "codec" in line)
    assert line == "[red]1,200 payloads were dropped before their codec had answered[/]"
    idle = {"state": "up", "why": "payloads are decoded", "waiting": 0, "counters": {}}
    assert not any("codec" in line for line in _live_lines(live(decode=idle)))
