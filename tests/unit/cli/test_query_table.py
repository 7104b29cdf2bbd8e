"""The table of `query` at the width of the terminal: no value is squeezed out of sight, no name is cut."""

from collections.abc import Callable

import pytest

from gateway.cli.query import _nothing, _write_table
from gateway.store.query import Point

NAMES = [f"quantity_{number:02d}" for number in range(15)]
Shown = Callable[[list[Point], int], str]


def point(device: str) -> Point:
    return Point(
        time_ns=1_795_000_000_000_000_000,
        tags=(("dev_eui", f"70b3d57ed00000{device[-2:]}"), ("device", device)),
        fields={name: 100.5 + number for number, name in enumerate(NAMES)},
    )


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shown:
    """The table of points on a terminal of so many columns."""

    def shown(points: list[Point], columns: int) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        _write_table(points, "climate", open_ended=False)
        return capsys.readouterr().out

    return shown


def test_a_narrow_terminal_shows_every_name_beside_its_value(shown: Shown) -> None:
    text = shown([point("air-01"), point("air-02")], 80)
    for number, name in enumerate(NAMES):
        assert text.count(f"{name}={100.5 + number:g}") == 2
    assert "air-01" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_wide_terminal_has_a_column_for_each_field(shown: Shown) -> None:
    text = shown([point("air-01")], 400)
    assert "quantity_00=" not in text
    assert all(name in text for name in NAMES)


def test_a_single_device_takes_no_column_of_its_own(shown: Shown) -> None:
    assert "device" not in shown([point("air-01")], 80)


def test_nothing_found_is_no_empty_table(shown: Shown) -> None:
    assert shown([], 80) == ""


def test_in_place_of_an_empty_table_stands_what_was_looked_for() -> None:
    sentence = _nothing("climate", "air-99", ["humidty"])
    assert all(word in sentence for word in ("climate", "'air-99'", "humidty", "--since"))
    assert "device" not in _nothing("climate", None, None)
