"""What ingest remembers: bounded, and what makes one hearing unlike another."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Reception
from gateway.pipeline.memory import Generations, Heard, Uplink, hearing_keys, uplink_key
from hil.simulators.air import AS923_1
from tests.pipeline_bench import FAR, NEAR, START_S, event_of, frame_of, heard_by, who


@given(st.lists(st.integers(min_value=0, max_value=200), max_size=400))
def test_the_newest_are_known_and_never_more_than_twice_the_bound(keys: list[int]) -> None:
    size = 10
    known: Generations[int] = Generations(size)
    for place, key in enumerate(keys):
        known.put(key, place)
    for place in range(max(0, len(keys) - size), len(keys)):
        newest = max(at for at, key in enumerate(keys) if key == keys[place])
        assert known.get(keys[place]) == newest
    assert sum(known.get(key) is not None for key in range(201)) <= 2 * size


def test_the_oldest_are_forgotten() -> None:
    known: Generations[bool] = Generations(2)
    for key in range(5):
        known.put(key, True)
    assert [known.get(key) for key in range(5)] == [None, None, True, True, True]


def test_a_hearing_without_anything_of_its_own_is_never_known() -> None:
    heard = Heard()
    heard.add(())
    assert not heard.all_known(())


def test_a_message_is_known_when_all_of_its_hearings_are() -> None:
    heard = Heard()
    heard.add((1, 2))
    assert heard.all_known((1, 2))
    assert not heard.all_known((1, 3))


def test_hearings_differ_by_receiver_antenna_channel_bytes_and_stamp() -> None:
    one = heard_by(NEAR, START_S, b"\x01")
    (reception,) = one.receptions
    others = [
        heard_by(FAR, START_S, b"\x01"),
        heard_by(NEAR, START_S + 1, b"\x01"),
        heard_by(NEAR, START_S, b"\x02"),
        frame_of(NEAR.hear(START_S, b"\x01", AS923_1[3], rssi_dbm=-80, snr_db=7.5)),
        heard_by(
            NEAR, START_S, b"\x01",
            receptions=(Reception(NEAR.eui, 1, -80, 7.5, reception.channel, reception.stamp),),
        ),
    ]  # fmt: skip
    keys = [hearing_keys(frame) for frame in (one, *others)]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 1 for key in keys)


def test_how_well_and_when_it_came_here_does_not_make_another_hearing() -> None:
    one = heard_by(NEAR, START_S, b"\x01", snr_db=7.5, rssi_dbm=-80)
    (reception,) = one.receptions
    louder = Reception(NEAR.eui, 0, -60, 9.0, reception.channel, reception.stamp)
    again = heard_by(NEAR, START_S, b"\x01", receptions=(louder,), live=False)
    assert hearing_keys(one) == hearing_keys(again)


def test_without_a_stamp_the_messages_time_tells_and_without_both_nothing() -> None:
    bare = (Reception(NEAR.eui, 0, -80, 7.5, 2, ""),)
    timed = [heard_by(NEAR, START_S, b"\x01", receptions=bare, gateway_time_ns=ns) for ns in (5, 6)]
    assert hearing_keys(timed[0]) != hearing_keys(timed[1])
    gps = heard_by(NEAR, START_S, b"\x01", receptions=bare, gps_time_ns=5)
    assert hearing_keys(gps) == hearing_keys(timed[0])
    assert hearing_keys(heard_by(NEAR, START_S, b"\x01", receptions=bare)) == ()


def test_each_antenna_with_a_stamp_is_a_hearing() -> None:
    antennas = tuple(Reception(NEAR.eui, n, -80, 7.5, 2, stamp) for n, stamp in enumerate("ab"))
    assert len(set(hearing_keys(heard_by(NEAR, START_S, b"\x01", receptions=antennas)))) == 2
    one_bare = (antennas[0], Reception(NEAR.eui, 1, -80, 7.5, 2, ""))
    assert len(hearing_keys(heard_by(NEAR, START_S, b"\x01", receptions=one_bare))) == 1


def test_events_are_told_apart_by_their_servers_id() -> None:
    def keys(**more: str) -> tuple[int, ...]:
        return hearing_keys(event_of(who(), 1, b"\x01", START_S, **more))

    assert keys(event_id="x") == keys(event_id="x")
    assert keys(event_id="x") != keys(event_id="y")
    assert keys(event_id="x") != keys(event_id="x", server="the_things_stack")
    assert keys(event_id="") == ()


def reception(receiver: str, snr_db: float | None) -> Reception:
    return Reception(receiver, 0, -80, snr_db)


def test_a_new_receiver_and_a_better_hearing_improve_an_uplink() -> None:
    uplink = Uplink(1, 0, 1, 1, 0, from_server=False)
    heard = [
        ("a", 5.0),
        ("a", 5.0),
        ("a", 4.0),
        ("a", 5.25),
        ("b", -20.0),
        ("b", -19.0),
        ("c", 1.0),
    ]
    heard += [("a", 5.25), ("b", -19.5), ("c", 1.5)]
    found = [uplink.improves(reception(*one)) for one in heard]
    assert found == [True, False, False, True, True, True, True, False, False, True]
    assert uplink.receptions == len(heard)


def test_a_hearing_without_snr_is_a_first_one_but_no_better_one() -> None:
    uplink = Uplink(1, 0, 1, 1, 0, from_server=False)
    found = [uplink.improves(reception("a", snr)) for snr in (None, None, -30.0, None)]
    assert found == [True, False, True, False]
    assert [uplink.improves(reception("b", snr)) for snr in (None, None, -30.0)] == [
        True,
        False,
        True,
    ]


def test_an_uplink_is_the_same_by_device_address_counter_port_and_payload() -> None:
    parts = ("air", "02000001", 7, 20, b"\x01")
    others = [("b", *parts[1:]), ("air", "02000002", *parts[2:]), (*parts[:2], 8, *parts[3:])]
    others += [(*parts[:3], 21, parts[4]), (*parts[:4], b"\x02")]
    assert uplink_key(*parts) == uplink_key(*parts)
    assert all(uplink_key(*other) != uplink_key(*parts) for other in others)
