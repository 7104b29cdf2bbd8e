"""Guards what of an `rxInfo` becomes a reception: the gateway's name, signal, stamp, CRC and times."""

import msgspec
import pytest

from gateway.sources.mqtt.dialects.rx_info import (
    RxInfo,
    crc,
    gateway_ns,
    gps_ns,
    reception,
    snr_db,
)


def rx_info(text: str) -> RxInfo:
    return msgspec.json.decode(text, type=RxInfo)


def test_zeros_that_are_left_out_are_zeros() -> None:
    heard = reception(rx_info('{"gatewayId":"0016c001f153a14c"}'), "LORA")
    assert (heard.antenna, heard.channel, heard.rssi_dbm, heard.snr_db) == (0, 0, 0.0, 0.0)
    assert heard.stamp == ""


@pytest.mark.parametrize("modulation", ["FSK", "LR_FHSS"])
def test_a_missing_snr_is_none_where_there_is_no_snr(modulation: str) -> None:
    assert snr_db(0.0, modulation) is None  # type: ignore[arg-type]
    assert snr_db(-3.5, modulation) == -3.5  # type: ignore[arg-type]


@pytest.mark.parametrize("snr", [float("nan"), float("inf"), float("-inf"), 1e30])
def test_an_snr_that_is_no_number_is_none(snr: float) -> None:
    assert snr_db(snr, "LORA") is None


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ('"context":"xwx0GQ==","uplinkId":7895', "c70c7419"),
        ('"uplinkId":4217106255', "4217106255"),
        (
            '"uplinkID":"659cbfab-3216-42fd-9f71-f2c470b7f9da"',
            "659cbfab-3216-42fd-9f71-f2c470b7f9da",
        ),
        ('"timestamp":58692860', "58692860"),
        ('"timestamp":0', "0"),
        ('"uplinkId":0', ""),
    ],
)
def test_the_stamp_is_what_makes_a_hearing_unlike_others(text: str, stamp: str) -> None:
    rx = rx_info(f'{{"gatewayId":"0016c001f153a14c",{text}}}')
    assert reception(rx, "LORA").stamp == stamp


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "none"),
        ('{"crcStatus":"NO_CRC"}', "none"),
        ('{"crcStatus":"BAD_CRC"}', "bad"),
        ('{"crcStatus":"CRC_OK"}', "ok"),
        ('{"crcStatus":1}', "ok"),
        ('{"crcStatus":-1}', "bad"),
        ('{"crcStatus":0}', "none"),
        ('{"crcStatus":"?"}', "none"),
    ],
)
def test_the_crc_is_what_the_gateway_says(text: str, said: str) -> None:
    assert crc(rx_info(text)) == said


def test_times_have_two_names_each() -> None:
    new = rx_info('{"gwTime":"2024-05-01T03:04:05Z","timeSinceGpsEpoch":"1398567863s"}')
    old = rx_info('{"time":"2024-05-01T03:04:05Z","timeSinceGPSEpoch":"1398567863s"}')
    for rx in (new, old):
        assert gateway_ns(rx) == gps_ns(rx) == 1_714_532_645_000_000_000
    assert gateway_ns(rx_info("{}")) is gps_ns(rx_info("{}")) is None


@pytest.mark.parametrize("name", ["gatewayId", "gatewayID", "mac"])
def test_a_gateway_has_one_of_three_keys(name: str) -> None:
    rx = rx_info(f'{{"{name}":"0016C001F153A14C"}}')
    assert reception(rx, "LORA").receiver == "0016c001f153a14c"


def test_a_hearing_without_a_gateway_is_refused() -> None:
    with pytest.raises(ValueError, match="neither hex nor base64"):
        reception(rx_info("{}"), "LORA")


@pytest.mark.parametrize(
    "text", ['"rssi":1e300', '"snr":-1001', '"channel":-1', '"antenna":4294967296']
)
def test_numbers_that_no_radio_gives_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        rx_info("{" + text + "}")
