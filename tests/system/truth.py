"""What a scene must have become in a database, worked out from the scene alone.

    data reading   device, dev_eui, the gateway's and the device's tags, the payload's own; time of the uplink,
                   or of the stored sample
    lora_link      one per uplink and receiver, with the figures of its best hearing; time of the uplink

The time of an uplink is that of its first hearing. Airtime and the count of lost frames are left to the unit
tests: they are compared between databases, not with the scene.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hil.simulators.air import Hearing
from hil.simulators.fleet import Uplink
from hil.simulators.scene import Heard

Value = float | bool | str
Tags = tuple[tuple[str, str], ...]
Points = dict[tuple[str, Tags, int], dict[str, Value]]
"""(measurement, sorted tags, Unix ns) -> fields."""

NOT_OF_THE_SCENE = ("airtime_ms", "lost")
LINK = "lora_link"
GATEWAY, HOST = "gateway", "host"

TimeOf = Callable[[Uplink, Hearing], int]
"""Unix ns of an uplink, by its first hearing."""


@dataclass(frozen=True)
class Place:
    """What the configuration adds to every point."""

    host: str
    tags: Mapping[str, str]
    devices: Mapping[str, Mapping[str, str]]
    """The tags of each device."""


def points(heard: Iterable[Heard], place: Place, time_of: TimeOf) -> Points:
    """Everything that the uplinks of a scene must have become."""
    made: Points = {}
    times: dict[tuple[str, int], int] = {}
    best: dict[tuple[str, int, str], Hearing] = {}
    for one in heard:
        if one.uplink is None or one.outcome not in ("uplink", "late", "repeated"):
            continue
        uplink, hearing = one.uplink, one.hearing
        time_ns = times.setdefault((uplink.device, uplink.f_cnt), time_of(uplink, hearing))
        made |= _data(uplink, place, time_ns)
        key = (uplink.device, uplink.f_cnt, hearing.receiver)
        known = best.setdefault(key, hearing)
        if hearing.snr_db > known.snr_db:
            best[key] = known = hearing
        made[LINK, _tags(uplink, place, {GATEWAY: hearing.receiver, HOST: place.host}), time_ns] = {
            "rssi_dbm": float(known.rssi_dbm),
            "snr_db": known.snr_db,
            "spreading_factor": float(known.channel.spreading_factor),
            "frequency_mhz": known.channel.frequency_hz / 1e6,
            "f_cnt": float(uplink.f_cnt),
        }
    return made


def of_the_scene(found: Points) -> Points:
    """Points of a database without what the scene does not tell."""
    return {
        key: {name: value for name, value in fields.items() if name not in NOT_OF_THE_SCENE}
        for key, fields in found.items()
    }


def _data(uplink: Uplink, place: Place, time_ns: int) -> Points:
    made: Points = {}
    for reading in uplink.readings:
        fields: dict[str, Value] = dict(reading.fields)
        if reading.faults:
            fields["faults"] = ",".join(reading.faults)
        if reading.out_of_range:
            fields["out_of_range"] = ",".join(reading.out_of_range)
        at_ns = time_ns if reading.time_s is None else reading.time_s * 10**9
        made[reading.measurement, _tags(uplink, place, reading.tags), at_ns] = fields
    return made


def _tags(uplink: Uplink, place: Place, more: Mapping[str, str]) -> Tags:
    tags = {
        **place.tags,
        **place.devices[uplink.device],
        **more,
        "device": uplink.device,
        "dev_eui": uplink.dev_eui,
    }
    return tuple(sorted(tags.items()))
