"""Guards the section: its defaults, each thing that can be written wrong, and sample.toml."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import gateway.sources.semtech_udp
from gateway.sources.semtech_udp.config import SemtechUdpSection, place

FOLDER = Path(gateway.sources.semtech_udp.__file__).parent


def test_the_sample_parses_and_its_commented_keys_are_the_defaults() -> None:
    sample = (FOLDER / "sample.toml").read_text()
    live = tomllib.loads(sample)["sources"]["semtech_udp"][0]
    everything = tomllib.loads(re.sub(r"(?m)^# (?=\w+ =)", "", sample))
    table = everything["sources"]["semtech_udp"][0]
    assert SemtechUdpSection(**live) == SemtechUdpSection()
    assert SemtechUdpSection(**table) == SemtechUdpSection()
    assert set(table) == set(SemtechUdpSection.model_fields) - {"name"}


def test_the_readme_quotes_every_key() -> None:
    readme = (FOLDER / "README.md").read_text()
    for key in set(SemtechUdpSection.model_fields) - {"name"}:
        assert f"`{key}`" in readme


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:1700", ("127.0.0.1", 1700)),
        ("192.0.2.7:0", ("192.0.2.7", 0)),
        ("[::]:65535", ("::", 65535)),
        ("[fe80::1%eth0]:1700", ("fe80::1%eth0", 1700)),
    ],
)
def test_a_place_is_an_address_and_a_port(listen: str, expected: tuple[str, int]) -> None:
    assert place(listen) == expected
    assert SemtechUdpSection(listen=listen).listen == listen


@pytest.mark.parametrize(
    "listen",
    ["", "127.0.0.1", ":1700", "1700", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
     "127.0.0.1:\u0661", "256.0.0.1:1700", "localhost:1700", "::1:1700", "[::1]", "[127.0.0.1]:1700"],
)  # fmt: skip
def test_what_is_no_place_says_what_to_write(listen: str) -> None:
    with pytest.raises(ValidationError, match=r"write (address and port|the address itself)"):
        SemtechUdpSection(listen=listen)


def test_euis_are_kept_in_one_form() -> None:
    written = ["0016C001FF10A235", "00-16-c0-01-ff-10-a2-36", "00:16:C0:01:FF:10:A2:37"]
    section = SemtechUdpSection.model_validate({"allow_gateways": written})
    assert section.allow_gateways == ("0016c001ff10a235", "0016c001ff10a236", "0016c001ff10a237")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"allow_gateways": ["0016c001ff10a23"]}, "write EUIs as 16 hex digits"),
        ({"allow_gateways": ["0016c001ff10a23g"]}, "write EUIs as 16 hex digits"),
        ({"allow_gateways": "0016c001ff10a235"}, "valid tuple"),
        ({"allow_networks": ["192.168.1.7/24"]}, "host bits set"),
        ({"allow_networks": ["city"]}, "write networks such as"),
        ({"datagram_max": "1 KiB"}, "greater than or equal to 4096"),
        ({"datagram_max": "1 MiB"}, "less than or equal to 65507"),
        ({"datagram_max": 16384}, "text with a unit"),
        ({"receive_buffer": "1 kB"}, "greater than or equal to 65536"),
        ({"port": 1700}, "not permitted"),
    ],
)
def test_a_wrong_value_says_what_is_wrong(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SemtechUdpSection.model_validate(table)
