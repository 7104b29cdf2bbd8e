"""`decode` with one request on the command line: its answer, its code, and that no key shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

RECEIVED_AT = "2026-11-22T00:00:00Z"
NWK, APP = "44024241ed4ce9a68c6a8bc055233fd3", "ec925802ae430ca77fd3dd73cb2cc588"
PHY = "40f17dbe4900020001954378762b11ff0d"  # lora-packet-01: counter 2, port 1, "test"


def test_one_request_as_json(call: Call) -> None:
    said = call("decode", "--decoder", "cctv_health", "--f-port", 10, "--hex", "01 0004 0046",
                "--received-at", RECEIVED_AT, "--json")  # fmt: skip
    assert said.code in (0, None)
    assert json.loads(said.out) == {
        "readings": [
            {
                "measurement": "cctv_health",
                "time": RECEIVED_AT,
                "tags": {"camera": "1"},
                "fields": {"uptime_h": 70.0},
                "faults": [],
                "out_of_range": [],
            }
        ],
        "refused": None,
        "codec": None,
        "uplink": None,
    }
    assert '"uptime_h":70.0' in said.out, "numbers stay floats"


def test_a_refusal_is_code_one(call: Call) -> None:
    said = call("decode", "--decoder", "energy", "--f-port", 30, "--hex", "01", "--json")
    assert said.code == 1
    assert json.loads(said.out)["refused"]["reason"]


def test_people_get_tables(call: Call) -> None:
    said = call("decode", "--phy", PHY, "--nwk-s-key", NWK, "--app-s-key", APP)
    assert "74657374" in said.out
    said = call("decode", "--decoder", "cctv_health", "--f-port", 10, "--hex", "0100040046")
    assert "uptime_h" in said.out
    assert "70" in said.out
    said = call("decode", "--decoder", "energy", "--f-port", 10, "--hex", "00")
    assert said.code == 1
    assert "refused, wrong_port" in said.out
    said = call("decode", "--decoder", "cctv_health", "--f-port", 10, "--hex", "010005ffffff")
    assert "faults" in said.out
    assert "camera, uptime_h" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--decoder", "energy"),
        ("--decoder", "energy", "--f-port", "30"),
        ("--f-port", "30", "--hex", "00"),
        ("--decoder", "energy", "--f-port", "x", "--hex", "00"),
        ("--codec", "a.js", "--decoder", "energy", "--f-port", "30", "--hex", "00"),
        ("--profile", "a.toml", "--decoder", "energy", "--f-port", "30", "--hex", "00"),
        ("--phy", PHY, "--hex", "00"),
        ("--phy", PHY, "--device", "a"),
        ("--phy", PHY, "--config", "g.toml"),
        ("--phy", PHY, "--f-cnt-last", "-1"),
        ("--batch", "/no/such/file"),
        ("--batch", "/"),
        ("--batch", "-", "--decoder", "energy"),
    ],
)
def test_wrong_use_is_code_two_and_nothing_on_stdout(
    call: Call, arguments: tuple[str, ...]
) -> None:
    said = call("decode", *arguments, "--json")
    assert (said.code, said.out) == (2, "")
    assert said.err


DEVICES = f"""
[[device]]
name = "a"
dev_addr = "49be7df1"
nwk_s_key = "{NWK}"
app_s_key = "{APP}"
decoder = "energy"
[[device]]
name = "script"
dev_addr = "49be7df2"
nwk_s_key = "{NWK}"
app_s_key = "{APP}"
decoder = "c.js"
[[device]]
name = "server"
dev_addr = "49be7df3"
nwk_s_key = "{NWK}"
app_s_key = "{APP}"
decoder = "network_server"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with the keys of the frame above."""
    (tmp_path / "c.js").touch()
    (tmp_path / "devices.toml").write_text(DEVICES)
    (tmp_path / "devices.toml").chmod(0o600)
    path = tmp_path / "gateway.toml"
    path.write_text('[gateway]\ndevices = "devices.toml"')
    return path


@pytest.mark.parametrize(
    ("device", "reason"), [("a", "wrong_port"), ("script", "codec_error"), ("server", None)]
)
def test_keys_and_decoder_of_a_configured_device(
    call: Call, config: Path, device: str, reason: str | None
) -> None:
    said = call("decode", "--phy", PHY, "--device", device, "--config", config, "--json")
    answer = json.loads(said.out)
    assert answer["uplink"]["payload"] == "74657374"
    assert (answer["refused"] or {}).get("reason") == reason
    assert not any(key in said.out + said.err for key in (NWK, APP))


def test_a_payload_of_a_device_without_lorawan(call: Call, config: Path) -> None:
    config.write_text('[gateway]\ndevices = "devices.toml"\n[[sources.semtech_udp]]')
    plain = '[[device]]\nname = "p"\nsource = "semtech_udp"\naddress = 1\ndecoder = "energy"\nf_port = 30'
    (config.parent / "devices.toml").write_text(plain)
    said = call("decode", "--hex", "02", "--device", "p", "--config", config, "--json")
    assert json.loads(said.out)["refused"]["reason"] == "unknown_layout"


def test_a_device_that_is_not_configured(call: Call, config: Path) -> None:
    said = call("decode", "--phy", PHY, "--device", "sript", "--config", config)
    assert said.code == 2
    assert 'did you mean "script"?' in said.err


def test_a_faulty_configuration_is_code_78(call: Call, config: Path) -> None:
    config.write_text("[gateway]\nx = 1")
    assert call("decode", "--phy", PHY, "--device", "a", "--config", config).code == 78


def test_no_answer_and_no_error_shows_a_key(call: Call) -> None:
    wrong = ("--nwk-s-key", NWK + "0"), ("--nwk-s-key", NWK + "zz"), ("--app-s-key", NWK)
    for arguments in (("--nwk-s-key", NWK, "--app-s-key", NWK), *wrong):
        for json_too in ((), ("--json",)):
            said = call("decode", "--phy", PHY, *arguments, *json_too)
            assert NWK[:12] not in said.out + said.err
