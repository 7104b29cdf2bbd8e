"""`query` on a store that simulated devices filled: its forms, spans and fields, and what it says of nothing."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]
SINCE = ("--since", "2026-11-21")
MINUTE = ("2026-11-22T00:00", "2026-11-22T00:01", "2026-11-22T00:02", "2026-11-22T00:03")
"""When the air station spoke: it is the first of each round."""


@pytest.fixture
def query(call: Call, installation: Path) -> Call:
    return lambda *arguments: call("query", *arguments, "--config", installation / "gateway.toml")


def points(said: Any) -> list[dict[str, Any]]:
    assert said.code == 0, said.err
    assert bool(said.err) == said.out.endswith("[]}\n"), "an empty answer is explained, on stderr"
    return list(json.loads(said.out)["points"])


def test_json_is_one_document_of_points_in_order(query: Call) -> None:
    said = query("air_quality", *SINCE, "--json")
    found = points(said)
    assert json.loads(said.out)["measurement"] == "air_quality"
    assert [one["time"][:16] for one in found] == list(MINUTE)
    assert found[0]["tags"] == {
        "device": "air-01", "dev_eui": "02c1750000000001", "site": "hall", "zone": "centre",
    }  # fmt: skip
    assert isinstance(found[0]["fields"]["co2_ppm"], float)


def test_a_span_takes_its_beginning_and_leaves_out_its_end(query: Call) -> None:
    first, second, *_ = (one["time"] for one in points(query("air_quality", *SINCE, "--json")))
    span = ("--since", first, "--until", second)
    assert [one["time"] for one in points(query("air_quality", *span, "--json"))] == [first]
    assert points(query("air_quality", "--since", "9999-01-01", "--json")) == []
    assert len(points(query("air_quality", "--since", "0001-01-01", "--json"))) == 4


def test_device_field_and_limit_choose(query: Call) -> None:
    links = points(query("lora_link", *SINCE, "--json", "--device", "meter-01"))
    assert {one["tags"]["device"] for one in links} == {"meter-01"}
    chosen = points(query("air_quality", *SINCE, "--json", "--field", "co2_ppm", "--limit", 2))
    assert [(one["time"][:16], list(one["fields"])) for one in chosen] == [
        (minute, ["co2_ppm"]) for minute in MINUTE[-2:]
    ]
    assert points(query("air_quality", *SINCE, "--json", "--field", "none")) == []
    assert points(query("air_quality", *SINCE, "--json", "--device", "none")) == []


def test_csv_has_tags_before_fields_and_a_row_each(query: Call) -> None:
    said = query("air_quality", *SINCE, "--format", "csv")
    rows = list(csv.reader(io.StringIO(said.out)))
    assert rows[0][:5] == ["time", "dev_eui", "device", "site", "zone"]
    assert [row[0][:16] for row in rows[1:]] == list(MINUTE)
    assert {len(row) for row in rows} == {len(rows[0])}


def test_a_table_shows_the_newest_and_leaves_out_tags_that_do_not_vary(query: Call) -> None:
    said = query("air_quality", *SINCE)
    assert "air_quality: 4 points" in said.out
    assert "site" not in said.out
    assert "lora_link: 2 points" in query("lora_link", *SINCE, "--limit", 2).out


def test_without_a_measurement_those_there_are_are_listed(query: Call) -> None:
    names = ["air_quality", "cctv_health", "energy", "lora_link"]
    assert query().out.split() == names
    assert json.loads(query("--json").out) == {"measurements": names}


def test_an_unknown_measurement_is_bad_and_says_what_there_is(query: Call) -> None:
    said = query("weather", "--json")
    assert said.code == 1
    assert json.loads(said.out) == {"measurement": "weather", "points": []}
    assert "'weather'" in said.err
    assert "air_quality" in said.err


def test_an_empty_store_holds_nothing_yet(call: Call, empty_store: Path) -> None:
    said = call("query", "--store", empty_store)
    assert (said.code, said.out) == (0, "the store holds no readings yet\n")
    assert json.loads(call("query", "--store", empty_store, "--json").out) == {"measurements": []}
    assert call("query", "x", "--store", empty_store).code == 1


def test_a_missing_store_is_said_in_a_sentence(call: Call, tmp_path: Path) -> None:
    said = call("query", "x", "--store", tmp_path / "none.db", "--json")
    assert said.code == 1
    assert said.out == ""
    assert "none.db" in said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "none.db").exists(), "asking makes no file"


def test_a_file_that_is_no_store_is_refused(call: Call, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database, but long enough to look at " * 100)
    said = call("query", "x", "--store", tmp_path / "text.db")
    assert said.code == 1
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--since", "soon"),
        ("--until", "5"),
        ("--limit", "0"),
        ("--limit", "9" * 30),
        ("--format", "xml"),
        ("--bad",),
    ],
)
def test_wrong_use_is_2(query: Call, wrong: tuple[str, ...]) -> None:
    assert query("air_quality", *wrong).code == 2


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_spreadsheet_finds_no_formula(
    call: Call, formula_store: Callable[[str], Path], text: str
) -> None:
    said = call("query", "room", "--store", formula_store(text), "--format", "csv", *SINCE)
    header, row = csv.reader(io.StringIO(said.out, newline=""))
    cells = dict(zip(header, row, strict=True))
    assert cells["state"] == f"'{text}"
    assert cells["door"] == "true"
    assert cells["level"] == "-5.5", "numbers are numbers"
