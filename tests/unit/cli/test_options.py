"""Spans of time in words, times and numbers as every command writes them, and which store is meant."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.options import TIME_MAX_NS, moment_ns, number, store_path, time_text
from gateway.errors import ConfigError

S = 10**9
NOW_NS = 1_795_305_600 * S
"""2026-11-22T00:00:00Z."""


@pytest.mark.parametrize(
    ("text", "offset_s"),
    [
        ("2 h", -7200), ("1 day", -86400), ("200 ms", -0.2), ("0 s", 0), ("1.5 min", -90),
        ("2026-11-22", 0), ("2026-11-22T00:00:00Z", 0), ("2026-11-22T07:00:00+07:00", 0),
        ("2026-11-22 08:30", 30_600), ("2026-11-21T23:59:59.5Z", -0.5), ("20261122", 0),
    ],
)  # fmt: skip
def test_a_moment_is_so_long_ago_or_a_time(text: str, offset_s: float) -> None:
    assert moment_ns(text, NOW_NS) == NOW_NS + round(offset_s * S)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1500-01-01", 0), ("0001-01-01T00:00:00+14:00", 0), ("9999-12-31", TIME_MAX_NS),
        ("99999999999999 weeks", 0), ("1969-12-31T23:59:59.5Z", 0),
    ],
)  # fmt: skip
def test_moments_that_no_store_could_hold_are_its_ends(text: str, moment: int) -> None:
    assert moment_ns(text, NOW_NS) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "5", "h", "-1 h", "2026-13-01", "1" * 400 + " s"]
)
def test_anything_else_is_wrong_use_and_says_what_to_write(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="how long ago"):
        moment_ns(text, NOW_NS)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_or_wrong_use(text: str) -> None:
    with contextlib.suppress(typer.BadParameter):
        assert 0 <= moment_ns(text, NOW_NS) <= TIME_MAX_NS


def test_times_are_written_in_utc_with_milliseconds() -> None:
    assert time_text(NOW_NS) == "2026-11-22T00:00:00.000Z"
    assert time_text(NOW_NS + 7_999_999) == "2026-11-22T00:00:00.007Z"
    assert time_text(-1_000_000) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (21.5, "21.5"),
        (0.1 + 0.2, "0.3"),
        (1234567.0, "1,234,567"),
        (99_999.0, "99999"),
        (-0.0, "-0"),
    ],
)
def test_numbers_are_short_and_counters_in_full(value: float, shown: str) -> None:
    assert number(value) == shown


def test_the_store_is_the_named_one_or_the_configured_one(
    installation: Path, tmp_path: Path
) -> None:
    config = installation / "gateway.toml"
    assert store_path(config, tmp_path / "x.db") == tmp_path / "x.db"
    assert store_path(config, None) == installation / "store.db"
    with pytest.raises(typer.BadParameter, match="--config FILE, or --store FILE"):
        store_path(None, None)
    with pytest.raises(ConfigError):
        store_path(tmp_path / "none.toml", None)


@pytest.mark.parametrize("command", [["query", "x"], ["query"], ["status"]])
def test_without_a_store_it_is_wrong_use(call: Callable[..., Any], command: list[str]) -> None:
    said = call(*command)
    assert said.code == 2
    assert "--store" in said.err
