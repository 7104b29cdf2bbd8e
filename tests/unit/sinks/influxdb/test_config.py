"""Guards that a wrong [[sinks.influxdb]] table is refused with a sentence that says what to write."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import gateway.sinks.influxdb
from gateway.sinks.influxdb.config import InfluxdbSection

URL = "http://127.0.0.1:8086"


def load(**keys: Any) -> InfluxdbSection:
    return InfluxdbSection.model_validate(
        {"url": URL} | keys, context={"base": Path("/etc/lora-gateway")}
    )


def complaint(**keys: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        load(**keys)
    return str(caught.value)


@pytest.mark.parametrize(
    "keys",
    [
        {"database": "city"},
        {"org": "city", "bucket": "city", "token_file": "t"},
        {"database": "city", "org": "city", "bucket": "city"},
        {"version": "1", "database": "city"},
        {
            "version": 1,
            "database": "c",
            "retention_policy": "r",
            "username": "u",
            "password_file": "p",
        },
        {"version": 2, "org": "city", "bucket": "city", "token_file": "t"},
        {"version": "3", "database": "city", "token_file": "t"},
        {"url": "https://db.example/influx/", "database": "city", "ca_file": "ca.pem"},
        {"url": "http://[::1]:8086", "database": "city"},
    ],
)
def test_what_fits_a_version_is_taken(keys: dict[str, Any]) -> None:
    assert load(**keys).name == ""


def test_defaults_are_as_documented() -> None:
    section = load(database="city")
    assert (section.version, section.timeout, section.start) == ("auto", 30.0, "all")
    assert section.probe_interval == 60.0
    assert (section.token_file, section.password_file, section.ca_file) == (None, None, None)


def test_files_are_relative_to_the_configuration() -> None:
    section = load(org="o", bucket="b", token_file="influx.token")
    assert section.token_file == Path("/etc/lora-gateway/influx.token")
    section = load(org="o", bucket="b", token_file="/run/credentials/token")
    assert section.token_file == Path("/run/credentials/token")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({}, 'write database = "..." for version 1 or 3, or org = "..." and bucket = "..." for 2'),
        ({"org": "city"}, 'org = "..." and bucket = "..."'),
        ({"version": 1}, 'write database = "..."'),
        ({"version": 3}, 'write database = "..."'),
        ({"version": 2, "bucket": "b"}, 'write org = "..." and bucket = "..."'),
        ({"version": 1, "database": "c", "bucket": "b"}, "bucket is of version 2: leave it out"),
        ({"version": 2, "org": "o", "bucket": "b", "database": "c"}, "database is of version 1 and 3"),
        ({"version": 3, "database": "c", "retention_policy": "r"}, "retention_policy is of version 1"),
        ({"version": 1, "database": "c", "token_file": "t"}, "token_file is of version 2 and 3"),
        ({"version": 2, "org": "o", "bucket": "b", "username": "u"}, "username is of version 1"),
        ({"database": "c", "username": "u"}, "username = \"...\" and password_file"),
        ({"database": "c", "password_file": "p"}, "username = \"...\" and password_file"),
        ({"database": "c", "username": "a:b", "password_file": "p"}, "colon"),
        ({"database": "c", "ca_file": "ca.pem"}, "https://"),
        ({"database": " city"}, "without blanks at its ends"),
        ({"database": "ci\nty"}, "without control characters"),
        ({"database": "c", "timeout": "0 s"}, '"1 s" and "5 min"'),
        ({"database": "c", "timeout": "1 h"}, '"1 s" and "5 min"'),
        ({"database": "c", "probe_interval": "10 ms"}, '"1 s" and "1 day"'),
        ({"database": "c", "probe_interval": "2 days"}, '"1 s" and "1 day"'),
        ({"database": "c", "timeout": 30}, "text with a unit"),
        ({"database": "c", "version": 4}, "'1', '2' or '3'"),
        ({"database": "c", "version": True}, "'1', '2' or '3'"),
        ({"database": "c", "databse": "d"}, "databse"),
    ],
)  # fmt: skip
def test_a_fault_says_what_to_write(keys: dict[str, Any], says: str) -> None:
    assert says in complaint(**keys)


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:8086", "ftp://h", "udp://h:8089", "http://", "http://h:0", "http://h:99999",
     "http://h:x", "http://a..b", "http://" + "x" * 64, "http://h b", "http://höst", "http://[::1"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    assert "write it" in complaint(url=url, database="c")


@pytest.mark.parametrize("url", ["http://user:hunter2@h", "http://hunter2@h", "http://h?token=hunter2",
                                 "http://h#hunter2"])  # fmt: skip
def test_a_secret_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    said = complaint(url=url, database="c")
    assert "leave" in said
    assert "hunter2" not in said


def test_the_sample_is_a_table_that_loads_and_its_comments_are_the_defaults() -> None:
    sample = (Path(gateway.sinks.influxdb.__file__).parent / "sample.toml").read_text()
    live = tomllib.loads(sample)["sinks"]["influxdb"][0]
    lines = [line for line in sample.splitlines() if not line.startswith("##")]
    everything = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines))
    full = everything["sinks"]["influxdb"][0]
    assert set(full) == set(InfluxdbSection.model_fields)
    assert load(**full) == load(**live)
