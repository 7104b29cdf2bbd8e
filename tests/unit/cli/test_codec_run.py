"""`decode --codec` and codecs in `check`, as a user calls them: the codecs' process is the real one.

What codecs may be and how their ends are told is in the tests of `gateway/codec_worker`.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

GOOD = """
function decodeUplink(input) {
  if (input.fPort === 9) return { data: {}, errors: ["unknown port"] };
  if (input.fPort === 8) throw new Error("no");
  return { data: { temperature: input.bytes[0] / 10, at: input.recvTime.getTime() }, warnings: ["old"] };
}"""


@pytest.fixture
def codec(tmp_path: Path) -> Path:
    """A codec's file."""
    path = tmp_path / "door.js"
    path.write_text(GOOD)
    return path


def test_an_answer_has_what_the_codec_said_and_what_would_be_stored(
    call: Call, codec: Path
) -> None:
    at = "2026-11-22T00:00:00Z"
    said = call(
        "decode", "--codec", codec, "--f-port", "1", "--hex", "c8", "--received-at", at, "--json"
    )
    answer = json.loads(said.out)
    assert said.code in (0, None)
    assert answer["codec"] == {
        "data": {"temperature": 20, "at": 1_795_305_600_000},
        "warnings": ["old"],
        "errors": [],
    }
    (reading,) = answer["readings"]
    assert (reading["measurement"], reading["time"]) == ("sensor", at)
    assert reading["fields"]["temperature_c"] == 20.0
    assert answer["refused"] is None


@pytest.mark.parametrize(
    ("f_port", "errors", "data"), [("9", ["unknown port"], {}), ("8", ["Error: no (line 4)"], None)]
)
def test_an_error_is_refused_with_the_codecs_words(
    call: Call, codec: Path, f_port: str, errors: list[str], data: object
) -> None:
    said = call("decode", "--codec", codec, "--f-port", f_port, "--hex", "c8", "--json")
    answer = json.loads(said.out)
    assert said.code == 1
    assert answer["codec"] == {"data": data, "warnings": [], "errors": errors}
    assert answer["refused"]["reason"] == "codec_error"
    assert errors[0] in answer["refused"]["message"]
    assert answer["readings"] == []


def test_a_codec_that_is_not_there_has_said_nothing(call: Call, tmp_path: Path) -> None:
    said = call("decode", "--codec", tmp_path / "no.js", "--f-port", "1", "--hex", "00", "--json")
    answer = json.loads(said.out)
    assert answer["codec"] is None
    assert "No such file" in answer["refused"]["message"]
    assert "Traceback" not in said.err


def test_a_batch_of_codecs_decoders_and_bad_lines_keeps_its_order(
    call: Call, codec: Path, tmp_path: Path
) -> None:
    other = tmp_path / "loop.js"
    other.write_text(
        "function Decoder(bytes) { while (bytes[0] > 250) {} return { n: bytes[0] }; }"
    )
    lines = []
    for n in range(700):
        path = codec if n % 3 else other
        lines.append(json.dumps({"codec": str(path), "f_port": 1, "payload": f"{n % 250:02x}"}))
    lines[10] = "no request"
    lines[600] = json.dumps({"decoder": "energy", "f_port": 30, "payload": "00"})
    lines[650] = json.dumps({"codec": str(other), "f_port": 1, "payload": "ff"})
    batch = tmp_path / "batch.jsonl"
    batch.write_text("\n".join(lines))
    said = call("decode", "--batch", batch, "--json")
    answers = [json.loads(line) for line in said.out.splitlines()]
    assert said.code in (0, None)
    assert len(answers) == 700
    reasons = {n: one["refused"]["reason"] for n, one in enumerate(answers) if one["refused"]}
    assert set(reasons) == {10, 600, 650}
    assert (reasons[10], reasons[650]) == ("malformed", "codec_timeout")
    for n, one in enumerate(answers):
        if n not in reasons:
            expected = n % 250 / 10 if n % 3 else n % 250
            assert one["codec"]["data"]["temperature" if n % 3 else "n"] == expected


def test_check_says_what_it_found_in_each_codec(call: Call, codec: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.js").write_text("export function decodeUplink() {}")
    rows = [
        f'[[device]]\nname = "d{n}"\ndev_eui = "70b3d57ed000000{n}"\ndecoder = "./{name}"'
        for n, name in enumerate(("door.js", "door.js", "bad.js"))
    ]
    (tmp_path / "devices.toml").write_text("\n".join(rows))
    config = tmp_path / "gateway.toml"
    config.write_text('[gateway]\ndevices = "devices.toml"\n[store]\npath = "store.db"')
    said = call("check", "--config", config, "--json")
    answer = json.loads(said.out)
    assert said.code == 1
    assert answer["ok"] is False
    bad, good = answer["codecs"]
    assert (good["devices"], good["functions"], good["fault"]) == (2, ["decodeUplink"], None)
    assert (bad["devices"], bad["functions"]) == (1, [])
    assert "line 1: `export`" in bad["fault"]
    told = call("check", "--config", config)
    assert told.code == 1
    assert "door.js: decodeUplink" in told.out
    assert "until then the payloads of 1 device are kept and refused" in told.out
