"""Decentlab's soil: moisture, temperature, salinity and water potential, in one place or in a profile.

Permittivity and moisture are curves of one raw word, as the makers of the sensors give them (METER 10HS, 5TE,
5TM, GS3, TEROS 11, 12, 21). A moisture below 0, as in air, is out of range. Profiles (DL-SMTP, DL-SDD, DL-TP) are
numbered from 1 at the top, where Decentlab counts from 0.
"""

from decoders.vendors.decentlab.groups import BATTERY, Group, Model, decoder_of
from decoders.vendors.decentlab.words import Curve, Item, signed, word


def _cubic(x: float, third: float, second: float, first: float, constant: float) -> float:
    return third * x**3 + second * x**2 + first * x + constant


def _moisture_10hs(raw: int) -> float:
    return 100 * _cubic(3000 * (raw - 32768) / 32768, 2.97e-9, -7.37e-6, 6.69e-3, -1.92)


def _moisture_5t(raw: int) -> float:
    return 100 * _cubic(raw / 50, 0.0000043, -0.00055, 0.0292, -0.053)


def _moisture_gs3(raw: int) -> float:
    return 100 * _cubic(raw / 100, 0.00000589, -0.000762, 0.0367, -0.0753)


def _permittivity_teros(raw: int) -> float:
    return _cubic(raw / 10, 0.000000002887, -0.0000208, 0.05276, -43.39) ** 2


TEROS: tuple[Item, ...] = (
    Curve("soil_permittivity", 1, _permittivity_teros),
    word("soil_moisture_pct", 0, "0.003879", "-69.56"),
    signed("soil_temperature_c", 1, "0.1"),
)
DECAGON: tuple[Item, ...] = (
    word("soil_permittivity", 0, "1/50"),
    Curve("soil_moisture_pct", 1, _moisture_5t),
    word("soil_temperature_c", 1, "0.1", "-40"),
)


def _layers(first: int, count: int) -> Group:
    """Moisture, temperature and salinity of some layers: first all of one, then all of the next."""
    layers = range(count)
    return Group(
        3 * count,
        *(signed(f"soil_moisture_{first + at}_pct", at, "0.01") for at in layers),
        *(signed(f"soil_temperature_{first + at}_c", count + at, "0.01") for at in layers),
        *(word(f"soil_salinity_{first + at}", 2 * count + at, "1", "-100") for at in layers),
    )


def _smtp_layer(at: int) -> tuple[Item, ...]:
    return (
        word(f"soil_moisture_index_{at + 1}", 2 * at, "1/500", "-5"),
        signed(f"soil_temperature_{at + 1}_c", 2 * at + 1, "0.01"),
    )


MODELS = (
    Model(
        "DL-10HS",
        "climate",
        Group(
            1,
            word("ai_mv", 0, "3000/32768", "-3000"),
            Curve("soil_moisture_pct", 1, _moisture_10hs),
        ),
        BATTERY,
    ),
    Model("DL-5TM", "climate", Group(2, *DECAGON), BATTERY),
    Model("DL-5TE", "climate", Group(3, *DECAGON, word("soil_ec_ds_m", 2, "0.01")), BATTERY),
    Model(
        "DL-GS3",
        "climate",
        Group(
            3,
            word("soil_permittivity", 0, "0.01"),
            Curve("soil_moisture_pct", 1, _moisture_gs3),
            signed("soil_temperature_c", 1, "0.1"),
            word("soil_ec_ds_m", 2, "0.001"),
        ),
        BATTERY,
    ),
    Model("DL-TRS11", "climate", Group(2, *TEROS), BATTERY),
    Model("DL-TRS12", "climate", Group(3, *TEROS, word("soil_ec_ds_m", 2, "0.001")), BATTERY),
    Model(
        "DL-TRS21",
        "climate",
        Group(2, word("soil_potential_kpa", 0, "-0.1"), signed("soil_temperature_c", 1, "0.1")),
        BATTERY,
    ),
    Model(
        "DL-SMTP",
        "climate",
        Group(16, *(item for at in range(8) for item in _smtp_layer(at))),
        BATTERY,
    ),
    Model("DL-SDD", "climate", _layers(1, 6), _layers(7, 6), BATTERY),
    Model(
        "DL-TP",
        "climate",
        Group(16, *(signed(f"temperature_{at + 1}_c", at, "0.01") for at in range(16))),
        BATTERY,
    ),
)

DECODERS = tuple(decoder_of(model) for model in MODELS)
