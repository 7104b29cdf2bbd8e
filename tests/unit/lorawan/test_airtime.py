"""Guards times on air by published ones, and by a table of every spreading factor at 125 kHz."""

import json
from pathlib import Path

import pytest

from gateway.lorawan.airtime import fsk_airtime_ms, lora_airtime_ms

FACTS = json.loads((Path(__file__).parent / "regional_parameters.json").read_text())["airtime"]


@pytest.mark.parametrize("vector", FACTS["published"], ids=lambda v: f"{v['published_ms']} ms")
def test_a_published_airtime_is_computed(vector):
    airtime = lora_airtime_ms(vector["phy_len"], vector["sf"], vector["bw_hz"])
    assert airtime == pytest.approx(vector["published_ms"], abs=1e-9)


@pytest.mark.parametrize("phy_bytes", FACTS["constructed_ms_125k_by_phy_bytes"])
@pytest.mark.parametrize("factor", range(7, 13))
def test_the_table_at_125_khz_is_computed(phy_bytes, factor):
    expected = FACTS["constructed_ms_125k_by_phy_bytes"][phy_bytes][f"SF{factor}"]
    assert lora_airtime_ms(int(phy_bytes), factor, 125_000) == pytest.approx(expected, abs=1e-9)


def test_low_data_rate_optimisation_is_for_symbols_over_16_ms():
    # SF12 at 250 kHz has 16.384 ms symbols: (104 - 48 + 44) / 40 -> 3 blocks of 5.
    assert lora_airtime_ms(13, 12, 250_000) == pytest.approx((12.25 + 8 + 15) * 16.384)
    # SF11 at 250 kHz has 8.192 ms symbols: (104 - 44 + 44) / 44 -> 3 blocks of 5.
    assert lora_airtime_ms(13, 11, 250_000) == pytest.approx((12.25 + 8 + 15) * 8.192)


def test_a_downlink_without_crc_and_other_coding_rates_differ():
    # (104 - 28 + 28 + 16) / 28 -> 5 blocks; without the CRC's 16 bits 104 / 28 -> 4 blocks.
    assert lora_airtime_ms(13, 7, 125_000, crc=False) == pytest.approx((12.25 + 8 + 20) * 1.024)
    for coding_rate, per_block in (("4/5", 5), ("4/6", 6), ("4/7", 7), ("4/8", 8)):
        airtime = lora_airtime_ms(13, 7, 125_000, coding_rate)
        assert airtime == pytest.approx((12.25 + 8 + 5 * per_block) * 1.024)
    # Without the header's 20 bits 100 / 28 -> 4 blocks; and a preamble of 10.
    implicit = lora_airtime_ms(13, 7, 125_000, "4/5", 10, explicit_header=False)
    assert implicit == pytest.approx((14.25 + 8 + 20) * 1.024)


def test_sf5_has_a_longer_sync_and_a_shorter_header():
    # SX1261/2 data sheet 6.1.4: (8 * 13 + 16 - 20 + 20) / 20 = 6 blocks of 5 symbols.
    assert lora_airtime_ms(13, 5, 125_000) == pytest.approx((8 + 6.25 + 8 + 30) * 0.256)


def test_an_fsk_frame_takes_its_bits():
    assert fsk_airtime_ms(13, 50_000) == pytest.approx(24 * 8 / 50)


@pytest.mark.parametrize(
    "arguments", [(13, 4, 125_000), (13, 13, 125_000), (13, 7, 0), (13, 7, 125_000, "4/9")]
)
def test_impossible_lora_parameters_are_refused(arguments):
    with pytest.raises(ValueError, match="not"):
        lora_airtime_ms(*arguments)


def test_an_impossible_bit_rate_is_refused():
    with pytest.raises(ValueError, match="not 0"):
        fsk_airtime_ms(13, 0)
