"""A real Mosquitto on a free loopback port in a folder of its own, certificates for it, and what a test publishes.

`start_mosquitto`   a function that starts a broker; further lines of its configuration are arguments
`mosquitto`         one broker that lets everybody in
`certificates`      an authority made for this run, a broker's certificate and a gateway's

A broker keeps its port, and what it has on disk, over stop, kill and start.
"""

import datetime
import ipaddress
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion

START_S_MAX = 20.0
STOP_S_MAX = 20.0


class Mosquitto:
    """One broker process."""

    def __init__(
        self,
        folder: Path,
        *,
        lines: Sequence[str] = ("allow_anonymous true",),
        persistence: bool = True,
    ) -> None:
        """`lines` of the configuration stand before and after the listener: all may be of the listener."""
        self.folder = folder
        self.port = _free_port()
        self._lines = list(lines)
        self._persistence = persistence
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For a section."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Everything it has logged."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> Self:
        """Start it and wait until it takes connections."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "mosquitto.conf"
        path.write_text(self._config(), encoding="utf-8")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["mosquitto", "-c", str(path), "-v"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_S_MAX
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return self
        self.stop()
        raise RuntimeError(f"mosquitto did not start:\n{self.log[-2000:]}")

    def stop(self) -> None:
        """Ask it to end; it writes its sessions to disk."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def publish(self, topic: str, *payloads: bytes, qos: int = 1, **options: Any) -> None:
        """Publish in this order, and return when the broker has taken them."""
        messages: Any = [
            {"topic": topic, "payload": payload, "qos": qos, **options} for payload in payloads
        ]
        v311 = MQTTProtocolVersion.MQTTv311
        publish.multiple(messages, "127.0.0.1", self.port, client_id="", protocol=v311)

    def _config(self) -> str:
        keep = (
            f"persistence true\npersistence_location {self.folder}/\n" if self._persistence else ""
        )
        listener = "\n".join([f"listener {self.port} 127.0.0.1", *self._lines])
        return f"{keep}user root\nmax_queued_messages 0\nlog_type all\n{listener}\n"


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files."""

    ca: Path
    other_ca: Path
    """An authority that signed nothing here."""
    broker: Path
    broker_key: Path
    gateway: Path
    gateway_key: Path


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """A function (lines=..., persistence=...) -> a running Mosquitto, stopped at the end of the test."""
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto is not installed: run scripts/setup")
    with ExitStack() as stack:

        def start(**settings: Any) -> Mosquitto:
            folder = tmp_path / f"mosquitto-{len(list(tmp_path.glob('mosquitto-*')))}"
            return stack.enter_context(Mosquitto(folder, **settings))

        yield start


@pytest.fixture
def mosquitto(start_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that lets everybody in."""
    return start_mosquitto()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once for the run; the broker's certificate is for 127.0.0.1 and no name."""
    folder = tmp_path_factory.mktemp("certificates")
    ca_key, ca = _authority(folder / "ca.pem", "authority")
    _authority(folder / "other.pem", "another authority")
    for name, address in (("broker", "127.0.0.1"), ("gateway", None)):
        _signed(folder, name, address, ca, ca_key)
    return Certificates(
        *(folder / name for name in ("ca.pem", "other.pem", "broker.pem", "broker.key")),
        folder / "gateway.pem",
        folder / "gateway.key",
    )


def _authority(path: Path, name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key, certificate


def _signed(
    folder: Path,
    name: str,
    address: str | None,
    ca: x509.Certificate,
    ca_key: ec.EllipticCurvePrivateKey,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(name, "authority", key)
    if address is not None:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    certificate = builder.sign(ca_key, hashes.SHA256())
    assert certificate.issuer == ca.subject
    pem = serialization.Encoding.PEM
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{name}.key"
    path.touch(mode=0o600)
    path.write_bytes(secret)
    os.chmod(path, 0o600)  # noqa: PTH101


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)

    def called(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    return (
        x509.CertificateBuilder()
        .subject_name(called(subject))
        .issuer_name(called(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
    )


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
