"""The frame counters of a fleet, kept as the flash of a device keeps them: an ABP device must not count anew.

{"seed": 1, "next": {"02c1750000000001": 17, ...}}
"""

import json
from pathlib import Path

from hil.simulators.fleet import Fleet


class Counters:
    """One fleet and the file that remembers its counters."""

    def __init__(self, path: Path, fleet: Fleet) -> None:
        self._path = path
        self._fleet = fleet

    def restore(self) -> None:
        """Let each device go on with the counter that was saved; another seed's file is of other devices."""
        if not self._path.exists():
            return
        saved = json.loads(self._path.read_text())
        if saved["seed"] != self._fleet.seed:
            return
        for device in self._fleet.devices:
            device.next_f_cnt = saved["next"].get(device.identity.dev_eui, 0)

    def save(self) -> None:
        """Write the counters that are next, whole or not at all."""
        following = {one.identity.dev_eui: one.next_f_cnt for one in self._fleet.devices}
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps({"seed": self._fleet.seed, "next": following}))
        fresh.replace(self._path)
