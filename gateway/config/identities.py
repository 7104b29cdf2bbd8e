"""What no two devices may share: whatever would make one frame belong to both."""

from collections import Counter
from collections.abc import Iterator

from gateway.config.device_rules import KeyFault
from gateway.device import Device

DEV_ADDR_SHARED_MAX = 32
"""Each device on a DevAddr costs a MIC check per frame; the address space is large enough."""


class Identities:
    """Everything taken by the devices so far, and where."""

    def __init__(self) -> None:
        self._taken: dict[object, str] = {}
        self._prefix_parts: dict[tuple[str, bytes], str] = {}
        self._on_dev_addr: Counter[str] = Counter()

    def add(self, device: Device, place: str) -> Iterator[KeyFault]:
        """Take what this device is known by; what another has already is a fault."""
        keys = device.keys
        mic_key = keys.nwk_s_key or keys.f_nwk_s_int_key
        for key, identity in (
            ("name", device.name),
            ("dev_eui", device.dev_eui),
            ("nwk_s_key", mic_key and (device.dev_addr, mic_key)),
            ("address", device.address is not None and (device.source, device.address)),
        ):
            if identity:
                other = self._taken.setdefault((key, identity), place)
                if other != place:
                    yield KeyFault(key, f"is also that of {other}; each device needs its own")
        if device.payload_prefix:
            yield from self._add_prefix(device, place)
        if device.dev_addr:
            self._on_dev_addr[device.dev_addr] += 1
            if self._on_dev_addr[device.dev_addr] > DEV_ADDR_SHARED_MAX:
                yield KeyFault("dev_addr", f"is that of more than {DEV_ADDR_SHARED_MAX} devices")

    def _add_prefix(self, device: Device, place: str) -> Iterator[KeyFault]:
        """Two prefixes of one source are apart unless one begins with the other."""
        source, prefix = device.source, device.payload_prefix
        parts = [(source, prefix[:end]) for end in range(1, len(prefix) + 1)]
        others = [self._taken.get(part) for part in parts]
        other = self._prefix_parts.get((source, prefix)) or next(filter(None, others), None)
        if other:
            yield KeyFault("payload_prefix", f"and that of {other} begin alike")
        self._taken[source, prefix] = place
        self._prefix_parts.update(dict.fromkeys(parts, place))
