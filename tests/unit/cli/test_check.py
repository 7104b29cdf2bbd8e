"""`check`: what it says of good files, its code for faulty ones, and that it opens nothing and shows no secret."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

KEY = "5ec2e75ec2e75ec2e75ec2e75ec2e75e"
TOKEN = "t0ken-t0ken-t0ken-t0ken-t0ken-t0ken-t0ken-t0ken"
GATEWAY = """
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"
tags = { site = "city-hall" }
[store]
path = "none/store.db"
[[sources.semtech_udp]]
listen = "127.0.0.1:1700"
[[sinks.influxdb]]
url = "http://127.0.0.1:1"
org = "city"
bucket = "city"
token_file = "influx.token"
"""
DEVICES = f"""
[[device]]
name = "a"
dev_eui = "70b3d57ed0000001"
decoder = "air_quality"
dev_addr = "260b1a2c"
nwk_s_key = "{KEY}"
app_s_key = "{KEY}"
[[device]]
name = "b"
dev_eui = "70b3d57ed0000002"
join_eui = "70b3d57ed0000002"
app_key = "{KEY}"
decoder = "energy"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Good files of a small installation."""
    for name, text in (("gateway", GATEWAY), ("devices", DEVICES)):
        (tmp_path / f"{name}.toml").write_text(text)
        (tmp_path / f"{name}.toml").chmod(0o600)
    (tmp_path / "influx.token").write_text(TOKEN)
    (tmp_path / "influx.token").chmod(0o600)
    return tmp_path


def test_it_says_what_it_understood(call: Call, folder: Path) -> None:
    said = call("check", "--config", folder / "gateway.toml")
    assert said.code == 0, said.err
    for words in (
        "kk-01, region AS923-1",
        f"{folder}/none/store.db, at most 1,073,741,824 bytes and 90 days",
        "semtech_udp (semtech_udp) at 127.0.0.1:1700: at most once",
        "influxdb (influxdb) at http://127.0.0.1:1",
        "devices  2\n         1 air_quality\n         1 energy\n         1 abp\n         1 otaa",
        "note     1 device (b) by OTAA",
        "note     the store's folder",
    ):
        assert words in said.out


def test_it_says_the_same_to_scripts(call: Call, folder: Path) -> None:
    said = call("check", "--config", folder / "gateway.toml", "--json")
    found = json.loads(said.out)
    assert found["ok"] is True
    assert found["gateway"]["tags"] == {"site": "city-hall"}
    assert found["store"]["size_max_bytes"] == 2**30
    assert found["sources"][0] == {
        "name": "semtech_udp",
        "kind": "semtech_udp",
        "at": "127.0.0.1:1700",
        "guarantee": "at most once",
    }
    assert found["sinks"][0]["start"] == "all"
    assert found["devices"] == {
        "count": 2,
        "by_decoder": {"air_quality": 1, "energy": 1},
        "by_activation": {"abp": 1, "otaa": 1},
    }
    assert len(found["warnings"]) == 2


def test_it_makes_no_file(call: Call, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    call("check", "--config", folder / "gateway.toml")
    assert sorted(folder.rglob("*")) == before


def test_faults_go_to_scripts_as_json_too(call: Call, folder: Path) -> None:
    (folder / "gateway.toml").write_text("[gateway]\nnmae = 1\n[store]\nsize_max = 2")
    said = call("check", "--config", folder / "gateway.toml", "--json")
    assert said.code == 78
    assert json.loads(said.out) == {
        "ok": False,
        "faults": [
            {
                "file": str(folder / "gateway.toml"),
                "key": "gateway.nmae",
                "value": None,
                "remedy": 'unknown key; did you mean "name"?',
            },
            {
                "file": str(folder / "gateway.toml"),
                "key": "store.size_max",
                "value": 2,
                "remedy": 'write it as text with a unit, such as "64 MB" or "1 GiB"',
            },
        ],
    }


@pytest.mark.parametrize(
    ("spoil", "remedy"),
    [
        (Path.unlink, "cannot be read: No such file"),
        (lambda path: path.chmod(0o644), "run: chmod 600"),
        (lambda path: path.write_text(""), "is empty"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not UTF-8"),
    ],
)
def test_a_token_that_a_sink_could_not_use_is_told(
    call: Call, folder: Path, spoil: Callable[[Path], object], remedy: str
) -> None:
    spoil(folder / "influx.token")
    said = call("check", "--config", folder / "gateway.toml")
    assert said.code == 1, "`run` starts all the same: the other ways go on"
    (bad,) = [line for line in said.out.splitlines() if line.startswith("bad ")]
    assert "sinks.influxdb[0].token_file: " in bad
    assert remedy in bad
    assert bad.endswith("until then influxdb is blocked")
    told = call("check", "--config", folder / "gateway.toml", "--json")
    assert told.code == 1
    document = json.loads(told.out)
    assert not document["ok"]
    assert [(one["name"], one["key"]) for one in document["unreadable"]] == [
        ("influxdb", "sinks.influxdb[0].token_file")
    ]
    assert document["sinks"], "what was understood is told as well"


def test_an_authority_that_cannot_be_read_is_told(call: Call, folder: Path) -> None:
    text = GATEWAY.replace("http://", "https://") + 'ca_file = "ca.pem"\n'
    (folder / "gateway.toml").write_text(text)
    said = call("check", "--config", folder / "gateway.toml")
    assert said.code == 1
    assert "sinks.influxdb[0].ca_file: " in said.out
    (folder / "ca.pem").write_text("any mode will do")
    assert call("check", "--config", folder / "gateway.toml").code == 0


def test_what_is_read_but_not_there_yet_is_said(call: Call, folder: Path) -> None:
    (folder / "none").mkdir()
    (folder / "gateway.toml").write_text(GATEWAY + "[web]\n")
    said = call("check", "--config", folder / "gateway.toml")
    assert "web      127.0.0.1:8480" in said.out
    assert "this version has no status page yet" in said.out
    assert "the store's folder" not in said.out


def damaged(text: str) -> list[str]:
    """The text with each of its lines left out, doubled, cut and misspelt."""
    lines = text.splitlines()
    return [
        "\n".join([*lines[:place], instead, *lines[place + 1 :]])
        for place, line in enumerate(lines)
        for instead in ("", f"{line}\n{line}", line[: len(line) // 2], f"x{line}", line + "0")
    ]


def test_no_damage_to_the_files_makes_a_secret_show(call: Call, folder: Path) -> None:
    refused = 0
    for name, good in (("gateway.toml", GATEWAY), ("devices.toml", DEVICES)):
        for text in damaged(good):
            (folder / name).write_text(text)
            for json_too in ((), ("--json",)):
                said = call("check", "--config", folder / "gateway.toml", *json_too)
                assert said.code in (0, 1, 78)
                assert KEY[:12] not in said.out + said.err
                assert TOKEN[:12] not in said.out + said.err
                refused += said.code == 78
        (folder / name).write_text(good)
    assert refused > 100
