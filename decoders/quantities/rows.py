"""The words the tables of the vocabulary are written in: a number, a flag, a text."""

from decoders.contract import Quantity

COUNT_HIGHEST = 2.0**53
"""The highest counter that a float holds exactly."""


def number(
    name: str,
    unit: str,
    low: float,
    high: float,
    description: str,
    channels: tuple[str, ...] = (),
    ttn: str = "",
    device_class: str = "",
) -> Quantity:
    """A measured number. The range is what is physically possible, whatever the sensor."""
    return Quantity(
        name=name, unit=unit, type="float", low=float(low), high=float(high),
        description=description, channels=channels, ttn=ttn, device_class=device_class,
    )  # fmt: skip


def counter(
    name: str,
    unit: str,
    description: str,
    channels: tuple[str, ...] = (),
    ttn: str = "",
    device_class: str = "",
) -> Quantity:
    """A number that counts from 0 upwards, as far as a float is exact."""
    return number(name, unit, 0, COUNT_HIGHEST, description, channels, ttn, device_class)


def flag(
    name: str,
    description: str,
    channels: tuple[str, ...] = (),
    ttn: str = "",
    device_class: str = "",
) -> Quantity:
    """A boolean; the description is what `true` means."""
    return Quantity(
        name=name, unit="", type="bool", description=description,
        channels=channels, ttn=ttn, device_class=device_class,
    )  # fmt: skip


def text(name: str, description: str, ttn: str = "") -> Quantity:
    """A text, for what can only be said in words."""
    return Quantity(name=name, unit="", type="str", description=description, ttn=ttn)
