"""`dead-letters` as it is called: what it lists and writes, what it asks for, and what it refuses; daemon down."""

import asyncio
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.model import Rejection, Verdict
from gateway.store.outlet import Outlet
from tests.integration.store.records import Recorder, drain
from tests.pipeline_bench import NEAR, START_S, Bench, air_report, device_of, heard_by, who

Call = Callable[..., Any]
CONFIG = """
[gateway]
name = "kk-01"
[store]
path = "store.db"
"""
WORDS = "=cmd|' /C calc'!A0 is no \x1b[31mfield"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration without sinks, and a store with three dead letters of one that is gone."""
    (tmp_path / "gateway.toml").write_text(CONFIG)

    async def make() -> None:
        bench = Bench(tmp_path / "store.db", [device_of(who())])
        outlet = Outlet(bench.store, "city", "all")
        for f_cnt in range(3):
            phy = who().node().uplink(f_cnt, 20, air_report(30 + f_cnt))
            bench.hear(heard_by(NEAR, START_S + f_cnt, phy))
        await bench.store.commit()
        await drain(
            outlet,
            Recorder(
                lambda found: Verdict(
                    tuple(
                        Rejection(place, 400, WORDS)
                        for place, one in enumerate(found)
                        if one.series.measurement == "air_quality"
                    )
                )
            ),
        )
        outlet.close()
        await bench.close()

    asyncio.run(make())
    return tmp_path


def test_a_list_has_reasons_and_letters(call: Call, folder: Path) -> None:
    said = call("dead-letters", "list", "--store", folder / "store.db", "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    (reason,) = answer["reasons"]
    assert (reason["sink"], reason["status"], reason["letters"]) == ("city", 400, 3)
    first = answer["letters"][0]
    assert (first["id"], first["device"], first["seq"]) == (1, "air-01", 1)
    assert first["fields"] == {"pm1_0_ug_m3": 30.0}
    assert first["time"] == "2026-11-22T00:00:00.000Z"
    page = call("dead-letters", "list", "--config", folder / "gateway.toml", "--limit", 2).out
    assert "only the newest 2 of 3" in page
    assert "air-01" in page
    assert "\x1b" not in page, "a server's words move no cursor"


def test_a_spreadsheet_runs_nothing_of_it(call: Call, folder: Path) -> None:
    said = call("dead-letters", "list", "--store", folder / "store.db", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert {row["text"][:2] for row in rows} == {"'="}
    assert rows[0]["line"].startswith("air_quality,")


@pytest.mark.parametrize(
    "what", [("--reason", "\udcff"), ("--device", "\udcff"), ("--status", "9" * 30), ("9" * 30,)]
)
@pytest.mark.parametrize("command", ["list", "retry"])
def test_letters_that_cannot_be_named_like_that_are_told(
    call: Call, folder: Path, command: str, what: tuple[str, ...]
) -> None:
    if command == "list" and len(what) == 1:
        what = ("--status", *what)
    said = call("dead-letters", command, "--config", folder / "gateway.toml", *what)
    assert said.code == 1
    assert "cannot be chosen" in said.err


def test_one_letter_is_shown_with_its_frame(call: Call, folder: Path) -> None:
    said = call("dead-letters", "show", 2, "--store", folder / "store.db", "--json")
    answer = json.loads(said.out)
    assert answer["line"].endswith(f"pm1_0_ug_m3=31.0 {START_S + 1}000000000")
    assert answer["frame"]["outcome"] == "uplink"
    assert answer["frame"]["raw"] == who().node().uplink(1, 20, air_report(31)).hex()
    assert "dead letter 2 of sink city" in call(
        "dead-letters", "show", 2, "--store", folder / "store.db"
    ).out  # fmt: skip
    gone = call("dead-letters", "show", 9, "--store", folder / "store.db")
    assert (gone.code, gone.out) == (1, "")
    assert "no dead letter has the number 9" in gone.err


@pytest.mark.parametrize("what", ["retry", "drop"])
def test_nothing_named_is_not_all(call: Call, folder: Path, what: str) -> None:
    config = ("--config", folder / "gateway.toml")
    for wrong in ((), ("--all", "1"), ("x",)):
        assert call("dead-letters", what, *wrong, *config).code == 2
    assert call("dead-letters", what).code == 2, "it needs a configuration"
    listed = call("dead-letters", "list", *config, "--json").out
    assert len(json.loads(listed)["letters"]) == 3


def test_letters_are_dropped_after_a_yes(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    config = ("--config", folder / "gateway.toml")
    dry = call("dead-letters", "drop", 1, "--dry-run", *config, "--json")
    assert json.loads(dry.out) == {"would_drop": 1}
    unasked = call("dead-letters", "drop", 1, *config)
    assert unasked.code == 1
    assert "Delete these 1 for good?" in unasked.err
    dropped = call("dead-letters", "drop", 1, "--yes", *config, "--json")
    assert json.loads(dropped.out) == {"asked": 1, "dropped": {"city": 1}}
    assert call("dead-letters", "drop", 1, "--yes", *config).code == 1, "it is gone"
    gone = call("dead-letters", "drop", 1, "--yes", *config, "--json")
    assert json.loads(gone.out) == {"asked": 0, "dropped": {}}
    left = json.loads(call("dead-letters", "list", *config, "--json").out)
    assert [letter["id"] for letter in left["letters"]] == [2, 3]


def test_a_sink_that_is_not_configured_gets_nothing(call: Call, folder: Path) -> None:
    said = call("dead-letters", "retry", "--all", "--config", folder / "gateway.toml")
    assert said.code == 1
    assert "no sink 'city' is configured" in said.out


def test_a_store_of_somebody_else_is_not_written(
    call: Call, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    said = call("dead-letters", "drop", "--all", "--yes", "--config", folder / "gateway.toml")
    assert said.code == 1
    assert "run this as that user" in said.err


def test_without_letters_it_says_so(call: Call, empty_store: Path) -> None:
    assert call("dead-letters", "list", "--store", empty_store).out == "no dead letters\n"
    answer = json.loads(call("dead-letters", "list", "--store", empty_store, "--json").out)
    assert answer == {"reasons": [], "letters": []}
