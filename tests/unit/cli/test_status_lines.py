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
