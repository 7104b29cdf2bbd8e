"""Guards the suspicion that a counter was restarted: what makes a run of frames, and what does not."""

from gateway.lorawan.restart import RestartWatch


def seen(*frames: tuple[int, bytes]) -> list[bool]:
    watch = RestartWatch()
    return [watch.sees(f_cnt, mic) for f_cnt, mic in frames]


def test_the_third_frame_with_a_rising_counter_is_suspected_and_those_after_it():
    assert seen((0, b"a"), (1, b"b"), (2, b"c"), (9, b"d")) == [False, False, True, True]


def test_copies_by_another_receiver_do_not_make_a_run_longer_or_shorter():
    assert seen((0, b"a"), (0, b"a"), (0, b"a"), (0, b"a")) == [False] * 4
    frames = ((0, b"a"), (1, b"b"), (0, b"a"), (1, b"b"), (2, b"c"), (1, b"b"), (2, b"c"))
    assert seen(*frames) == [False, False, False, False, True, False, True]


def test_a_falling_counter_begins_a_new_run():
    frames = ((5, b"a"), (6, b"b"), (3, b"c"), (4, b"d"), (5, b"e"))
    assert seen(*frames) == [False, False, False, False, True]


def test_the_same_counter_with_other_bytes_begins_a_new_run():
    frames = ((5, b"a"), (6, b"b"), (6, b"x"), (7, b"c"), (8, b"d"))
    assert seen(*frames) == [False, False, False, False, True]


def test_a_run_is_forgotten_when_the_device_goes_on_with_its_old_counter():
    watch = RestartWatch()
    assert [watch.sees(0, b"a"), watch.sees(1, b"b")] == [False, False]
    watch.forget()
    assert [watch.sees(n, b"c") for n in (2, 3, 4)] == [False, False, True]


def test_a_long_run_takes_bounded_memory():
    watch = RestartWatch()
    assert [watch.sees(n, b"m") for n in range(1000)] == [False, False] + [True] * 998
    assert len(watch._run) == 16
    assert watch.sees(999, b"m")
