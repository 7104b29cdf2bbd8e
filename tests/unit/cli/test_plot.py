"""Plots without a terminal: plain text, one panel a number field, and a sentence when nothing can be drawn."""

from typing import Any

import pytest

from gateway.cli.plot import PANELS_MAX, plot
from gateway.store.query import Point
from tests.pipeline_bench import START_S


def point(minute: float, device: str = "a", **fields: Any) -> Point:
    time_ns = round((START_S + minute * 60) * 10**9)
    return Point(time_ns, (("device", device),), fields)


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_each_number_field_has_a_panel_with_its_times(capsys: pytest.CaptureFixture[str]) -> None:
    plot([point(n, co2_ppm=400.0 + n, ok=True, state="x") for n in range(120)], "air_quality")
    out = capsys.readouterr().out
    assert "co2_ppm" in out
    assert "00:00" in out
    assert "01:59" in out
    assert "\x1b" not in out, "no colours where there is no terminal"
    assert "state" not in out


def test_devices_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    plot([point(n, name, t=float(n)) for n in range(9) for name in ("north", "south")], "x")
    out = capsys.readouterr().out
    assert "north" in out
    assert "south" in out


@pytest.mark.parametrize("found", [[], [point(0, ok=True)], [point(0, state="x")]])
def test_without_numbers_it_says_so(found: list[Point], capsys: pytest.CaptureFixture[str]) -> None:
    plot(found, "air_quality")
    assert capsys.readouterr().out == "no numbers of air_quality in this span\n"


@pytest.mark.parametrize("value", [0.0, -40.0, 1e12])
def test_a_single_point_is_drawn(value: float, capsys: pytest.CaptureFixture[str]) -> None:
    plot([point(0, t=value)], "x")
    assert "t" in capsys.readouterr().out


def test_more_fields_than_fit_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {f"f{n}": float(n) for n in range(PANELS_MAX + 2)}
    plot([point(0, **fields), point(1, **fields)], "x")
    assert "2 more fields; choose with --field: f6, f7" in capsys.readouterr().out
