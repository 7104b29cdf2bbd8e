"""Promises 6 and 7 on real file systems: a tmpfs that is full and gets room again, an ext4 that turns read-only.

Mounting needs root and loop devices; where these are not to be had the tests are skipped and say so.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.errors import StoreFull, Unavailable
from gateway.store.connection import open_reader
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from tests.store_bench import (
    RememberingSink,
    balanced,
    close,
    drain,
    integrity,
    keep_house,
    kept_numbers,
    opened,
    put,
    record,
)

DISK_BYTES = 8_000_000
SIZE_MAX = 64_000_000
"""More than the disk has: it is full before the ceiling is reached."""
DAY_S = 86400.0
Mount = Callable[..., Path]


def run(*command: str) -> None:
    """Raises: pytest.skip: this place does not let us."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{' '.join(command[:2])}: {done.stderr.strip() or done.returncode}")


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a file system of its own; it is gone after the test."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    place = tmp_path / "card"
    place.mkdir()

    def mounted(*options: str) -> Path:
        run("mount", *options, str(place))
        return place

    yield mounted
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def device_of(place: Path) -> str:
    """The name of the block device that is mounted here."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    return next(Path(device).name for device, where, *_ in mounts if where == str(place))


async def fill_up(store: Store, number: int) -> int:
    """Commit as ingest does until the store is full; the number of the first record that was not taken."""
    for _ in range(3000):
        if store.full:
            return number
        put(store, *(record(number + place, size=400) for place in range(10)))
        number += 10
        while True:
            try:
                await store.commit()
                break
            except (StoreFull, Unavailable) as error:
                if store.full and not store.reserve.path.exists():
                    return number
                await store.recover(error)
    raise AssertionError("the disk was never full")


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_full_disk_stops_the_intake_and_room_again_resumes_it(
    mount: Mount, *, restarted: bool
) -> None:
    place = mount("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs")
    path = place / "store.db"
    store = opened(path, size_max=SIZE_MAX)
    Outlet(store, "city", "all").close()
    first = await fill_up(store, 0)
    for _ in range(3):
        await keep_house(store, DAY_S)
    assert store.full, "no sink has had anything: nothing may go"
    assert not store.reserve.path.exists(), "its room was given back"
    kept = len(kept_numbers(path))
    assert kept >= first - 10
    balanced(path)  # a reader is answered on a full disk
    if restarted:
        await close(store)
        store = opened(path, size_max=SIZE_MAX)  # also on a full disk
        assert store.moved_aside is None
    run("mount", "-o", f"remount,size={4 * DISK_BYTES}", str(place))
    await keep_house(store, DAY_S)
    await store.commit()
    assert not store.full
    assert store.reserve.path.exists()
    again = kept if restarted else first  # what was not acknowledged is sent again
    put(store, *(record(number) for number in range(again, again + 11)))
    await store.commit()
    assert kept_numbers(path) == set(range(again + 11))
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    await drain(outlet, sink)
    assert sink.numbers() == set(range(again + 11))
    outlet.close()
    await close(store)
    assert integrity(path) == "ok"
    balanced(path)


async def test_a_full_disk_makes_room_of_what_is_settled(mount: Mount) -> None:
    place = mount("-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs")
    store = opened(place / "store.db", size_max=SIZE_MAX, remembered_rows=100)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    number = 0
    for _ in range(80):
        put(store, *(record(number + place, size=900) for place in range(200)))
        number += 200
        for _ in range(20):
            try:
                await store.commit()
                break
            except (StoreFull, Unavailable) as error:
                await store.recover(error)
        await drain(outlet, sink)
        await keep_house(store, DAY_S)
        assert not store.full, "settled history makes room"
    assert number * 900 > 1.5 * DISK_BYTES
    assert sink.numbers() == set(range(number))
    account = balanced(store.path).sinks["city"]
    assert (account.dropped, account.pending) == (0, 0)
    outlet.close()
    await close(store)
    assert integrity(store.path) == "ok"


async def test_a_disk_that_turns_read_only_is_told_and_read_and_used_after_a_restart_of_the_machine(
    mount: Mount, tmp_path: Path
) -> None:
    image = tmp_path / "card.img"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    run("mkfs.ext4", "-q", str(image))
    place = mount("-o", "loop,errors=remount-ro", str(image))
    path = place / "store.db"
    store = opened(path)
    outlet, sink = Outlet(store, "city", "all"), RememberingSink()
    put(store, *(record(number) for number in range(100)))
    await store.commit()
    await store.write(lambda writer: writer.checkpoint())
    device = device_of(place)
    trigger = Path(f"/sys/fs/ext4/{device}/trigger_fs_error")
    try:
        trigger.write_text("a test of a card that gives up")
    except OSError as error:
        pytest.skip(f"{trigger}: {error}")
    with pytest.raises(OSError, match="Read-only"):
        (place / "probe").write_text("x")

    put(store, *(record(number) for number in range(100, 110)))
    for _ in range(4):
        with pytest.raises(Unavailable):
            await store.commit()
        await store.recover(Unavailable("the disk"))
        await keep_house(store, DAY_S)  # the daemon goes on with it, and does not end
    assert store.unsure
    store.reserve.give_back()
    reader = open_reader(path)
    assert reader.execute("SELECT count(*) FROM frame").get == 100
    reader.close()
    await drain(outlet, sink)
    assert sink.numbers() == set(range(100)), "what was kept is still delivered"

    await outlet.work(outlet._connection.close)  # type: ignore[union-attr]
    outlet.close()
    await close(store)
    with pytest.raises(Unavailable):
        opened(path)  # a start cannot help it either, and says why

    run("umount", str(place))
    mount("-o", "loop", str(image))  # what a restart of the machine does
    store = opened(path)
    assert store.moved_aside is None
    assert kept_numbers(path) == set(range(100))
    put(store, record(100))
    await store.commit()
    await close(store)
    assert integrity(path) == "ok"
    balanced(path)
