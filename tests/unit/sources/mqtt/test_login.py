"""Guards what is read for each attempt, and what failures to connect mean to whom."""

import errno
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.model import Stamp
from gateway.sources.mqtt import login
from gateway.sources.mqtt.config import MqttSection

NOW = Stamp(1_795_305_600_000_000_000, 1, trusted=True)


def section(**keys: Any) -> MqttSection:
    return MqttSection.model_validate({"client_id": "kk-01", **keys})


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("first\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_password_is_read_again_each_time(password_file: Path) -> None:
    keys = section(username="kk", password_file=password_file)
    assert login.password(keys) == "first"
    password_file.write_text("second", encoding="utf-8")
    assert login.password(keys) == "second"
    assert login.password(section()) is None


@pytest.mark.parametrize("change", ["open", "empty", "gone"])
def test_a_password_file_of_no_use_is_blocked(password_file: Path, change: str) -> None:
    if change == "open":
        password_file.chmod(0o644)
    elif change == "empty":
        password_file.write_text("\n", encoding="utf-8")
    else:
        password_file.unlink()
    with pytest.raises(Blocked) as blocked:
        login.password(section(username="kk", password_file=password_file))
    assert "password" in str(blocked.value)
    assert "first" not in str(blocked.value)


def test_tls_checks_name_and_certificate() -> None:
    assert login.tls_context(section()) is None
    context = login.tls_context(section(url="mqtts://broker"))
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("keys", [{"ca_file": "bad"}, {"cert_file": "bad", "key_file": "bad"}])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificate_files_of_no_use_are_blocked(
    tmp_path: Path, keys: dict[str, str], content: str | None
) -> None:
    path = tmp_path / "bad"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(Blocked, match="PEM"):
        login.tls_context(section(url="mqtts://broker", **dict.fromkeys(keys, path)))


def verification(code: int) -> ssl.SSLCertVerificationError:
    fault = ssl.SSLCertVerificationError("certificate verify failed")
    fault.verify_code, fault.verify_message = code, "some reason"
    return fault


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        (verification(9), Unavailable, "begins later than now by the clock"),
        (verification(10), Blocked, "has expired by the clock"),
        (verification(19), Blocked, "ca_file"),
        (ssl.SSLError(1, "wrong version number"), Unavailable, "TLS"),
        (socket.gaierror(-2, "Name or service not known"), Unavailable, "name is not known"),
        (TimeoutError(), Unavailable, "no answer"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), Unavailable, "refused"),
        (OSError("something"), Unavailable, "something"),
    ],
)
def test_a_failure_says_where_and_who_must_act(
    fault: OSError, kind: type[Exception], told: str
) -> None:
    meaning = login.meaning(fault, section(url="mqtts://broker.example"), NOW)
    assert type(meaning) is kind
    assert told in str(meaning)
    assert "broker.example" in str(meaning)


@pytest.mark.parametrize("code", [9, 10])
def test_while_the_clock_is_not_set_it_is_the_clock_and_not_the_certificate(code: int) -> None:
    unset = Stamp(0, 1, trusted=False)
    meaning = login.meaning(verification(code), section(url="mqtts://broker.example"), unset)
    assert str(meaning).startswith("broker.example:8883 cannot be checked until the clock of this")
    assert type(meaning) is Unavailable
    assert "certificate" not in str(meaning)
