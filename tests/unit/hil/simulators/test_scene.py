"""Guards the scenes: a small judge that is written here on its own, with the library's CMAC, goes through what
is heard in the order of delivery and must come to the outcomes that the scene promises."""

from collections import Counter
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC

from hil.simulators.fleet import Fleet, Quirks
from hil.simulators.joiner import Joiner
from hil.simulators.scene import BAD_MICS_PER_DEVICE, EVERYTHING, Mischief, Scene, play

START = 1_790_010_000.0
NEVER = Mischief()


def scene_of(mischief: Mischief, *, devices: int = 9, rounds: int = 30, seed: int = 1) -> Scene:
    fleet = Fleet(devices, seed=seed, quirks=Quirks())
    return play(fleet, start=START, rounds=rounds, mischief=mischief, joiner=Joiner(seed))


class Judge:
    """What a reader with the keys of the fleet makes of each hearing."""

    def __init__(self, fleet: Fleet) -> None:
        self.keys = {
            bytes.fromhex(device.identity.dev_addr)[::-1]: device.identity.nwk_s_key
            for device in fleet.devices
        }
        self.seen: set[tuple[bytes, int]] = set()
        self.newest: dict[bytes, int] = {}

    def outcome(self, phy: bytes, crc: str) -> str:
        if crc == "bad":
            return "bad_crc"
        if phy[0] == 0:
            return "join"
        dev_addr, f_cnt = phy[1:5], int.from_bytes(phy[6:8], "little")
        if dev_addr not in self.keys:
            return "unknown_device"
        mac = CMAC(algorithms.AES(self.keys[dev_addr]))
        counter = f_cnt.to_bytes(4, "little")
        mac.update(b"\x49" + bytes(5) + dev_addr + counter + bytes([0, len(phy) - 4]) + phy[:-4])
        if mac.finalize()[:4] != phy[-4:]:
            return "bad_mic"
        if (dev_addr, f_cnt) in self.seen:
            return "repeated"
        self.seen.add((dev_addr, f_cnt))
        late = f_cnt < self.newest.get(dev_addr, -1)
        self.newest[dev_addr] = max(f_cnt, self.newest.get(dev_addr, -1))
        return "late" if late else "uplink"


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("devices", [3, 7, 9])
def test_every_outcome_is_what_an_independent_judge_finds(devices: int, seed: int) -> None:
    scene = scene_of(EVERYTHING, devices=devices, rounds=60, seed=seed)
    judge = Judge(Fleet(devices, seed=seed))
    for heard in scene.heard:
        assert judge.outcome(heard.hearing.phy, heard.hearing.crc) == heard.outcome


def test_everything_happens() -> None:
    assert scene_of(EVERYTHING).outcomes().keys() == {
        "uplink", "repeated", "late", "bad_crc", "bad_mic", "unknown_device", "join",
    }  # fmt: skip


def test_each_uplink_of_the_truth_comes_through_exactly_once() -> None:
    scene = scene_of(EVERYTHING)
    through = Counter(
        (heard.uplink.dev_eui, heard.uplink.f_cnt)
        for heard in scene.heard
        if heard.outcome in ("uplink", "late") and heard.uplink
    )
    assert through == Counter((uplink.dev_eui, uplink.f_cnt) for uplink in scene.truth)
    assert len(scene.truth) == 9 * 30


def test_without_mischief_each_report_is_heard_once_in_order() -> None:
    scene = scene_of(NEVER)
    assert [heard.uplink for heard in scene.heard] == list(scene.truth)
    assert scene.outcomes() == {"uplink": 270}


@pytest.mark.parametrize(
    ("mischief", "outcome", "count"),
    [
        (Mischief(second_gateway=10), "repeated", 27),
        (Mischief(resent=10), "repeated", 27),
        (Mischief(ghost=10), "bad_crc", 27),
        (Mischief(foreign=10), "unknown_device", 27),
        (Mischief(join=10), "join", 27),
        (Mischief(bad_mic=10), "bad_mic", 27),
    ],
)
def test_mischief_comes_every_so_many_uplinks(mischief: Mischief, outcome: str, count: int) -> None:
    assert scene_of(mischief).outcomes() == {"uplink": 270, outcome: count}


def test_a_late_frame_is_delivered_after_the_next_of_its_device() -> None:
    scene = scene_of(Mischief(late=10))
    assert scene.outcomes()["late"] >= 20
    assert scene.outcomes().total() == 270
    for device in range(9):
        name = scene.truth[device].device
        mine = [one for one in scene.heard if one.uplink and one.uplink.device == name]
        for before, after in pairwise(mine):
            assert before.uplink
            assert after.uplink
            assert (after.uplink.f_cnt < before.uplink.f_cnt) == (after.outcome == "late")


def test_no_device_suffers_more_forged_frames_than_a_gateway_searches() -> None:
    scene = scene_of(Mischief(bad_mic=1), rounds=10)
    assert scene.outcomes()["bad_mic"] == 9 * BAD_MICS_PER_DEVICE


def test_deliveries_are_in_the_order_of_time_and_stamps_are_unlike() -> None:
    scene = scene_of(EVERYTHING)
    assert all(a.delivered_at <= b.delivered_at for a, b in pairwise(scene.heard))
    stamps = Counter((h.receiver, h.tmst, h.phy) for h in scene.hearings)
    assert max(stamps.values()) == 1


def test_there_are_no_joins_without_a_joiner() -> None:
    scene = play(Fleet(3), start=START, rounds=10, mischief=Mischief(join=1))
    assert scene.outcomes() == {"uplink": 30}
