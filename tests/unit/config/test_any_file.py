"""Whatever stands in the files, loading them gives a configuration or a ConfigError: never anything else."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import load
from gateway.config.device_row import DeviceRow
from gateway.config.sections import GatewaySection, StoreSection
from gateway.errors import ConfigError

ANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

GOOD = """[gateway]
name = "kk-01"
devices = "devices.toml"
tags = { site = "city-hall" }
[store]
size_max = "64 MB"
[[sources.semtech_udp]]
listen = "127.0.0.1:1700"
[[sinks.influxdb]]
url = "http://127.0.0.1:8086"
database = "city"
"""
DEVICES = """[[device]]
name = "a"
dev_eui = "70b3d57ed0000001"
decoder = "energy"
tags = { zone = "centre" }
"""

values: st.SearchStrategy[object] = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=True)
    | st.text(st.characters(codec="utf-8"), max_size=40)
    | st.sampled_from(["", "1 h", "1 GiB", "00" * 16, "a" * 16, "127.0.0.1:1", "energy", "x.js"])
    | st.datetimes(min_value=datetime.datetime(1900, 1, 1)),  # noqa: DTZ001 - TOML has such
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | datetime.datetime):
        text = str(value)
        return text if "e" not in text or "." in text else text.replace("e", ".0e")
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value).replace("\x7f", "\\u007f") if isinstance(value, str) else str(value)


def loads_or_faults(path: Path) -> None:
    try:
        load(path)
    except ConfigError:
        return


@pytest.mark.parametrize("name", ["gateway", "devices"])
@ANY
@given(raw=st.binary(max_size=200))
def test_any_bytes(write: Callable[..., Path], name: str, raw: bytes) -> None:
    path = write(GOOD, devices=DEVICES)
    path.with_name(f"{name}.toml").write_bytes(raw)
    loads_or_faults(path)


@pytest.mark.parametrize(("name", "good"), [("gateway", GOOD), ("devices", DEVICES)])
def test_any_end_of_a_good_file(write: Callable[..., Path], name: str, good: str) -> None:
    path = write(GOOD, devices=DEVICES)
    for end in range(len(good)):
        path.with_name(f"{name}.toml").write_text(good[:end])
        loads_or_faults(path)


@pytest.mark.parametrize(("name", "good"), [("gateway", GOOD), ("devices", DEVICES)])
@ANY
@given(place=st.integers(0, 400), bit=st.integers(0, 7))
def test_any_flipped_bit(
    write: Callable[..., Path], name: str, good: str, place: int, bit: int
) -> None:
    path = write(GOOD, devices=DEVICES)
    raw = bytearray(good.encode())
    raw[place % len(raw)] ^= 1 << bit
    path.with_name(f"{name}.toml").write_bytes(raw)
    loads_or_faults(path)


@ANY
@given(
    gateway=st.dictionaries(st.sampled_from(sorted(GatewaySection.model_fields)), values),
    store=st.dictionaries(st.sampled_from(sorted(StoreSection.model_fields)), values),
    tables=st.dictionaries(
        st.sampled_from(["gateway", "store", "web", "sources", "sinks", "sources.semtech_udp"]),
        values,
    ),
)
def test_any_value_of_any_key(
    write: Callable[..., Path],
    gateway: dict[str, object],
    store: dict[str, object],
    tables: dict[str, object],
) -> None:
    text = "".join(f"{key} = {toml(value)}\n" for key, value in tables.items())
    for name, section in (("gateway", gateway), ("store", store)):
        if name not in tables:
            lines = "".join(f"{key} = {toml(value)}\n" for key, value in section.items())
            text += f"[{name}]\n{lines}"
    loads_or_faults(write(text))


@ANY
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from(sorted(DeviceRow.model_fields)), values), max_size=3
    )
)
def test_any_value_of_any_key_of_a_device(
    write: Callable[..., Path], rows: list[dict[str, object]]
) -> None:
    devices = "".join(
        "[[device]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in row.items())
        for row in rows
    )
    loads_or_faults(write(GOOD, devices=devices))
