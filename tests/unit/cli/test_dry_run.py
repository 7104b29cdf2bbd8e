"""A request and its answer, through `decode --batch`: against published vectors, and for every kind of bad line.

Expected readings and payloads come from tests/data, which nothing of this program wrote.
"""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.decode import LINE_BYTES_MAX

Call = Callable[..., Any]

DATA = Path(__file__).parents[2] / "data"
SENSORS = json.loads((DATA / "sensor-payload-vectors.json").read_text())["vectors"]
LORAWAN = json.loads((DATA / "lorawan-vectors.json").read_text())["vectors"]
RECEIVED_AT = "2026-11-22T00:00:00Z"

NWK, APP = "44024241ed4ce9a68c6a8bc055233fd3", "ec925802ae430ca77fd3dd73cb2cc588"
PHY = "40f17dbe4900020001954378762b11ff0d"  # lora-packet-01: counter 2, port 1, "test"


@pytest.fixture
def answered(call: Call, tmp_path: Path) -> Callable[..., list[Any]]:
    """The answers to a batch of requests, given as objects or as raw lines."""

    def answered(*requests: object) -> list[Any]:
        path = tmp_path / "batch.jsonl"
        lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in requests]
        path.write_bytes(b"\n".join(lines) + b"\n")
        said = call("decode", "--batch", path, "--json")
        assert said.code in (0, None), said.err
        return [json.loads(line) for line in said.out.splitlines()]

    return answered


def test_every_sensor_vector_in_one_batch(answered: Callable[..., list[Any]]) -> None:
    requests = [
        {key: vector[key] for key in ("decoder", "f_port", "payload")}
        | {"received_at": RECEIVED_AT}
        for vector in SENSORS
    ]
    answers = answered(*requests)
    assert len(answers) == len(SENSORS) > 100
    for vector, answer in zip(SENSORS, answers, strict=True):
        if "refused" in vector:
            assert answer["refused"]["reason"] == vector["refused"], vector
            assert answer["refused"]["message"]
            assert answer["readings"] == []
        else:
            assert answer["readings"] == [_timed(reading) for reading in vector["readings"]], vector
            assert answer["refused"] is None
        assert answer["codec"] is None
        assert answer["uplink"] is None


def _timed(reading: dict[str, Any]) -> dict[str, Any]:
    """A vector's reading with its time as text: its own (stored samples), else that of reception."""
    own = reading.get("time_s")
    time = RECEIVED_AT if own is None else datetime.fromtimestamp(own, UTC).isoformat()
    rest = {key: value for key, value in reading.items() if key != "time_s"}
    return rest | {"time": time.replace("+00:00", "Z")}


UPLINKS = [
    vector
    for vector in LORAWAN
    if vector["kind"] == "data_up" and {"nwk_s_key", "app_s_key"} <= vector["keys"].keys()
]


def test_every_uplink_vector_in_one_batch(answered: Callable[..., list[Any]]) -> None:
    answers = answered(
        *(
            {"phy": v["phy_payload_hex"], **v["keys"], "f_cnt_last": v["fcnt32"] - 1}
            if v["fcnt32"]
            else {"phy": v["phy_payload_hex"], **v["keys"]}
            for v in UPLINKS
        )
    )
    assert len(answers) == len(UPLINKS) > 30
    for vector, answer in zip(UPLINKS, answers, strict=True):
        uplink = answer["uplink"]
        assert uplink["dev_addr"] == vector["fields"]["dev_addr"]
        assert uplink["mic_ok"] is vector["expect"]["mic_valid"], vector["id"]
        if vector["expect"]["mic_valid"]:
            assert uplink["f_cnt"] == vector["fcnt32"], vector["id"]
            assert uplink["f_port"] == vector["fields"].get("fport")
            plain = vector["expect"].get("frm_payload_plain_hex")
            assert plain is None or uplink["payload"] == plain, vector["id"]
        else:
            assert answer["refused"]["reason"] == "bad_mic"


def test_uplinks_of_the_newer_lorawan(answered: Callable[..., list[Any]]) -> None:
    vectors = [v for v in LORAWAN if v["kind"] == "data_up" and v["lorawan"] == "1.1"]
    answers = answered(*({"phy": v["phy_payload_hex"], **v["keys"]} for v in vectors))
    assert len(answers) > 4
    for vector, answer in zip(vectors, answers, strict=True):
        assert answer["uplink"]["mic_ok"] is True, vector["id"]
        plain = vector["expect"].get("frm_payload_plain_hex")
        assert plain is None or answer["uplink"]["payload"] == plain


def test_join_requests(answered: Callable[..., list[Any]]) -> None:
    vectors = [v for v in LORAWAN if v["kind"] == "join_request" and "app_key" in v["keys"]]
    answers = answered(*({"phy": v["phy_payload_hex"], **v["keys"]} for v in vectors))
    assert len(answers) > 5
    for vector, answer in zip(vectors, answers, strict=True):
        fields = vector["fields"]
        uplink = answer["uplink"]
        assert (uplink["dev_eui"], uplink["join_eui"]) == (fields["dev_eui"], fields["join_eui"])
        assert uplink["mic_ok"] is vector["expect"]["mic_valid"], vector["id"]


@pytest.mark.parametrize(
    "vector",
    [v for v in LORAWAN if v["kind"] == "malformed" and not v["expect"]["parse_ok"]],
    ids=lambda v: v["id"],
)
def test_malformed_frames(answered: Callable[..., list[Any]], vector: Any) -> None:
    (answer,) = answered({"phy": vector["phy_payload_hex"]})
    assert answer["refused"]["reason"] in ("malformed", "not_lorawan")
    assert answer["uplink"] is None


@pytest.mark.parametrize(
    ("last", "reason", "outcome"),
    [(None, None, "uplink"), (1, None, "uplink"), (2, "replayed", None), (3, None, "late")],
)
def test_the_counter_heard_before(
    answered: Callable[..., list[Any]], last: int | None, reason: str | None, outcome: str | None
) -> None:
    (answer,) = answered({"phy": PHY, "nwk_s_key": NWK, "app_s_key": APP, "f_cnt_last": last})
    assert (answer["refused"] or {}).get("reason") == reason
    assert answer["uplink"].get("outcome") == outcome
    assert answer["uplink"]["mic_ok"] is True


BAD_LINES = [
    (b"", "malformed"),
    (b"{", "malformed"),
    (b"[]", "malformed"),
    (b"null", "malformed"),
    (b'"\xff"', "malformed"),
    (b"{}", "malformed"),
    (b'{"decoder": "energy", "f_port": 30}', "malformed"),
    (b'{"decoder": "energy", "f_port": "30", "payload": ""}', "malformed"),
    (b'{"decoder": "energy", "f_port": 30, "payload": "0"}', "malformed"),
    (b'{"decoder": "energy", "f_port": 30, "payload": "zz"}', "malformed"),
    (b'{"decoder": "energy", "f_port": 30, "payload": "", "received_at": "soon"}', "malformed"),
    (
        b'{"decoder": "energy", "f_port": 30, "payload": "", "received_at": "2026-11-22"}',
        "malformed",
    ),
    (b'{"decoder": "enrgy", "f_port": 30, "payload": "00"}', "no_decoder"),
    (b'{"decoder": "energy", "f_port": 31415, "payload": "00"}', "wrong_port"),
    (b'{"decoder": "energy", "f_port": -1, "payload": "00"}', "wrong_port"),
    (b'{"decoder": "energy", "f_port": 30, "payload": ""}', None),
    (b'{"codec": "a.js", "f_port": 30, "payload": "00"}', "codec_error"),
    (b'{"phy": "zz"}', "malformed"),
    (b'{"phy": ""}', "malformed"),
    (f'{{"phy": "{PHY}", "nwk_s_key": "00"}}'.encode(), "malformed"),
    (f'{{"phy": "{PHY}", "app_s_key": "{APP}"}}'.encode(), "malformed"),
    (f'{{"phy": "{PHY}", "f_nwk_s_int_key": "{APP}"}}'.encode(), "malformed"),
    (f'{{"phy": "{PHY}", "nwk_s_key": "{NWK}", "nwk_s_enc_key": "{APP}"}}'.encode(), "malformed"),
    (f'{{"phy": "{PHY}"}}'.encode(), "unknown_device"),
    (f'{{"phy": "{PHY}", "nwk_s_key": "{APP}", "app_s_key": "{APP}"}}'.encode(), "bad_mic"),
    (b'{"decoder": "' + b"x" * 3 * LINE_BYTES_MAX + b'"}', "malformed"),
    (b" " * (LINE_BYTES_MAX - 1) + b"\n", "malformed"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_bad_line_gets_its_answer_and_the_next_one_too(
    answered: Callable[..., list[Any]], line: bytes, reason: str | None
) -> None:
    good = {"decoder": "cctv_health", "f_port": 10, "payload": "0100040046"}
    first, *middle, last = answered(good, line.removesuffix(b"\n"), good)
    assert len(middle) == 1
    assert middle[0]["refused"] is not None
    assert reason in (None, middle[0]["refused"]["reason"])
    assert middle[0]["refused"]["message"]
    assert first == last
    assert first["refused"] is None


def test_a_frame_and_a_decoder(answered: Callable[..., list[Any]]) -> None:
    frame = {"phy": PHY, "nwk_s_key": NWK, "app_s_key": APP}
    refused, unknown = answered(frame | {"decoder": "energy"}, frame | {"decoder": "enrgy"})
    assert refused["refused"]["reason"] == "wrong_port", "the frame is on port 1"
    assert unknown["refused"]["reason"] == "no_decoder"
    assert "'energy'" in unknown["refused"]["message"]
    assert refused["uplink"] == unknown["uplink"]
    assert refused["uplink"]["payload"] == "74657374"


def test_a_network_key_alone_leaves_the_payload_sealed(answered: Callable[..., list[Any]]) -> None:
    frame = {"phy": PHY, "nwk_s_key": NWK}
    sealed, asked = answered(frame, frame | {"decoder": "energy"})
    assert (sealed["refused"], sealed["uplink"]["mic_ok"], sealed["uplink"]["payload"]) == (
        None,
        True,
        None,
    )
    assert asked["refused"]["reason"] == "no_session"


def test_times_are_utc_with_milliseconds_where_there_are_some(
    answered: Callable[..., list[Any]],
) -> None:
    base = {"decoder": "cctv_health", "f_port": 10, "payload": "0100040046"}
    answers = answered(
        base,
        base | {"received_at": "2026-11-22T07:00:00+07:00"},
        base | {"received_at": "2026-11-22T00:00:00.1234567Z"},
        base | {"received_at": "2026-11-21T23:59:59.9996Z"},
    )
    assert [answer["readings"][0]["time"] for answer in answers] == [
        None,
        "2026-11-22T00:00:00Z",
        "2026-11-22T00:00:00.123Z",
        "2026-11-22T00:00:00Z",
    ]


def test_a_reader_that_goes_away_ends_the_batch_quietly(tmp_path: Path) -> None:
    (tmp_path / "batch.jsonl").write_bytes(b"{}\n" * 50_000)
    program = [sys.executable, "-c", "from gateway.cli import main; main()", "decode", "--batch"]
    with subprocess.Popen(
        [*program, str(tmp_path / "batch.jsonl")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert b"malformed" in child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 1


def test_a_batch_is_answered_line_by_line(tmp_path: Path) -> None:
    """The second request is written only after the first answer was read."""
    request = b'{"decoder": "cctv_health", "f_port": 10, "payload": "0100040046"}\n'
    program = [
        sys.executable,
        "-c",
        "from gateway.cli import main; main()",
        "decode",
        "--batch",
        "-",
    ]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert isinstance(child.stdin, io.BufferedWriter)
        assert child.stdout is not None
        for _ in range(3):
            child.stdin.write(request)
            child.stdin.flush()
            assert b"uptime_h" in child.stdout.readline()
        child.stdin.close()
    assert child.returncode == 0
