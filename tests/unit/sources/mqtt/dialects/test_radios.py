"""Guards how a `txInfo` becomes radio settings in every version, and that neither odd nor many ones do harm."""

import json

import pytest
from msgspec import Raw

from gateway.model import Radio
from gateway.sources.mqtt.dialects import radios
from gateway.sources.mqtt.dialects.radios import coding_rate, from_parts, radio


def radio_of(tx_info: object) -> Radio:
    return radio(Raw(json.dumps(tx_info).encode()))


SF7 = Radio(868_100_000, "LORA", 7, 125_000, coding_rate="4/5")


@pytest.mark.parametrize(
    "tx_info",
    [
        {
            "frequency": 868100000,
            "modulation": {
                "lora": {"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}
            },
        },
        {
            "frequency": 868100000,
            "modulation": "LORA",
            "loRaModulationInfo": {"bandwidth": 125, "spreadingFactor": 7, "codeRate": "4/5"},
        },
        {
            "frequency": 868100000,
            "dataRate": {"modulation": "LORA", "bandwidth": 125, "spreadFactor": 7},
            "codeRate": "4/5",
        },
        {
            "frequency": "868100000",
            "modulation": {
                "lora": {"bandwidth": "125000", "spreadingFactor": 7, "codeRate": "CR_4_5"}
            },
        },
    ],
)
def test_lora_is_the_same_in_all_versions(tx_info: object) -> None:
    assert radio_of(tx_info) == SF7


@pytest.mark.parametrize(
    "tx_info",
    [
        {
            "frequency": 868800000,
            "modulation": {"fsk": {"frequencyDeviation": 25000, "datarate": 50000}},
        },
        {"frequency": 868800000, "modulation": "FSK", "fskModulationInfo": {"datarate": 50000}},
        {"frequency": 868800000, "dataRate": {"modulation": "FSK", "bitRate": 50000}},
    ],
)
def test_fsk_is_the_same_in_all_versions(tx_info: object) -> None:
    assert radio_of(tx_info) == Radio(868_800_000, "FSK", bit_rate=50_000)


@pytest.mark.parametrize(
    "tx_info",
    [
        {
            "frequency": 868100000,
            "modulation": {"lrFhss": {"operatingChannelWidth": 137000, "codeRate": "CR_2_6"}},
        },
        {
            "frequency": 868100000,
            "modulation": "LR_FHSS",
            "lrFHSSModulationInfo": {
                "operatingChannelWidth": 137000,
                "codeRate": "2/6",
                "gridSteps": 8,
            },
        },
        {
            "frequency": 868100000,
            "modulation": "LR_FHSS",
            "lrFHSSModulationInfo": {"operatingChannelWidth": 137, "codeRate": "2/6"},
        },
    ],
)
def test_lr_fhss_has_a_channel_width_and_no_spreading_factor(tx_info: object) -> None:
    assert radio_of(tx_info) == Radio(868_100_000, "LR_FHSS", None, 137_000, coding_rate="2/6")


def test_what_is_left_out_is_not_known() -> None:
    assert radio_of({}) == Radio()
    assert radio_of(None) == Radio()
    assert radio_of({"frequency": 868100000, "dr": 5}) == Radio(868_100_000)
    assert radio_of({"frequency": 0, "dr": 4}) == Radio()
    assert radio_of({"frequency": 923200000, "modulation": {}}) == Radio(923_200_000)
    assert radio_of({"modulation": {"fsk": {}}}) == Radio(modulation="FSK")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CR_4_5", "4/5"),
        ("CR_4_8", "4/8"),
        ("CR_LI_4_8", "4/8LI"),
        ("4/6", "4/6"),
        ("CR_UNDEFINED", None),
        ("", None),
    ],
)
def test_coding_rates_have_one_form(written: str, meant: str | None) -> None:
    assert coding_rate(written) == meant


@pytest.mark.parametrize("factor", [0, 4, 13, 2**32 - 1])
def test_a_spreading_factor_that_no_radio_has_is_not_known(factor: int) -> None:
    assert from_parts(868_100_000, "LORA", factor, 125, 0, "").spreading_factor is None


@pytest.mark.parametrize(
    "tx_info", [[], 7, {"frequency": -1}, {"frequency": 2**32}, {"frequency": [1]}]
)
def test_what_is_no_tx_info_is_refused(tx_info: object) -> None:
    with pytest.raises(ValueError, match=r"\$|Expected"):
        radio_of(tx_info)


def test_equal_texts_give_one_object() -> None:
    text = b'{"frequency":868300000}'
    assert radio(Raw(text)) is radio(Raw(bytearray(text)))


def test_long_texts_are_not_remembered() -> None:
    before = radios._radio.cache_info().currsize
    for number in range(10):
        text = json.dumps({"frequency": 868100000 + number, "note": "x" * radios.TEXT_BYTES_MAX})
        assert radio(Raw(text.encode())).frequency_hz == 868_100_000 + number
    assert radios._radio.cache_info().currsize == before
