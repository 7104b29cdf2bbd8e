"""Guards what packet forwarders' texts say of the radio, form by form as real software prints them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Radio
from gateway.sources.data_rate import radio


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((868.1, "LORA", "SF7BW125", "4/5"), Radio(868_100_000, "LORA", 7, 125_000, None, "4/5")),
        ((868.1, "LORA", "SF12Bw125", "4/5"), Radio(868_100_000, "LORA", 12, 125_000, None, "4/5")),
        ((868.1, "lora", "sf9bw500", "4/7"), Radio(868_100_000, "LORA", 9, 500_000, None, "4/7")),
        ((866.349812, "LORA", "SF5BW62.5", "2/3"), Radio(866_349_812, "LORA", 5, 62_500, None, "4/6")),
        ((2403.0, "LORA", "SF12BW812", "4/8LI"), Radio(2_403_000_000, "LORA", 12, 812_000, None, "4/8LI")),
        ((868.1, "LORA", "SF7BW125", "2/4"), Radio(868_100_000, "LORA", 7, 125_000, None, "4/8")),
        ((868.1, "LORA", "SF7BW125", "1/2"), Radio(868_100_000, "LORA", 7, 125_000, None, "4/8")),
        ((868.1, "LORA", "SF?BW?", "?"), Radio(868_100_000, "LORA")),
        ((868.1, "LORA", "SF7BW125", "OFF"), Radio(868_100_000, "LORA", 7, 125_000)),
        ((868.1, "LORA", "SF13BW125", None), Radio(868_100_000, "LORA", None, 125_000)),
        ((868.1, "FSK", 50_000, None), Radio(868_100_000, "FSK", bit_rate=50_000)),
        ((868.1, "Fsk", "50000", None), Radio(868_100_000, "FSK", bit_rate=50_000)),
        ((868.1, "FSK", -1, None), Radio(868_100_000, "FSK")),
        ((868.1, "FSK", None, None), Radio(868_100_000, "FSK")),
        ((868.1, "LR-FHSS", "M0CW137", "1/3"), Radio(868_100_000, "LR_FHSS", None, 137_000, None, "1/3")),
        ((868.1, "LRFHSS", "M0CW336", "2/3"), Radio(868_100_000, "LR_FHSS", None, 336_000, None, "2/3")),
        ((868.1, "LR-FHSS", "?", "5/6"), Radio(868_100_000, "LR_FHSS", coding_rate="5/6")),
        ((None, None, "SF10BW125", None), Radio(None, "LORA", 10, 125_000)),
        ((None, None, 50_000, None), Radio(None, "FSK", bit_rate=50_000)),
        ((None, "XYZ", "M0CW137", None), Radio(None, "LR_FHSS", None, 137_000)),
        ((None, None, None, None), Radio()),
        ((0.0, "LORA", None, None), Radio()),
        ((-868.1, "LORA", None, None), Radio()),
        ((868_100_000.0, "LORA", None, None), Radio()),
    ],
)  # fmt: skip
def test_the_radio_is_read_as_forwarders_write_it(
    arguments: tuple[float | None, str | None, str | int | None, str | None], expected: Radio
) -> None:
    assert radio(*arguments) == expected


@pytest.mark.parametrize("khz", [863_000, 867_900, 868_100, 903_900, 915_800, 923_200, 2_403_000])
def test_a_frequency_is_exact_to_the_hertz(khz: int) -> None:
    assert radio(float(f"{khz / 1000:.6f}"), "LORA", None, None).frequency_hz == khz * 1000


def test_equal_settings_share_one_value() -> None:
    assert radio(868.1, "LORA", "SF7BW125", "4/5") is radio(868.1, "LORA", "SF7BW125", "4/5")


def test_the_shared_values_are_bounded() -> None:
    for channel in range(3000):
        radio(400 + channel / 100, "LORA", "SF7BW125", "4/5")
    assert radio.cache_info().currsize <= 1024


@given(
    st.floats(allow_nan=True) | st.none(),
    st.text(max_size=16) | st.none(),
    st.text(max_size=16) | st.integers() | st.from_regex(r"\A(SF|M)\d{1,5}(BW|CW)[\d.]{1,6}\Z") | st.none(),
    st.text(max_size=16) | st.none(),
)  # fmt: skip
def test_no_text_is_an_error(
    freq: float | None, modu: str | None, datr: str | int | None, codr: str | None
) -> None:
    assert radio(freq, modu, datr, codr).modulation in ("LORA", "FSK", "LR_FHSS")
