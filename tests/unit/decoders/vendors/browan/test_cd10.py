"""Guards temperatures below zero of the CD10, of which a published codec makes 6,553 °C."""

import pytest

from decoders.registry import DECODERS


@pytest.mark.parametrize(
    ("payload", "temperature"),
    [
        ("000fec200c02", -20.0),
        ("000fff200c02", -1.0),
        ("000f00200c02", 0.0),
        ("000f32200c02", 50.0),
        ("000f38ff200c02", -20.0),
        ("000fffff200c02", -0.1),
        ("000ff401200c02", 50.0),
    ],
)
def test_the_temperature_has_a_sign_in_both_firmwares(payload: str, temperature: float) -> None:
    (reading,) = DECODERS["browan_cd10"].decode(127, bytes.fromhex(payload), None)
    assert reading.fields["temperature_c"] == temperature
