"""Guards what counts as growing: memory and descriptors of the last life, once it has settled."""

import os

from hil.scenarios.soak.vital_signs import SETTLED_S, Sign, VitalSigns


def signs(*looks: tuple[float, float, int], life: int = 1) -> VitalSigns:
    return VitalSigns([Sign(life, SETTLED_S + age_s, rss, fds) for age_s, rss, fds in looks])


def test_a_daemon_that_stays_as_it_is_has_nothing_wrong() -> None:
    calm = signs(*((age, 60.0 + age % 3 / 10, 20 + age % 2) for age in range(0, 3000, 10)))
    assert not calm.complaints()
    slope = calm.rss_slope_mb_per_h()
    assert slope is not None
    assert abs(slope) < 1


def test_memory_that_grows_is_told() -> None:
    leak = signs(*((age, 60.0 + age / 20, 20) for age in range(0, 1800, 10)))
    assert len(leak.complaints()) == 2
    slope = leak.rss_slope_mb_per_h()
    assert slope is not None
    assert round(slope) == 180


def test_descriptors_that_grow_are_told() -> None:
    grown = signs(*((age, 60.0, 20 + age // 10) for age in range(0, 100, 10)))
    grown.signs.insert(0, Sign(0, 5.0, 60.0, 20))
    grown.calm_descriptors = 20
    (told,) = grown.complaints()
    assert "descriptors went from 20 to 29" in told


def test_fewer_descriptors_while_the_world_is_away_are_no_growth() -> None:
    away = signs((0, 60.0, 14), (10, 60.0, 14), (20, 60.0, 21))
    away.calm_descriptors = 20
    assert not away.complaints()


def test_what_is_calm_is_noted() -> None:
    mine = VitalSigns()
    mine.note_calm()
    assert mine.calm_descriptors is None
    mine.look(os.getpid(), 1, 1.0)
    mine.note_calm()
    assert mine.calm_descriptors == mine.signs[0].descriptors


def test_only_the_last_life_counts() -> None:
    both = VitalSigns(
        signs((0, 10.0, 20), (10, 90.0, 90), (20, 90.0, 90)).signs
        + signs((0, 60.0, 20), (10, 60.0, 20), (20, 60.0, 20), life=2).signs
    )
    assert not both.complaints()
    assert len(both.watched) == 3


def test_this_process_has_memory_and_descriptors() -> None:
    mine = VitalSigns()
    mine.look(os.getpid(), 1, 30.0)
    mine.look(2**22 + 1, 1, 31.0)  # nobody
    (sign,) = mine.signs
    assert sign.rss_mb > 5
    assert sign.descriptors >= 3
