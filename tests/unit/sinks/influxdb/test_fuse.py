"""Guards when too much is refused to give anything up, and when that is over."""

from gateway.sinks.influxdb.fuse import Fuse


def test_a_fifth_of_a_batch_may_be_refused_but_not_more() -> None:
    assert not Fuse().blows(taken=40, poison=10)
    assert Fuse().blows(taken=39, poison=11)
    assert Fuse().blows(taken=0, poison=50)


def test_a_small_batch_is_no_evidence() -> None:
    assert not Fuse().blows(taken=0, poison=49)


def test_fifty_refused_in_a_row_over_small_batches_blow_it() -> None:
    fuse = Fuse()
    assert [fuse.blows(taken=0, poison=10) for _ in range(5)] == [False] * 4 + [True]


def test_one_taken_between_them_starts_the_row_anew() -> None:
    fuse = Fuse()
    for _ in range(4):
        assert not fuse.blows(taken=0, poison=12)
        assert not fuse.blows(taken=1, poison=0)


def test_a_blown_fuse_gives_nothing_up_but_takes_what_is_taken() -> None:
    fuse = Fuse()
    fuse.blows(taken=0, poison=50)
    assert fuse.blows(taken=0, poison=1)
    assert fuse.blows(taken=9, poison=1)
    assert not fuse.blows(taken=1, poison=0)
    assert fuse.blown


def test_a_batch_that_is_mostly_taken_mends_it() -> None:
    fuse = Fuse()
    fuse.blows(taken=0, poison=50)
    assert not fuse.blows(taken=49, poison=1)
    assert not fuse.blown


def test_a_mended_fuse_has_forgotten_the_row() -> None:
    fuse = Fuse()
    fuse.blows(taken=0, poison=50)
    fuse.mend()
    assert not fuse.blows(taken=0, poison=1)


def test_nothing_judged_changes_nothing() -> None:
    fuse = Fuse()
    assert not fuse.blows(taken=0, poison=0)
    fuse.blows(taken=0, poison=50)
    assert not fuse.blows(taken=0, poison=0)
    assert fuse.blown


def test_bridged_it_never_blows() -> None:
    fuse = Fuse()
    fuse.bridged = True
    assert not fuse.blows(taken=0, poison=5000)
    assert not fuse.blown
