"""`codec test`, `codec new` and `codec export` as their user calls them, with real codecs in the real process."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from decoders.city.families import LAYOUTS

Call = Callable[..., Any]

CODEC = """\
function decodeUplink(input) {
  if (input.fPort !== 2) throw new Error("port");
  var b = input.bytes;
  if (b.length < 2) return { errors: ["too short"] };
  return { data: { temperature: b[0] / 10, mode: b[1] ? "on" : 7, note: null }, warnings: ["w"] };
}
"""
GOOD = {"fPort": 2, "bytes": "d700", "data": {"temperature": 21.5, "mode": 7, "note": None}}


@pytest.fixture
def codec(tmp_path: Path) -> Path:
    path = tmp_path / "codec.js"
    path.write_text(CODEC)
    return path


def vectors(codec: Path, *entries: object) -> Path:
    """Its examples.json."""
    path = codec.with_name("examples.json")
    path.write_text(json.dumps(entries))
    return path


def report(call: Call, *arguments: object) -> tuple[object, Any]:
    """(exit code, answer) of a test."""
    said = call("codec", "test", *arguments, "--json")
    assert said.err == ""
    return said.code, json.loads(said.out)


def test_vectors_that_pass_are_code_zero(call: Call, codec: Path) -> None:
    place = vectors(codec, GOOD, {"fPort": 2, "bytes": "01", "errors": ["too short"]})
    code, said = report(call, codec)
    assert code in (0, None)
    assert (said["good"], said["passed"], len(said["results"])) == (True, 2, 2)
    assert said["vectors"] == str(place)
    assert (said["functions"], said["dialect"]) == (["decodeUplink"], "LoRa Alliance TS013")
    assert 0 < said["median_us"] < 100_000


def test_a_vector_that_fails_is_code_one_with_path_expected_and_got(
    call: Call, codec: Path
) -> None:
    vectors(codec, GOOD | {"data": {"temperature": 20, "mode": 7, "note": None}}, GOOD)
    code, said = report(call, codec)
    assert (code, said["passed"]) == (1, 1)
    (one,) = said["results"][0]["differences"]
    assert one == ["data.temperature", "20", "21.5"]
    people = call("codec", "test", codec)
    assert people.code == 1
    assert "FAILS    vector 1: d700 on FPort 2" in people.out
    assert "data.temperature: expected 20, got 21.5" in people.out
    assert "1 of 2 pass" in people.out


def test_it_says_what_each_value_becomes_and_what_is_dropped(call: Call, codec: Path) -> None:
    vectors(codec, GOOD)
    _, said = report(call, codec)
    temperature, mode = said["fields"]
    assert temperature == {
        "path": "temperature", "field": "temperature_c", "known": True, "unit": "°C",
        "types": ["float"], "first": 21.5, "faults": 0, "out_of_range": 0,
    }  # fmt: skip
    assert (mode["field"], mode["known"]) == ("mode", False)
    assert said["dropped"] == [{"path": "note", "why": "null", "times": 1}]
    out = call("codec", "test", codec).out
    assert "temperature -> temperature_c float  °C (first 21.5)" in out
    assert "own      mode" in out
    assert "dropped  note: null" in out


def test_a_field_that_changes_its_type_is_named(call: Call, codec: Path) -> None:
    other = {"temperature": 21.5, "mode": "on", "note": None}
    vectors(codec, GOOD, {"fPort": 2, "bytes": "d701", "data": other})
    code, said = report(call, codec)
    assert code in (0, None), "it is no fault of a vector"
    assert said["type_conflicts"] == ["mode"]
    assert "conflict mode is float and str" in call("codec", "test", codec).out


def test_a_profile_is_used_and_a_wrong_one_is_wrong_use(
    call: Call, codec: Path, tmp_path: Path
) -> None:
    vectors(codec, GOOD)
    profile = tmp_path / "profile.toml"
    profile.write_text(
        'drop = ["note"]\n[fields]\nmode = { to = "work_mode", map = { 7 = "off", on = "on" } }'
    )
    _, said = report(call, codec, "--profile", profile)
    assert [one["field"] for one in said["fields"]] == ["temperature_c", "work_mode"]
    assert said["fields"][1]["first"] == "off"
    for wrong in (tmp_path / "missing.toml", "nobody"):
        assert call("codec", "test", codec, "--profile", wrong).code == 2


def test_a_payload_of_the_command_line_is_tried_and_becomes_a_vector(
    call: Call, codec: Path
) -> None:
    code, said = report(call, codec, "--f-port", 2, "--hex", "D7 00")
    assert code in (0, None)
    assert said["vectors"] is None
    assert said["tried"]["data"] == GOOD["data"]
    assert said["tried"]["readings"][0]["fields"] == {"temperature_c": 21.5, "mode": 7.0}
    out = call("codec", "test", codec, "--f-port", 2, "--hex", "d700").out
    line = next(
        line for line in out.splitlines() if line.strip().startswith('{"fPort": 2, "bytes": "d700"')
    )
    vectors(codec, json.loads(line))
    assert report(call, codec)[1]["passed"] == 1


def test_what_a_codec_says_cannot_write_to_the_terminal(call: Call, codec: Path) -> None:
    codec.write_text('function decodeUplink() { return { errors: ["\\x1b]0;mine\\x07"] }; }')
    out = call("codec", "test", codec, "--f-port", 2, "--hex", "00").out
    assert "]0;mine" in out
    assert "\x1b" not in out


def test_a_payload_that_is_refused_is_code_one(call: Call, codec: Path) -> None:
    code, said = report(call, codec, "--f-port", 3, "--hex", "d700")
    assert code == 1
    assert said["tried"]["refused"] == "codec_error: Error: port (line 2)"
    people = call("codec", "test", codec, "--f-port", 3, "--hex", "d700").out
    assert "to check by hand" not in people, "an exception is nothing to expect"
    people = call("codec", "test", codec, "--f-port", 2, "--hex", "d7").out
    assert '{"fPort": 2, "bytes": "d7", "errors": ["too short"]}' in people


def test_without_vectors_it_says_how_to_write_one(call: Call, codec: Path) -> None:
    said = call("codec", "test", codec)
    assert said.code == 1
    assert '{"fPort": 2, "bytes": "0a1b", "data": {"temperature": 21.5}}' in said.out
    assert "--f-port 2 --hex" in said.out


@pytest.mark.parametrize(
    ("script", "functions", "dialect"),
    [
        ("function Decoder(bytes, port) { return {t: bytes[0]}; }", ["Decoder"], "The Things Network 2"),
        ("exports.Decode = function (p, b, v) { return {t: b[0]}; };", ["exports.Decode"], "ChirpStack 3"),
        (
            "var decodeUplink = (i) => ({data: {t: 1}}); function normalizeUplink(i) { return i; }",
            ["decodeUplink", "normalizeUplink"], "LoRa Alliance TS013",
        ),
    ],
)  # fmt: skip
def test_the_entry_point_is_told(
    call: Call, codec: Path, script: str, functions: list[str], dialect: str
) -> None:
    codec.write_text(script)
    _, said = report(call, codec, "--f-port", 2, "--hex", "01")
    assert (said["functions"], said["dialect"]) == (functions, dialect)


def test_what_fails_only_in_strict_mode_is_a_note(call: Call, codec: Path) -> None:
    codec.write_text("function decodeUplink(i) {\n  n = i.bytes[0];\n  return {data: {n: n}};\n}\n")
    vectors(codec, {"fPort": 2, "bytes": "07", "data": {"n": 7}})
    code, said = report(call, codec)
    assert code in (0, None)
    (note,) = said["warnings"]
    assert "strict mode" in note
    assert "n is not defined (line 2)" in note


def test_a_codec_that_cannot_be_used_is_code_one(call: Call, codec: Path, tmp_path: Path) -> None:
    codec.write_text('import x from "y";')
    said = call("codec", "test", codec)
    assert said.code == 1
    assert "ES module" in said.out
    assert "cannot be read" in call("codec", "test", tmp_path / "nobody.js").out


def test_an_endless_loop_ends(call: Call, codec: Path) -> None:
    codec.write_text("function decodeUplink(i) { for (;;) {} }")
    code, said = report(call, codec, "--f-port", 2, "--hex", "00")
    assert code == 1
    assert said["tried"]["refused"].startswith("codec_timeout")
    assert said["median_us"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("--f-port", 2), ("--hex", "00"), ("--f-port", 2, "--hex", "0g"),
        ("--received-at", "2026-11-22"), ("--vectors", "nowhere.json"),
        ("--f-port", 2, "--hex", "00", "--received-at", "soon"),
    ],
)  # fmt: skip
def test_wrong_use_is_code_two(call: Call, codec: Path, arguments: tuple[object, ...]) -> None:
    assert call("codec", "test", codec, *arguments).code == 2


def test_vectors_that_are_none_are_code_two_with_the_reason(call: Call, codec: Path) -> None:
    codec.with_name("examples.json").write_text('[{"fPort": 2}]')
    said = call("codec", "test", codec)
    assert said.code == 2
    assert "bytes is missing" in " ".join(said.err.split())


def test_yaml_is_refused_with_a_way_out(call: Call, codec: Path) -> None:
    said = call("codec", "test", codec, "--vectors", "x-codec.yaml")
    assert said.code == 2
    assert "yq -o json" in " ".join(said.err.split())


def test_a_new_codec_passes_at_once_and_is_never_overwritten(call: Call, tmp_path: Path) -> None:
    assert call("codec", "new", "door-1", "--into", tmp_path / "codecs").code in (0, None)
    folder = tmp_path / "codecs" / "door-1"
    names = {path.name for path in folder.iterdir()}
    assert names == {"door-1.js", "examples.json", "profile.toml"}
    assert "@" not in "".join(path.read_text() for path in folder.iterdir())
    code, said = report(call, folder / "door-1.js", "--profile", folder / "profile.toml")
    assert code in (0, None)
    assert said["passed"] == len(said["results"]) > 3
    assert said["warnings"] == []
    assert "door_open_count" in [one["field"] for one in said["fields"]]
    before = {path: path.read_bytes() for path in folder.iterdir()}
    again = call("codec", "new", "door-1", "--into", tmp_path / "codecs")
    assert again.code == 2
    assert "is there already" in again.err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["", "../door", "Door", "door.js", "-door", "a" * 65])
def test_a_name_that_is_no_name_is_refused(call: Call, tmp_path: Path, name: str) -> None:
    assert call("codec", "new", "--into", tmp_path, "--", name).code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_an_exported_codec_is_one_that_this_program_runs(
    call: Call, tmp_path: Path, layout: Any
) -> None:
    out = tmp_path / f"{layout.name}.js"
    assert call("codec", "export", layout.name, "--as", "ts013", "--out", out).code in (0, None)
    payload = "01 0004" + "00" * layout.fields[2].width.size_bytes
    code, said = report(call, out, "--f-port", layout.f_port, "--hex", payload)
    assert code in (0, None)
    assert layout.fields[2].name in said["tried"]["readings"][0]["fields"]
    assert said["warnings"] == []
    assert call("codec", "export", layout.name, "--as", "ts013", "--out", out).code == 2


def test_an_export_goes_to_stdout_and_wrong_ones_are_refused(call: Call, tmp_path: Path) -> None:
    said = call("codec", "export", "energy", "--as", "c-header")
    assert "energy_encode_report" in said.out
    assert call("codec", "export", "water", "--as", "ts013").code == 2
    assert call("codec", "export", "energy", "--as", "java").code == 2
    assert (
        call("codec", "export", "energy", "--as", "ts013", "--out", tmp_path / "no" / "x").code == 2
    )


def test_help_of_all_commands_does_not_load_the_workbench() -> None:
    code = (
        "import sys\nfrom gateway.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit('gateway.cli.codec' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
