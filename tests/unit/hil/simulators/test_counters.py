"""Guards what a fleet remembers between two runs: its frame counters, and nothing of another fleet."""

from pathlib import Path

from hil.simulators.counters import Counters
from hil.simulators.fleet import Fleet

START = 1_790_010_000.0


def saved(path: Path, seed: int) -> None:
    fleet = Fleet(3, seed=seed)
    for i in range(5):
        fleet.devices[0].speak(START + i)
    fleet.devices[1].speak(START)
    Counters(path, fleet).save()


def restored(path: Path, count: int, seed: int) -> list[int]:
    fleet = Fleet(count, seed=seed)
    Counters(path, fleet).restore()
    return [device.next_f_cnt for device in fleet.devices]


def test_each_device_goes_on_where_it_was(tmp_path: Path) -> None:
    saved(tmp_path / "counters.json", seed=1)
    assert restored(tmp_path / "counters.json", 3, seed=1) == [5, 1, 0]


def test_new_devices_begin_with_zero(tmp_path: Path) -> None:
    saved(tmp_path / "counters.json", seed=1)
    assert restored(tmp_path / "counters.json", 5, seed=1) == [5, 1, 0, 0, 0]


def test_another_seed_is_another_city(tmp_path: Path) -> None:
    saved(tmp_path / "counters.json", seed=1)
    assert restored(tmp_path / "counters.json", 3, seed=2) == [0, 0, 0]


def test_a_first_run_has_nothing_to_remember(tmp_path: Path) -> None:
    assert restored(tmp_path / "counters.json", 3, seed=1) == [0, 0, 0]
