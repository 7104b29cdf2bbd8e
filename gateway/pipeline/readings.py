"""From what a decoder says, and from how a frame was heard, to readings. Pure; series are made once.

A data reading has the tags `device`, `dev_eui`, those of the gateway, of the device and of the decoder.
A `lora_link` reading, one per uplink and receiver, also has `gateway` (the receiver) and `host`.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from msgspec import Struct

from decoders.contract import Decoded, FieldValue
from gateway.device import Device
from gateway.lorawan.airtime import fsk_airtime_ms, lora_airtime_ms
from gateway.model import Radio, Reading, Reception, Series

LINK = "lora_link"
LINK_FIELDS = (
    "rssi_dbm", "snr_db", "spreading_factor", "frequency_mhz", "airtime_ms", "f_cnt", "lost",
)  # fmt: skip
SERIES_MAX = 50_000
"""Bound of the cache: receivers' names come from unauthenticated datagrams."""
UNAUTHENTICATED = ("authenticated", "no")
"""The tag of readings that no key vouches for (plain LoRa)."""


class Link(Struct, frozen=True, gc=False):
    """What `lora_link` says of an uplink, whoever received it."""

    radio: Radio
    f_cnt: int | None
    lost: int
    phy_bytes: int | None
    """Length on air; None when only the application payload is known."""


class ReadingMaker:
    """Makes readings of one gateway's devices."""

    def __init__(self, host: str, gateway_tags: Mapping[str, str]) -> None:
        self._host = host
        self._gateway_tags = dict(gateway_tags)
        self._device_tags: dict[str, dict[str, str]] = {}
        self._series: dict[object, Series] = {}

    def forget_device(self, name: str) -> None:
        """Its tags may have changed."""
        self._device_tags.pop(name, None)
        self._series = {key: series for key, series in self._series.items() if key[0] != name}  # type: ignore[index]

    def data(self, device: Device, decoded: Decoded, uplink_ns: int) -> Reading | None:
        """One decoded reading; None when it says nothing at all."""
        fields = decoded.fields
        values: tuple[FieldValue, ...] = tuple(fields.values())
        names = tuple(fields)
        if decoded.faults:
            names += ("faults",)
            values += (",".join(sorted(decoded.faults)),)
        if decoded.out_of_range:
            names += ("out_of_range",)
            values += (",".join(sorted(decoded.out_of_range)),)
        if not names:
            return None
        key = (device.name, decoded.measurement, tuple(decoded.tags.items()), names)
        series = self._series.get(key) or self._data_series(key, device, decoded)
        time_ns = uplink_ns if decoded.time is None else _unix_ns(decoded)
        return Reading(series, time_ns, values)

    def link(
        self, device: Device, link: Link, reception: Reception, uplink_ns: int
    ) -> Reading | None:
        """How one receiver heard an uplink; None when nothing of it is known."""
        radio = link.radio
        factor, hz, f_cnt = radio.spreading_factor, radio.frequency_hz, link.f_cnt
        known = (
            None if reception.rssi_dbm is None else float(reception.rssi_dbm),
            None if reception.snr_db is None else float(reception.snr_db),
            None if factor is None else float(factor),
            None if hz is None else hz / 1e6,
            None if link.phy_bytes is None else _airtime(radio, link.phy_bytes),
            None if f_cnt is None else float(f_cnt),
            None if f_cnt is None else float(max(link.lost, 0)),
        )
        names, values = LINK_FIELDS, cast("tuple[float, ...]", known)
        if None in known:
            pairs = [pair for pair in zip(names, known, strict=True) if pair[1] is not None]
            if not pairs:
                return None
            names, values = zip(*pairs, strict=True)
        key = (device.name, reception.receiver, names)
        series = self._series.get(key) or self._link_series(key, device, reception.receiver)
        return Reading(series, uplink_ns, values)

    def _tags(self, device: Device) -> dict[str, str]:
        tags = self._device_tags.get(device.name)
        if tags is None:
            tags = {**self._gateway_tags, **dict(device.tags), "device": device.name}
            if device.dev_eui:
                tags["dev_eui"] = device.dev_eui
            if device.source:
                tags[UNAUTHENTICATED[0]] = UNAUTHENTICATED[1]
            self._device_tags[device.name] = tags
        return tags

    def _data_series(self, key: tuple[object, ...], device: Device, decoded: Decoded) -> Series:
        tags = {**self._tags(device), **decoded.tags}
        return self._made(key, Series(decoded.measurement, _sorted(tags), key[3]))  # type: ignore[arg-type]

    def _link_series(self, key: tuple[object, ...], device: Device, receiver: str) -> Series:
        tags = {**self._tags(device), "gateway": receiver, "host": self._host}
        return self._made(key, Series(LINK, _sorted(tags), key[2]))  # type: ignore[arg-type]

    def _made(self, key: tuple[object, ...], series: Series) -> Series:
        if len(self._series) >= SERIES_MAX:
            self._series.clear()
        self._series[key] = series
        return series


def lost_of(readings: Iterable[Reading]) -> int:
    """The lost frames that link readings tell of."""
    for reading in readings:
        if reading.series.measurement == LINK and "lost" in reading.series.fields:
            return int(reading.values[reading.series.fields.index("lost")])
    return 0


def _sorted(tags: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in tags.items() if value != ""))


def _unix_ns(decoded: Decoded) -> int:
    assert decoded.time is not None  # noqa: S101 - narrowed by the only caller
    return round(decoded.time.timestamp() * 1000) * 1_000_000


def _airtime(radio: Radio, phy_bytes: int) -> float | None:
    try:
        if radio.modulation == "FSK" and radio.bit_rate:
            return fsk_airtime_ms(phy_bytes, radio.bit_rate)
        if radio.modulation == "LORA" and radio.spreading_factor and radio.bandwidth_hz:
            return lora_airtime_ms(
                phy_bytes, radio.spreading_factor, radio.bandwidth_hz, radio.coding_rate or "4/5"
            )
    except ValueError:  # a datagram may claim any spreading factor
        return None
    return None
