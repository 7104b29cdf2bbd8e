"""Guards the section of the configuration: what is refused, in words that say what to write instead."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import gateway.sources.serial_line
from gateway.model import Radio
from gateway.sources.serial_line.config import SerialLineSection
from gateway.sources.serial_line.modems import MODEMS

FOLDER = Path(gateway.sources.serial_line.__file__).parent


def section(**keys: Any) -> SerialLineSection:
    return SerialLineSection(**{"port": "/dev/ttyUSB0", "modem": "rak_rui3", **keys})


def test_the_interface_example_is_taken() -> None:
    given = section(baud=115_200, frequency_hz=923_200_000)
    assert given.radio == Radio(frequency_hz=923_200_000)
    assert given.speed_baud == 115_200


@pytest.mark.parametrize(
    ("modem", "baud"), [("wio_e5", 9600), ("rn2483", 57_600), ("rnode", 115_200)]
)
def test_the_speed_is_the_modems_unless_given(modem: str, baud: int) -> None:
    assert section(modem=modem).speed_baud == baud
    assert section(modem=modem, baud=38_400).speed_baud == 38_400


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"modem": "rui3"}, 'did you mean "rak_rui3"'),
        ({"modem": "zzz"}, "known modems: ebyte_e22, json_lines"),
        ({"port": "ttyUSB0"}, "/dev/serial/by-id"),
        ({"frequency_hz": 923}, "in Hz, such as 923_200_000"),
        ({"bandwidth_hz": 125}, "write one of 7800"),
        ({"spreading_factor": 13}, "12"),
        ({"coding_rate": "4/9"}, "4/5"),
        ({"modem": "rnode", "sync_word": "public"}, "the modem rnode has no sync_word: remove it"),
        ({"network_id": 18}, "the modem rak_rui3 has no network_id: remove it"),
        ({"idle_gap": "50 ms"}, "the modem rak_rui3 has no idle_gap"),
        ({"modem": "ebyte_e22", "idle_gap": "1 ms"}, '"5 ms" to "5 s"'),
        ({"modem": "ebyte_e22", "idle_gap": 50}, "with a unit"),
        (
            {"preamble_symbols": 8},
            "frequency_hz, spreading_factor and bandwidth_hz: write these too",
        ),
        ({"modem": "wio_e5", "sync_word": "public"}, "write these too"),
        ({"baudrate": 9600}, "baudrate"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        section(**keys)
    assert words in str(refused.value)


@pytest.mark.parametrize("modem", ["rak811", "wio_e5", "rn2483", "reyax"])
def test_a_bandwidth_that_the_modem_has_not_is_refused_before_anything_is_opened(
    modem: str,
) -> None:
    with pytest.raises(ValidationError, match=f"{modem} takes bandwidth_hz 125000"):
        section(modem=modem, frequency_hz=868_100_000, spreading_factor=9, bandwidth_hz=62_500)


@pytest.mark.parametrize("modem", ["wio_e5", "rn2483"])
def test_a_spreading_factor_that_the_modem_has_not_is_refused(modem: str) -> None:
    with pytest.raises(ValidationError, match="takes spreading_factor 7 to 12"):
        section(modem=modem, frequency_hz=868_100_000, spreading_factor=6, bandwidth_hz=125_000)


def test_a_narrow_bandwidth_has_an_index_on_rui3_only() -> None:
    narrow = section(frequency_hz=868_100_000, spreading_factor=9, bandwidth_hz=62_500)
    assert any(b":9:9:" in step.say for step in narrow.build_modem().steps())
    with pytest.raises(ValidationError, match="write one of"):
        section(frequency_hz=868_100_000, spreading_factor=9, bandwidth_hz=62_501)


def test_the_radio_holds_what_is_given() -> None:
    given = section(
        frequency_hz=868_100_000, spreading_factor=9, bandwidth_hz=125_000, coding_rate="4/6"
    )
    assert given.radio == Radio(868_100_000, "LORA", 9, 125_000, coding_rate="4/6")


def test_the_sample_is_a_section_and_its_comments_are_the_defaults() -> None:
    text = (FOLDER / "sample.toml").read_text(encoding="utf-8")
    [live] = tomllib.loads(text)["sources"]["serial_line"]
    given = SerialLineSection(**live)
    for entry in text.splitlines():
        if entry.startswith("# "):
            [(key, value)] = tomllib.loads(entry.removeprefix("# ")).items()
            default = SerialLineSection.model_fields[key].default
            assert value == default, key
    assert given.modem in MODEMS


def test_the_readme_quotes_the_sample_and_names_every_modem() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert (FOLDER / "sample.toml").read_text(encoding="utf-8").strip() in readme
    for name in MODEMS:
        assert f"`{name}`" in readme, name
