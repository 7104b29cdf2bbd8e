"""Guards the regional plans by the golden files of RP002-1.0.3 that a network server is tested with."""

import json
from pathlib import Path

import pytest

from gateway.lorawan.region import REGIONS, region
from gateway.model import Radio

FACTS = json.loads((Path(__file__).parent / "regional_parameters.json").read_text())["regions"]


def test_the_regions_are_those_of_the_golden_files():
    assert set(REGIONS) == set(FACTS)


@pytest.mark.parametrize("name", FACTS)
def test_a_plan_agrees_with_its_golden_file(name):
    plan, facts = region(name), FACTS[name]
    assert plan.name == name
    assert plan.uplink_hz == tuple(hz for hz, _, _ in facts["uplink_channels"])
    assert plan.channels == tuple(range(facts["max_channels"]))
    assert plan.rx2_hz == facts["rx2"]["Frequency"]
    assert plan.rx2_data_rate == facts["rx2"]["DataRateIndex"]
    assert plan.eirp_dbm_max == facts["max_eirp_dbm"]
    assert set(plan.data_rates) == {int(index) for index in facts["data_rates"]}
    for index, rate in facts["data_rates"].items():
        ours = plan.data_rates[int(index)]
        assert ours.spreading_factor == rate.get("sf")
        assert ours.bandwidth_hz == rate.get("bw_hz", rate.get("operating_channel_width"))
        assert ours.bit_rate == rate.get("bit_rate")
        assert ours.coding_rate == rate.get("coding_rate")
        if "datr" in rate:
            assert ours.name == rate["datr"]


@pytest.mark.parametrize("name", FACTS)
def test_an_uplink_rate_is_known_by_its_index(name):
    plan, facts = region(name), FACTS[name]
    highest = max(top for _, _, top in facts["uplink_channels"])
    for index, rate in facts["data_rates"].items():
        radio = Radio(
            spreading_factor=rate.get("sf"),
            bandwidth_hz=rate.get("bw_hz"),
            bit_rate=rate.get("bit_rate"),
        )
        if rate["modulation"] == "LORA" and int(index) <= highest:
            assert plan.data_rate_of(radio) == int(index)


def test_rates_that_only_downlinks_use_are_not_taken_for_uplinks():
    us915 = region("US915")
    assert us915.data_rate_of(Radio(spreading_factor=8, bandwidth_hz=500_000)) == 4
    assert us915.data_rate_of(Radio(spreading_factor=12, bandwidth_hz=500_000)) is None
    assert us915.data_rate_of(Radio(spreading_factor=12, bandwidth_hz=125_000)) is None
    au915 = region("AU915")
    assert au915.data_rate_of(Radio(spreading_factor=8, bandwidth_hz=500_000)) == 6
    assert au915.data_rate_of(Radio(spreading_factor=12, bandwidth_hz=500_000)) is None


def test_fsk_is_known_by_its_bit_rate_and_lr_fhss_is_not_guessed():
    assert region("EU868").data_rate_of(Radio(modulation="FSK", bit_rate=50_000)) == 7
    lr_fhss = Radio(modulation="LR_FHSS", bandwidth_hz=137_000)
    assert region("EU868").data_rate_of(lr_fhss) is None
    assert region("EU868").data_rate_of(Radio()) is None


def test_rates_have_the_names_that_receivers_write():
    rates = region("EU868").data_rates
    assert rates[6].name == "SF7BW250"
    assert rates[7].name == "FSK 50000"
    assert rates[9].name == "LR-FHSS 137000 2/3"


def test_the_plain_name_of_as923_is_its_first_group():
    assert region("AS923") is region("AS923-1")


def test_an_unknown_region_names_those_there_are():
    with pytest.raises(ValueError, match="'AS924'; there are AS923-1, AS923-2"):
        region("AS924")
