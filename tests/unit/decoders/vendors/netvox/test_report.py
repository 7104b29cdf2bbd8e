"""Guards what a table of Netvox reports may say; payloads are in tests/data/vendors/netvox.jsonl."""

import pytest

from decoders.layout import U8
from decoders.record import Gap, Int, Record
from decoders.vendors.netvox.report import BATTERY, Model, decoder_of
from decoders.vendors.netvox.words import MultipliedCurrent


def test_a_report_that_does_not_fill_its_8_bytes_is_a_mistake_in_the_table() -> None:
    short = Record("big", BATTERY, Gap(6))
    with pytest.raises(ValueError, match="R000: a report has not 8 bytes"):
        decoder_of(
            Model(
                name="R000", device_type=1, measurement="energy", reports={1: short}, source="none"
            )
        )


def test_a_name_that_the_vocabulary_lacks_is_a_mistake_in_the_table() -> None:
    with pytest.raises(ValueError, match="current_of_the_moon_a"):
        Record("big", Int(U8, MultipliedCurrent("current_of_the_moon_a", (0, 4), (4, 4))))
