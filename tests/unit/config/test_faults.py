"""What a fault shows: values people can recognise, nothing that may be a secret, and the nearest known word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.faults import did_you_mean, dotted, shown, without_logins


@pytest.mark.parametrize(
    "key", ["app_s_key", "device[0].nwk_key", "password", "a.token", "client_secret", "passphrase"]
)
def test_the_value_of_a_secret_key_is_not_shown(key: str) -> None:
    assert shown(key, "anything") is None


def test_the_path_of_a_secret_file_is_shown() -> None:
    assert shown("sinks.influxdb[0].token_file", "influx.token") == "influx.token"


@given(st.binary(min_size=16, max_size=64), st.sampled_from(["", ":", "-", " "]))
def test_whatever_looks_like_a_key_is_not_shown(key: bytes, between: str) -> None:
    digits = key.hex(between) if between else key.hex()
    for text in (digits, digits.upper(), f"x {digits} y"):
        assert shown("name", text) is None


@pytest.mark.parametrize("value", [7003057900000001, 0x5EC2E75EC2E75EC2E75EC2E75EC2E75E])
def test_a_key_without_its_quotes_is_not_shown(value: int) -> None:
    assert shown("name", value) is None


@pytest.mark.parametrize("value", ["kk 01", "127.0.0.1:1700", 1700, True, 1.5])
def test_ordinary_values_are_shown(value: object) -> None:
    assert shown("name", value) == value


def test_long_values_are_cut() -> None:
    assert shown("name", "a b " * 100) == ("a b " * 100)[:80] + "..."


def test_logins_are_taken_out_of_urls() -> None:
    text = "mqtt://me:hunter2@host:1883 and http://host/a"
    assert without_logins(text) == "mqtt://***@host:1883 and http://host/a"


def test_a_password_with_signs_of_its_own_is_taken_out() -> None:
    text = "mqtt://me:hun/ter@2@host and mqtt://me:@hunter2@host"
    assert without_logins(text) == "mqtt://***@host and mqtt://***@host"


def test_the_nearest_word_is_named_else_all_of_them() -> None:
    assert did_you_mean("listne", ["listen", "port"]) == 'did you mean "listen"?'
    assert did_you_mean("zzz", ["listen", "port"]) == "known here: listen, port"
    assert did_you_mean("zzz", []) == "there are none"


def test_keys_are_written_as_people_write_them() -> None:
    assert dotted("sources.mqtt[0]", ["tls", "files", 2]) == "sources.mqtt[0].tls.files[2]"
    assert dotted("", ["a", "b"]) == "a.b"
    assert dotted("a", ["b c", "\n"]) == 'a."b c"."\\n"'
    assert dotted("a", ["5ec2e7" * 6]) == "a.***"
