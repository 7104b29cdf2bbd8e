"""A scene: what the receivers of a city hear in some rounds of reports, with what must come of each hearing.

    uplink           the first hearing of a frame
    repeated         a second gateway heard it too, or the device sent the same bytes again
    late             a slow gateway delivers it after the device's next one
    bad_crc          a ghost: a strong frame, heard broken on a channel beside its own
    bad_mic          a frame of a known address by somebody without the key
    unknown_device   a frame of somebody else's network
    join             a join request of a listed device

One uplink suffers one mischief at most, so that each outcome is certain.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from hil.simulators.air import AS923_1, Channel, Hearing, Receiver
from hil.simulators.device_list import identity
from hil.simulators.fleet import Fleet, FleetDevice, Uplink
from hil.simulators.joiner import Joiner

Outcome = Literal["uplink", "repeated", "late", "bad_crc", "bad_mic", "unknown_device", "join"]

BAD_MICS_PER_DEVICE = 4
"""A gateway may search a DevAddr's counter 5 times a minute, and leaves what is above it undecided."""

FOREIGN_NUMBER = 0x00FF_0001
"""A device of this city's numbering that is in no list."""

RESENT_AFTER_S = 3.0
DELIVERY_S = 0.05
"""From the end of a frame until its gateway hands it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mischief:
    """Every how many uplinks something happens; 0 is never."""

    second_gateway: int = 0
    resent: int = 0
    late: int = 0
    ghost: int = 0
    bad_mic: int = 0
    foreign: int = 0
    join: int = 0


EVERYTHING = Mischief(
    second_gateway=5, resent=7, late=11, ghost=13, bad_mic=17, foreign=19, join=23
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One hearing and what must come of it."""

    hearing: Hearing
    outcome: Outcome
    uplink: Uplink | None
    """The uplink that it carries, when it is one of the fleet's and can be read."""
    delivered_at: float
    """Unix time at which the gateway hands it on."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that was heard, in the order of delivery, and the uplinks that must come out of it."""

    heard: tuple[Heard, ...]
    truth: tuple[Uplink, ...]
    """In the order of sending, each once."""

    @property
    def hearings(self) -> list[Hearing]:
        """The hearings alone, in the order of delivery."""
        return [heard.hearing for heard in self.heard]

    def outcomes(self) -> Counter[str]:
        """How many hearings must have each outcome."""
        return Counter(heard.outcome for heard in self.heard)


def play(
    fleet: Fleet,
    *,
    start: float,
    rounds: int,
    interval_s: float = 60.0,
    mischief: Mischief = EVERYTHING,
    joiner: Joiner | None = None,
) -> Scene:
    """Let each device report once in each round, evenly spread over the interval.

    Joins happen only with a `joiner`, whose row then belongs in the devices file.
    """
    stage = _Stage(fleet, start, mischief, joiner)
    truth = []
    for turn in range(rounds * len(fleet.devices)):
        round_number, place = divmod(turn, len(fleet.devices))
        at = start + (round_number + place / len(fleet.devices)) * interval_s
        last_round = round_number == rounds - 1
        truth.append(stage.report(turn + 1, fleet.devices[place], at, last_round=last_round))
    heard = sorted(stage.heard, key=lambda one: one.delivered_at)
    return Scene(tuple(heard), tuple(truth))


class _Stage:
    """The receivers, and who is on the air besides the fleet."""

    def __init__(
        self, fleet: Fleet, start: float, mischief: Mischief, joiner: Joiner | None
    ) -> None:
        self.heard: list[Heard] = []
        self._mischief = mischief
        self._joiner = joiner
        self._rng = Random(f"scene {fleet.seed}")
        self._near = Receiver("02c17aff00000001", start - 5_000)
        self._far = Receiver("02c17aff00000002", start - 77)
        self._stranger = identity(
            fleet.seed, FOREIGN_NUMBER, name="stranger", decoder="air_quality"
        ).node()
        self._stranger_f_cnt = 0
        self._bad_mics: Counter[str] = Counter()
        self._held: dict[str, Heard] = {}

    def report(self, turn: int, device: FleetDevice, at: float, *, last_round: bool) -> Uplink:
        """One device's report, and what goes with it."""
        kind = self._kind(turn)
        uplink = device.speak(at, confirmed=kind == "resent")
        first = Heard(self._hear(self._near, at, uplink.phy), "uplink", uplink, at + DELIVERY_S)
        if kind == "late" and not last_round and device.identity.name not in self._held:
            self._held[device.identity.name] = first
            return uplink
        self.heard.append(first)
        self._release(device.identity.name, at)
        self.heard.extend(self._beside(kind, device, first, uplink))
        return uplink

    def _kind(self, turn: int) -> str:
        """The mischief of this turn: of those that are due, the first in this order."""
        every = {
            name: getattr(self._mischief, name)
            for name in (
                "join", "foreign", "bad_mic", "ghost", "late", "resent", "second_gateway",
            )
        }  # fmt: skip
        return next((name for name, n in every.items() if n and turn % n == 0), "")

    def _release(self, name: str, at: float) -> None:
        """Deliver the frame that was held back, now that a later one of its device was heard."""
        held = self._held.pop(name, None)
        if held is not None:
            self.heard.append(Heard(held.hearing, "late", held.uplink, at + 10 * DELIVERY_S))

    def _beside(
        self, kind: str, device: FleetDevice, first: Heard, uplink: Uplink
    ) -> Iterator[Heard]:
        """What else is heard around this uplink."""
        at, name = uplink.at, device.identity.name
        if kind == "second_gateway":
            second = self._hear(self._far, at, uplink.phy, first.hearing.channel)
            yield Heard(second, "repeated", uplink, at + 2 * DELIVERY_S)
        elif kind == "resent":
            later = at + RESENT_AFTER_S
            again = self._hear(self._near, later, uplink.phy)
            yield Heard(again, "repeated", uplink, later + DELIVERY_S)
        elif kind == "ghost":
            yield Heard(self._ghost(first.hearing), "bad_crc", None, at + DELIVERY_S)
        elif kind == "bad_mic" and self._bad_mics[name] < BAD_MICS_PER_DEVICE:
            self._bad_mics[name] += 1
            # At the counter that the device itself uses next: a forged frame must not use it up.
            phy = device.node.uplink(device.next_f_cnt, uplink.f_port, uplink.payload)
            yield self._other(at, phy[:-1] + bytes([phy[-1] ^ 0x01]), "bad_mic")
        elif kind == "foreign":
            phy = self._stranger.uplink(self._stranger_f_cnt, 20, uplink.payload)
            self._stranger_f_cnt += 1
            yield self._other(at, phy, "unknown_device")
        elif kind == "join" and self._joiner is not None:
            yield self._other(at, self._joiner.request(), "join")

    def _other(self, at: float, phy: bytes, outcome: Outcome) -> Heard:
        later = at + 0.4
        return Heard(self._hear(self._near, later, phy), outcome, None, later + DELIVERY_S)

    def _ghost(self, strong: Hearing) -> Hearing:
        beside = AS923_1[(strong.channel.index + 1) % len(AS923_1)]
        spoiled = bytes(byte ^ (0x55 if at % 3 else 0) for at, byte in enumerate(strong.phy))
        return self._near.hear(
            strong.at, spoiled, beside, rssi_dbm=strong.rssi_dbm - 40, snr_db=-13.0, crc="bad"
        )

    def _hear(
        self, receiver: Receiver, at: float, phy: bytes, channel: Channel | None = None
    ) -> Hearing:
        rssi_dbm = self._rng.randint(-112, -62)
        return receiver.hear(
            at,
            phy,
            channel or self._rng.choice(AS923_1),
            rssi_dbm=rssi_dbm,
            snr_db=min(10.0, (rssi_dbm + 117) / 4),
        )
