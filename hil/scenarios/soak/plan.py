"""Which fault comes when: drawn from a seed before anything runs, so that a failure can be made to happen again.

Each lane has one fault at a time; lanes overlap. A lane deals its kinds like a deck of cards, shuffled anew when
it is through, so that a short run has each of them too. In the last third no fault ends the daemon: there its
memory is watched.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

Lane = Literal["daemon", "broker", "link", "database", "modem", "disk", "attack", "reader"]
QUIET_FROM = 2 / 3
"""Share of the run after which the daemon is left to run."""
WARM_UP_S = 4.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the matrix."""

    name: str
    row: str
    """Of the fault matrix."""
    lasts_s: tuple[float, float] = (0.0, 0.0)
    """Between these; what ends by itself has none."""
    ends_daemon: bool = False


LANES: dict[Lane, tuple[float, tuple[Fault, ...]]] = {
    "daemon": (
        14.0,
        (
            Fault("daemon killed", "1-3", (0.0, 4.0), ends_daemon=True),
            Fault("daemon stopped under load", "56", (0.0, 2.0), ends_daemon=True),
            Fault("daemon killed twice", "1-3", (0.2, 1.0), ends_daemon=True),
            Fault("machine stalls", "13, 54", (1.0, 4.0)),
        ),
    ),
    "broker": (
        20.0,
        (
            Fault("broker restarted", "22", (0.0, 4.0)),
            Fault("broker killed", "23", (0.0, 3.0)),
            Fault("another client with our id", "27", (1.0, 2.0)),
        ),
    ),
    "link": (
        16.0,
        (
            Fault("broker half-open", "24", (11.0, 14.0)),
            Fault("connection to the broker reset", "22"),
            Fault("link to the broker slow", "31", (3.0, 6.0)),
        ),
    ),
    "database": (
        3.0,
        (
            Fault("database refuses", "31, 32", (2.0, 8.0)),
            Fault("database blackhole", "31", (4.0, 8.0)),
            Fault("database resets", "31", (2.0, 5.0)),
            Fault("database slow", "32", (3.0, 6.0)),
            Fault("answers lost after the write", "40", (2.0, 5.0)),
            Fault("database answers 500", "39", (2.0, 5.0)),
            Fault("database answers 503", "38", (2.0, 5.0)),
            Fault("database answers 404", "34", (2.0, 4.0)),
            Fault("database answers 429", "38", (2.0, 4.0)),
            Fault("credentials rotated", "33", (2.0, 6.0)),
        ),
    ),
    "modem": (
        15.0,
        (
            Fault("modem unplugged", "18", (1.0, 5.0)),
            Fault("noise on the serial line", "19"),
            Fault("modem unplugged and in at once", "18", (0.0, 0.2)),
        ),
    ),
    "disk": (30.0, (Fault("disk full", "8-10", (3.0, 6.0)),)),
    "attack": (
        2.0,
        (
            Fault("replayed frames", "44"),
            Fault("burst of bad MICs", "48"),
            Fault("malformed datagrams", "49"),
            Fault("hostile MQTT messages", "29"),
            Fault("flood of unknown devices", "48"),
            Fault("the same frames through a slow gateway", "47"),
        ),
    ),
    "reader": (5.0, (Fault("query of all there is", "59"),)),
}
"""Lane -> mean pause between two faults in seconds, and its kinds."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault with its time."""

    at_s: float
    """After the beginning."""
    lasts_s: float
    fault: Fault


def plan(seed: int, seconds: float) -> dict[Lane, list[Planned]]:
    """What each lane does in a run of so many seconds."""
    return {lane: list(_lane(lane, Random(f"{seed} {lane}"), seconds)) for lane in LANES}


def _lane(lane: Lane, rng: Random, seconds: float) -> Iterator[Planned]:
    pause_s, kinds = LANES[lane]
    deck: list[Fault] = []
    at_s = WARM_UP_S + rng.uniform(0, pause_s)
    while True:
        if not deck:
            deck = rng.sample(kinds, len(kinds))
        fault = deck.pop()
        lasts_s = rng.uniform(*fault.lasts_s)
        if at_s + lasts_s > seconds:
            return
        if not (fault.ends_daemon and at_s > QUIET_FROM * seconds):
            yield Planned(at_s, lasts_s, fault)
        at_s += lasts_s + rng.uniform(0.5, 1.5) * pause_s
