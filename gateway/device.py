"""A configured device: the frozen value that the devices file becomes, shared by every room that knows devices.

Keys hide themselves: no `repr`, log line or traceback of a device shows one.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from decoders.contract import Decoder
from decoders.normalise.profile import Profile

NETWORK_SERVER = "network_server"
"""The decoder name that says: take over the readings that the network server's own codec made."""

Activation = Literal["abp", "otaa", "events", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeviceKeys:
    """The AES-128 keys of a device, 16 bytes each, None where it has no such key."""

    nwk_s_key: bytes | None = None
    """LoRaWAN 1.0 session: MIC."""
    app_s_key: bytes | None = None
    """Session of any version: FRMPayload."""
    f_nwk_s_int_key: bytes | None = None
    """LoRaWAN 1.1 session: second half of the uplink MIC."""
    s_nwk_s_int_key: bytes | None = None
    """LoRaWAN 1.1 session: first half of the uplink MIC."""
    nwk_s_enc_key: bytes | None = None
    """LoRaWAN 1.1 session: MAC commands."""
    app_key: bytes | None = None
    """OTAA root key."""
    nwk_key: bytes | None = None
    """OTAA root key of LoRaWAN 1.1."""

    def __repr__(self) -> str:
        return "***"


KEY_NAMES = tuple(key.name for key in fields(DeviceKeys))
"""The keys as the files name them."""

NO_KEYS = DeviceKeys()
"""Shared by all devices that have none here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One `[[device]]` of the devices file, checked."""

    name: str
    dev_eui: str = ""
    """16 lower-case hex digits; "" for devices that have none (some ABP devices, plain LoRa)."""
    decoder: str = ""
    """A built-in decoder's name, a codec's path as it was written, "network_server", or "" for none."""
    codec_path: Path | None = None
    """Where the JavaScript codec is, absolute, when `decoder` is a path."""
    register_map: Decoder | None = field(default=None, repr=False)
    """The decoder that a register map describes, when `decoder` is the path of one."""
    dev_addr: str = ""
    """8 lower-case hex digits of an ABP session, else ""."""
    join_eui: str = ""
    """16 lower-case hex digits of an OTAA device, else ""."""
    keys: DeviceKeys = field(default=NO_KEYS, repr=False)
    tags: tuple[tuple[str, str], ...] = ()
    """Sorted by name."""
    measurement: str = "sensor"
    """Of a codec's or a network server's readings; built-in decoders name their own."""
    profile: Profile | None = field(default=None, repr=False, hash=False)
    """What a codec's or a network server's values mean; None for what is done without one."""
    expect_every_s: float | None = None
    """How often it should be heard; None when nobody said."""
    f_cnt_reset: Literal["refuse", "accept_once"] = "refuse"
    """What a restart of an ABP device's counter may do."""
    source: str = ""
    """Plain LoRa only: the name of the source that hears it."""
    address: int | None = None
    """Plain LoRa only: the sender's address that the modem reports."""
    payload_prefix: bytes = b""
    """Plain LoRa only: the first bytes of each of its payloads."""
    f_port: int | None = None
    """Plain LoRa only: the port that its decoder is told."""

    @property
    def activation(self) -> Activation:
        """How its frames come: own session, a join, a network server's events, or without LoRaWAN."""
        if self.source:
            return "plain"
        if self.dev_addr:
            return "abp"
        return "otaa" if self.keys.app_key or self.keys.nwk_key else "events"

    @property
    def lorawan_1_1(self) -> bool:
        """Whether its session has the four keys of LoRaWAN 1.1."""
        return self.keys.f_nwk_s_int_key is not None
