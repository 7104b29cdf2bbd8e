"""Identities of simulated devices, the same for the same seed, and the devices file that lists them.

EUIs are locally administered and DevAddrs are of NetID 000001, which is kept for private and experimental
networks: no real device has them. The keys are hashes of the seed and the EUI: they protect nothing.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hil.simulators.lorawan_node import Node

OWNER_ONLY = 0o600
"""The file holds keys; a wider mode is refused by the gateway."""

JOIN_EUI = "02c1700000000000"
"""Of all simulated devices that join."""

_EUI_BASE = 0x02C1_7500_0000_0000
_DEV_ADDR_BASE = 0x0200_0000


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An ABP device of LoRaWAN 1.0.x."""

    name: str
    decoder: str
    dev_eui: str
    dev_addr: str
    nwk_s_key: bytes = field(repr=False)
    app_s_key: bytes = field(repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    expect_every: str = "15 min"

    def node(self) -> Node:
        """The radio of this device."""
        return Node(dev_addr=self.dev_addr, nwk_s_key=self.nwk_s_key, app_s_key=self.app_s_key)

    def row(self) -> dict[str, object]:
        """Its `[[device]]`."""
        return {
            "name": self.name,
            "dev_eui": self.dev_eui,
            "decoder": self.decoder,
            "dev_addr": self.dev_addr,
            "nwk_s_key": self.nwk_s_key.hex(),
            "app_s_key": self.app_s_key.hex(),
            "tags": self.tags,
            "expect_every": self.expect_every,
        }


def identity(
    seed: int, number: int, *, name: str, decoder: str, tags: Mapping[str, str] | None = None
) -> Identity:
    """The device of this number in the city of this seed."""
    dev_eui = f"{_EUI_BASE + number:016x}"
    return Identity(
        name=name,
        decoder=decoder,
        dev_eui=dev_eui,
        dev_addr=f"{_DEV_ADDR_BASE + number:08x}",
        nwk_s_key=key(seed, dev_eui, "nwk_s_key"),
        app_s_key=key(seed, dev_eui, "app_s_key"),
        tags=tags or {},
    )


def key(seed: int, dev_eui: str, purpose: str) -> bytes:
    """16 bytes that follow from the seed."""
    return hashlib.sha256(f"{seed} {dev_eui} {purpose}".encode()).digest()[:16]


def write_devices(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a devices file of one `[[device]]` per row, readable by its owner only."""
    text = "\n".join(_row_text(row) for row in rows)
    # The mode comes before the keys, also for a file that was there before.
    path.touch(OWNER_ONLY)
    path.chmod(OWNER_ONLY)
    path.write_text(text, encoding="utf-8")


def _row_text(row: Mapping[str, object]) -> str:
    return "[[device]]\n" + "".join(f"{name} = {_value(value)}\n" for name, value in row.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, int):
        return str(value)
    return f'"{value}"'
