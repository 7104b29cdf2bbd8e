"""What the keys of one device mean together: a session of its own, a join, events, or plain LoRa.

    ABP 1.0   dev_addr, nwk_s_key, app_s_key
    ABP 1.1   dev_addr, f_nwk_s_int_key, s_nwk_s_int_key, nwk_s_enc_key, app_s_key
    OTAA      dev_eui, join_eui, app_key (1.1: nwk_key as well)
    events    dev_eui, no keys: a network server has them
    plain     source, and address or payload_prefix; no keys, no dev_addr

Anything between two of these is refused: it would be heard by nobody, or as something else.
"""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.config.device_row import DeviceRow
from gateway.device import KEY_NAMES, DeviceKeys

SESSION_1_0 = ("nwk_s_key", "app_s_key")
SESSION_1_1 = ("f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "app_s_key")
ONLY_1_1 = SESSION_1_1[:3]
ROOT = ("app_key", "nwk_key")


class KeyFault(NamedTuple):
    """A fault at one key of a device; its value is left out, it may be a key's."""

    key: str
    remedy: str


def combination_faults(row: DeviceRow, keys: DeviceKeys) -> Iterator[KeyFault]:
    """What does not go together, or is missing, in the order in which to mend it."""
    given = {key for key in KEY_NAMES if getattr(keys, key) is not None}
    if row.source or row.address is not None or row.payload_prefix:
        yield from _plain_faults(row, given)
        return
    if row.f_port is not None:
        yield KeyFault(
            "f_port", "is for plain LoRa only, LoRaWAN frames carry their own; take it out"
        )
    if row.dev_addr or given.intersection(SESSION_1_0 + SESSION_1_1):
        yield from _session_faults(row, given)
    elif given:
        yield from _join_faults(row, given)
    elif not row.dev_eui:
        yield KeyFault(
            "dev_eui", "is missing, and so are a session (dev_addr and keys) and a source"
        )


def _plain_faults(row: DeviceRow, given: set[str]) -> Iterator[KeyFault]:
    if not row.source:
        yield KeyFault(
            "source", "is missing; plain LoRa needs the name of the source that hears the device"
        )
    lorawan = sorted(given) + [key for key in ("dev_addr", "join_eui") if getattr(row, key)]
    for key in lorawan:
        yield KeyFault(
            key, "is of LoRaWAN, but source, address or payload_prefix make this plain LoRa"
        )
    if row.address is None and not row.payload_prefix:
        yield KeyFault(
            "address", "is missing; write address or payload_prefix, to know the device by"
        )
    if row.address is not None and row.payload_prefix:
        yield KeyFault(
            "payload_prefix", "is given beside address; a device is known by one of the two"
        )


def _session_faults(row: DeviceRow, given: set[str]) -> Iterator[KeyFault]:
    for key in sorted(given.intersection(ROOT)) + (["join_eui"] if row.join_eui else []):
        yield KeyFault(
            key, "is of OTAA, but this device has a session of its own (ABP); take one out"
        )
    if "nwk_s_key" in given and given.intersection(ONLY_1_1):
        newer = ", ".join(key for key in ONLY_1_1 if key in given)
        yield KeyFault("nwk_s_key", f"is of LoRaWAN 1.0, but {newer} of 1.1; take one out")
        return
    needed = SESSION_1_1 if given.intersection(ONLY_1_1) else SESSION_1_0
    if not row.dev_addr:
        yield KeyFault("dev_addr", "is missing; the session's keys are given")
    for key in needed:
        if key not in given:
            yield KeyFault(key, f"is missing; this session needs dev_addr, {', '.join(needed)}")


def _join_faults(row: DeviceRow, given: set[str]) -> Iterator[KeyFault]:
    for key in ("dev_eui", "join_eui"):
        if not getattr(row, key):
            yield KeyFault(
                key, "is missing; OTAA needs dev_eui, join_eui, app_key (1.1: nwk_key as well)"
            )
    if "app_key" not in given:
        yield KeyFault("app_key", "is missing; OTAA of LoRaWAN 1.1 needs app_key beside nwk_key")
