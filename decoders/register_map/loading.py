"""A whole map: from the table that a TOML parser made to a decoder, or to its faults.

measurement = "energy"             of the readings
f_port = 2                         or a list; without it every application port
byte_order = "big"                 of numbers that do not say their own, or "little"

[[layout]]
length = 7                         bytes; other lengths are refused
when = { offset = 0, mask = 0x7f, equals = 1 }      or a list; without it always
[[layout.value]]                   see `entries.py`

inside = "milesight_uc300"         instead of layouts: channels of a controller
[[channel]]
number = 1                         then quantity, scale, add, fault as of a value
"""

from collections.abc import Mapping, Sequence
from typing import Any

from decoders.contract import About, Decoder
from decoders.refusals import APPLICATION_PORTS
from decoders.register_map.channels import Channel, ChannelReader
from decoders.register_map.entries import (
    NAME_CHARACTERS_MAX,
    PAYLOAD_BYTES_MAX,
    Entry,
    entry_of,
    quantity_of,
    value_take,
)
from decoders.register_map.keys import Keys, MapFault
from decoders.register_map.layouts import Condition, LayoutReader, MapLayout

LAYOUTS_MAX = 64
VALUES_MAX = 128
"""Per layout; a payload has 255 bytes."""


class WrongMap(ValueError):
    """What is wrong with a map, all of it."""

    def __init__(self, faults: Sequence[MapFault]) -> None:
        super().__init__("; ".join(f"{fault.key}: {fault.remedy}" for fault in faults))
        self.faults = tuple(faults)


def decoder_of(table: Mapping[str, Any], name: str) -> Decoder:
    """Make a decoder of a map; `name` is how the device's config names it.

    Raises:
        WrongMap: something is wrong with it.
    """
    faults: list[MapFault] = []
    keys = Keys("", table, faults)
    measurement = _measurement(keys)
    make = _controller if keys.has("inside") else _by_layouts
    made = make(keys, name, measurement)
    keys.end()
    if faults or made is None:
        raise WrongMap(faults)
    return made


def _measurement(keys: Keys) -> str:
    measurement = keys.text("measurement")
    good = measurement.replace("_", "a").isalnum() and measurement.isascii()
    if measurement and (
        not good or measurement[0] == "_" or len(measurement) > NAME_CHARACTERS_MAX
    ):
        keys.fault("measurement", "write letters, digits and _, at most 64: energy", measurement)
    return measurement


def _by_layouts(keys: Keys, name: str, measurement: str) -> Decoder | None:
    ports = _ports(keys)
    order = keys.one_of("byte_order", ("big", "little"), "big")
    tables = keys.tables("layout")
    if not tables or len(tables) > LAYOUTS_MAX:
        keys.fault("layout", f"write one [[layout]] at least, and {LAYOUTS_MAX} at most")
    layouts = [_layout(each, order) for each in tables]
    for at, layout in enumerate(layouts[:-1]):
        if not layout.conditions:
            keys.fault(f"layout[{at}].when", "is missing: only the last layout can do without")
    reader = LayoutReader(name, measurement, ports, layouts)
    return _decoder(name, ports, measurement, layouts, reader.decode)


def _decoder(
    name: str, ports: frozenset[int], measurement: str, layouts: Sequence[MapLayout], decode: Any
) -> Decoder:
    quantities = {q.name: q for layout in layouts for q in layout.quantities}
    return Decoder(
        name=name,
        f_ports=ports,
        quantities=tuple(quantities.values()),
        decode=decode,
        about=About(
            vendor="register map", models=(name,), measurements=(measurement,), source=name
        ),
    )


def _layout(keys: Keys, order: str) -> MapLayout:
    size = keys.whole("length", 1, PAYLOAD_BYTES_MAX)
    known = None if keys.is_wrong("length") else size
    conditions = tuple(_condition(each, known) for each in keys.tables("when"))
    tables = keys.tables("value")
    if not tables or len(tables) > VALUES_MAX:
        keys.fault("value", f"write one [[layout.value]] at least, and {VALUES_MAX} at most")
    entries: list[Entry] = []
    for each in tables:
        entry = entry_of(each, order)
        if entry is None:
            continue
        if known is not None and entry.end > known:
            each.fault("offset", f"ends at byte {entry.end}, and the payload has {size}")
        if entry.quantity.name in {other.quantity.name for other in entries}:
            each.fault("quantity", "is in this layout already", entry.quantity.name)
        entries.append(entry)
    keys.end()
    return MapLayout(conditions, size, tuple(entries))


def _condition(keys: Keys, size: int | None) -> Condition:
    offset = keys.whole("offset", 0, PAYLOAD_BYTES_MAX - 1)
    mask = keys.whole("mask", 1, 0xFF, 0xFF)
    equals = keys.whole("equals", 0, 0xFF)
    if size is not None and offset >= size:
        keys.fault("offset", f"the payload has {size} bytes, counted from 0", offset)
    if equals & ~mask:
        keys.fault("equals", f"has bits outside the mask 0x{mask:02x}, so it never holds", equals)
    keys.end()
    return Condition(offset, mask, equals)


def _ports(keys: Keys) -> frozenset[int]:
    ports = keys.wholes("f_port")
    if not all(port in APPLICATION_PORTS for port in ports):
        keys.fault("f_port", "write a port from 1 to 223, or a list of them", list(ports))
    return frozenset(ports) or APPLICATION_PORTS


def _controller(keys: Keys, name: str, measurement: str) -> Decoder | None:
    from decoders.vendors.milesight import uc300  # with all of its maker: most maps need none of it

    controllers = {decoder.name: decoder for decoder in uc300.DECODERS}
    inside = controllers.get(keys.one_of("inside", list(controllers)))
    tables = keys.tables("channel")
    if not tables:
        keys.fault("channel", "write one [[channel]] at least")
    channels: dict[str, Channel] = {}
    for each in tables:
        number = each.whole("number", 1, uc300.CHANNELS_MAX)
        quantity = quantity_of(each, "float")
        take = value_take(each, quantity, None)
        each.end()
        if f"modbus_{number}" in channels:
            each.fault("number", "is in this map already", number)
        if quantity is not None and take is not None:
            channels[f"modbus_{number}"] = Channel(quantity, take)
    if inside is None:
        return None
    own = {channel.quantity.name: channel.quantity for channel in channels.values()}
    others = {q.name: q for q in inside.quantities if q.name not in channels}
    about = inside.about
    measurements = (measurement, *(about.measurements if about else ()))
    return Decoder(
        name=name,
        f_ports=inside.f_ports,
        quantities=tuple({**others, **own}.values()),
        decode=ChannelReader(inside, measurement, channels).decode,
        clock_ports=inside.clock_ports,
        about=About(vendor="register map", models=(name,), measurements=measurements, source=name),
    )
