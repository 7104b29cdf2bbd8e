"""Tags and fields share one space of names: no tag may be called like a field that this program writes."""

import pytest

from decoders.registry import DECODERS
from gateway.config.tag_rules import name_fault, value_fault
from gateway.device import Device
from gateway.model import Radio, Reception
from gateway.pipeline.readings import Link, ReadingMaker

NONE: frozenset[str] = frozenset()


def test_no_tag_is_called_like_a_field_of_lora_link() -> None:
    radio = Radio(frequency_hz=868_100_000, spreading_factor=7, bandwidth_hz=125_000)
    link = Link(radio=radio, f_cnt=1, lost=0, phy_bytes=20)
    reception = Reception("0016c001ff10a235", rssi_dbm=-60.0, snr_db=7.0)
    reading = ReadingMaker("kk-01", {}).link(Device(name="a"), link, reception, 0)
    assert reading is not None
    assert len(reading.series.fields) >= 7
    assert all(name_fault(name, NONE) for name in reading.series.fields)
    assert all(name_fault(name, NONE) for name, _ in reading.series.tags)


@pytest.mark.parametrize("decoder", DECODERS.values(), ids=lambda decoder: decoder.name)
def test_no_tag_of_the_gateway_is_called_like_a_measured_field(decoder: object) -> None:
    names = [quantity.name for quantity in decoder.quantities]  # type: ignore[attr-defined]
    assert names
    assert all(name_fault(name) for name in names)


@pytest.mark.parametrize("name", ["", "a-b", "a b", "a.b", "ä", "a" * 65, "_a", "time", "a\n"])
def test_names_that_are_refused(name: str) -> None:
    assert name_fault(name, NONE)


@pytest.mark.parametrize("name", ["site", "Zone_2", "a" * 64, "x"])
def test_names_that_are_good(name: str) -> None:
    assert name_fault(name) is None


@pytest.mark.parametrize("value", ["", " ", " a", "a ", "a\nb", "a\x00", "a" * 201, 1, None, True])
def test_values_that_are_refused(value: object) -> None:
    assert value_fault(value)


@pytest.mark.parametrize("value", ["a", "city hall, 2nd = floor", "ศาลากลาง", "a" * 200])
def test_values_that_are_good(value: object) -> None:
    assert value_fault(value) is None
