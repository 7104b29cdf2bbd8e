"""`query --uplinks`: kept frames, opened again with the configured keys, refused ones too."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hil.simulators.fleet import Fleet
from tests.pipeline_bench import START_S

Call = Callable[..., Any]


@pytest.fixture
def uplinks(call: Call, installation: Path) -> Call:
    config = installation / "gateway.toml"
    return lambda *rest: call(
        "query", "--uplinks", "--since", "2020-01-01", "--config", config, *rest
    )


def test_what_was_sent_is_shown_in_clear(uplinks: Call) -> None:
    found = json.loads(uplinks("--json").out)["uplinks"]
    assert len(found) == 16
    # The same city again: its first device speaks first, at START_S.
    sent = Fleet(3, seed=7).devices[0].speak(START_S)
    first = found[0]
    assert first["payload"] == sent.payload.hex()
    assert (first["f_cnt"], first["f_port"]) == (sent.f_cnt, sent.f_port)
    assert (first["device"], first["outcome"]) == ("air-01", "uplink")
    assert first["dev_addr"] == "02000001"
    assert first["phy"] == sent.phy.hex()
    assert first["receptions"][0]["gateway"] == "02c17aff00000001"
    assert [one["seq"] for one in found] == sorted(one["seq"] for one in found)


def test_a_refused_frame_has_its_bytes_and_a_reason_but_no_payload(uplinks: Call) -> None:
    found = json.loads(uplinks("--json").out)["uplinks"]
    (refused, *_) = [one for one in found if one["outcome"] == "unknown_device"]
    assert refused["payload"] is None
    assert refused["device"] is None
    assert refused["phy"]
    assert "DevAddr" in refused["message"]
    (copy, *_) = [one for one in found if one["outcome"] == "repeated"]
    assert copy["about"] in {one["seq"] for one in found if one["outcome"] == "uplink"}


def test_device_span_and_limit_choose(uplinks: Call) -> None:
    mine = json.loads(uplinks("--json", "--device", "meter-01").out)["uplinks"]
    assert {one["device"] for one in mine} == {"meter-01"}
    assert len(json.loads(uplinks("--json", "--limit", 3).out)["uplinks"]) == 3
    assert json.loads(uplinks("--json", "--until", "2020-01-02").out) == {"uplinks": []}


def test_as_csv_and_as_a_table(uplinks: Call) -> None:
    header, *rows = csv.reader(io.StringIO(uplinks("--format", "csv").out))
    assert header[-1] == "gateways"
    assert len(rows) == 16
    assert "16 frames" in uplinks().out


def test_frames_are_no_plot_and_need_the_keys(
    uplinks: Call, call: Call, installation: Path
) -> None:
    assert uplinks("--format", "plot").code == 2
    said = call("query", "--uplinks", "--store", installation / "store.db")
    assert said.code == 2
    assert "--config" in said.err
