"""Who was heard: the newest frame of each device, in the tail or sealed, and everybody whom nobody configured."""

import struct
from pathlib import Path

import pytest

from gateway.model import ApplicationUplink, Frame, Malformed, Radio, Reception, Record
from gateway.store.connection import open_reader
from gateway.store.heard import LastHeard, Stranger, last_heard, strangers
from gateway.store.store import Store
from tests.store_bench import RADIO, START_NS, close, commit, fill, keep_house, opened, put, record
from tests.store_bench import stamp as stamped_at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store is."""
    return tmp_path / "store.db"


def heard_of(path: Path) -> dict[str, LastHeard]:
    """As another process reads it."""
    connection = open_reader(path)
    try:
        return last_heard(connection)
    finally:
        connection.close()


def strangers_of(path: Path) -> list[Stranger]:
    """As another process reads it."""
    connection = open_reader(path)
    try:
        return strangers(connection)
    finally:
        connection.close()


def data_frame(dev_addr: int, f_cnt: int) -> bytes:
    """An uplink with FPort 1 and one byte, and no right MIC."""
    return struct.pack("<BIBHBB", 0x40, dev_addr, 0, f_cnt, 1, 7) + b"mic!"


def join_request(dev_eui: str) -> bytes:
    """A join-request."""
    return b"\x00" + bytes(8) + bytes.fromhex(dev_eui)[::-1] + b"\x01\x00mic!"


def hear(
    store: Store, phy: bytes, outcome: str, at_s: float, *rssi_dbm: float, device: str | None = None
) -> None:
    """Keep a frame without readings."""
    receptions = tuple(Reception(f"gw-{n}", 0, rssi, 5.0, 1, "") for n, rssi in enumerate(rssi_dbm))
    frame = Frame("roof", phy, RADIO, receptions, stamped_at(at_s))
    put(store, Record(frame, outcome, device, sentence="why"))


async def test_the_newest_frame_of_a_device_counts_and_its_best_receiver(path: Path) -> None:
    store = opened(path)
    await fill(store, range(5))
    await fill(store, range(5, 8), device="air-02")
    await commit(store)
    assert heard_of(path) == {
        "air-01": LastHeard(START_NS + 4 * 10**9, -80.0),
        "air-02": LastHeard(START_NS + 7 * 10**9, -80.0),
    }
    await close(store)


async def test_a_device_whose_frames_are_all_sealed_was_heard_when_its_newest_reading_was(
    path: Path,
) -> None:
    store = opened(path, remembered_rows=3)
    await fill(store, range(5))
    await fill(store, range(5, 20), device="air-02")
    await keep_house(store, at_s=7200.0)
    assert heard_of(path) == {
        "air-01": LastHeard(START_NS + 4 * 10**9, None),
        "air-02": LastHeard(START_NS + 19 * 10**9, -80.0),
    }
    await close(store)


async def test_strangers_are_counted_by_address_those_heard_most_first(path: Path) -> None:
    store = opened(path)
    hear(store, data_frame(0x26000001, 1), "unknown_device", 1, -90)
    hear(store, join_request("70b3d57ed0000009"), "join", 2, -70)
    for n in range(3):
        hear(store, data_frame(0x26000002, n), "unknown_device", 3 + n, -100 - n, -95 - n)
    hear(store, data_frame(0x26000003, 1), "no_session", 9)
    await commit(store)
    found = strangers_of(path)
    assert found[0] == Stranger("dev_addr", "26000002", 3, START_NS + 5 * 10**9, "roof", -97.0)
    assert {(one.kind, one.address, one.frames) for one in found[1:]} == {
        ("dev_addr", "26000001", 1),
        ("dev_eui", "70b3d57ed0000009", 1),
        ("dev_addr", "26000003", 1),
    }
    await close(store)


async def test_who_is_configured_or_cannot_be_told_is_no_stranger(path: Path) -> None:
    store = opened(path)
    hear(store, data_frame(0x26000001, 1), "bad_mic", 1, -90)
    hear(store, join_request("70b3d57ed0000009"), "join", 2, -70, device="river")
    hear(store, b"\xe0not lorawan", "not_lorawan", 3, -70)
    put(store, Record(Malformed("roof", b"{", "no JSON", stamped_at(4)), "malformed"))
    await commit(store)
    assert strangers_of(path) == []
    assert "river" in heard_of(path)
    await close(store)


async def test_an_unknown_device_of_a_network_server_is_known_by_its_dev_eui(path: Path) -> None:
    store = opened(path)
    event = ApplicationUplink(
        "events", "chirpstack", "id", "", "70b3d57ed0000005", "26000005", 1, 1, b"x", None,
        Radio(), (), stamped_at(1),
    )  # fmt: skip
    put(store, Record(event, "unknown_device", sentence="no such"))
    await commit(store)
    (one,) = strangers_of(path)
    assert (one.kind, one.address, one.rssi_dbm) == ("dev_eui", "70b3d57ed0000005", None)
    await close(store)


async def test_more_than_a_page_of_strangers_is_read_to_its_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.store import heard

    monkeypatch.setattr(heard, "PAGE_ROWS", 4)
    monkeypatch.setattr(heard, "STRANGERS_MAX", 5)
    store = opened(path)
    for n in range(10):
        hear(store, data_frame(0x26000000 + n % 7, n), "unknown_device", n, -90)
    await commit(store)
    found = strangers_of(path)
    assert len(found) == 5
    assert sum(one.frames for one in found) == 8
    await close(store)


async def test_an_empty_store_has_heard_nobody(path: Path) -> None:
    store = opened(path)
    put(store, record(1))
    await commit(store)
    assert strangers_of(path) == []
    await close(store)
