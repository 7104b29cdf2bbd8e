"""Guards the walk over the causes of a report, by causes that were written by hand."""

import pytest

from decoders.contract import DecodeRefused
from decoders.vendors.watteco.causes import count_causes


@pytest.mark.parametrize(
    ("causes", "width", "with_field", "expected"),
    [
        ("90", 2, False, (0, 0)),
        ("90 b0 31", 2, False, (2, 1)),
        ("a0 88 0064", 2, False, (1, 1)),
        ("a0 08 02 0064", 2, True, (1, 0)),
        ("a0 b0 08fc 0000 01 b1 0834 0000 01", 2, False, (2, 2)),
        ("a0 50 00 00000032 00000001 01", 4, True, (1, 0)),
        ("a0 50 03e8 0064 82 0001 0002 d1 03e8 0064 7f", 2, False, (2, 1)),
    ],
)
def test_causes_and_alarms_are_counted(
    causes: str, width: int, with_field: bool, expected: tuple[int, int]
) -> None:
    assert count_causes(bytes.fromhex(causes), 0, width, with_field) == expected


@pytest.mark.parametrize("causes", ["80", "b0", "00", "a0 80 00", "a0 98 0064"])
def test_an_unknown_kind_or_mode_is_refused(causes: str) -> None:
    with pytest.raises(DecodeRefused, match="unknown_layout"):
        count_causes(bytes.fromhex(causes), 0, 2, False)


def test_a_long_cause_cut_short_anywhere_is_refused() -> None:
    whole = bytes.fromhex("a0 50 03e8 0064 82 0001 0002")
    assert count_causes(whole, 0, 2, False) == (1, 0)
    for length in range(2, len(whole)):
        with pytest.raises(DecodeRefused, match="wrong_length"):
            count_causes(whole[:length], 0, 2, False)
