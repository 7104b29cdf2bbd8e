"""A real Mosquitto on the configuration that this project ships, with nothing but paths and ports exchanged.

    with ShippedBroker(folder, users={"lora-gateway": "secret"}) as broker:
        broker.kill(); broker.start()        # same port, same folder

It runs as whoever starts it. Its log is `folder/log`; `complaints` is what it had to say of the file.
"""

import os
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

SHIPPED = Path(__file__).parents[2] / "config" / "mosquitto.conf"
ACL = SHIPPED.with_name("mosquitto-acl")

START_S_MAX = 20.0
STOP_S_MAX = 20.0
PORTS_TRIED = 5

_PASSWORDS = "/etc/mosquitto/lora-gateway-passwords"
_RIGHTS = "/etc/mosquitto/lora-gateway-acl"
_STATE = "/var/lib/mosquitto/"
_CERTIFICATES = "/etc/mosquitto/certs/"


class ShippedBroker:
    """One broker process; keeps its ports and what it has on disk over stop, kill and start."""

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, str],
        certificates: Path | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        """`certificates` is a folder with ca.pem, broker.pem and broker.key: then its TLS listener is live.

        `changes` exchanges whole lines, for measuring what a line is worth.
        """
        self.folder = folder
        self.port = _free_port()
        self.tls_port = _free_port()
        self._users = users
        self._certificates = certificates
        self._changes = changes or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._had_its_port = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """Everything it has logged."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def complaints(self) -> Sequence[str]:
        """Lines of its log that are not as they should be, but for the one about root."""
        told = ("Warning", "Error", "Note:", "deprecated")
        return [
            line
            for line in self.log.splitlines()
            if any(word in line for word in told) and "should not be run as root" not in line
        ]

    @property
    def saved(self) -> Path:
        """Where it keeps its sessions and queues."""
        return self.folder / "mosquitto.db"

    def start(self) -> Self:
        """Start it and wait until it takes connections.

        Raises:
            RuntimeError: it did not; the message is its log.
        """
        self.folder.mkdir(exist_ok=True)
        passwords = self.folder / "passwords"
        if not passwords.exists():
            self._write_passwords(passwords)
        for _ in range(PORTS_TRIED):
            if self._starts():
                return self
            if "Address already in use" not in self.log or self._had_its_port:
                break
            self.port, self.tls_port = _free_port(), _free_port()  # somebody was faster
        raise RuntimeError(f"mosquitto did not start:\n{self.log[-2000:]}")

    def _starts(self) -> bool:
        """Start the process; whether it takes connections."""
        path = self.folder / "mosquitto.conf"
        path.write_text(self._config(), encoding="utf-8")
        with (self.folder / "log").open("wb" if not self._had_its_port else "ab") as log:
            self._process = subprocess.Popen(
                ["mosquitto", "-c", str(path)], stdout=log, stderr=log, env=_environment()
            )
        deadline = time.monotonic() + START_S_MAX
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.01)
            else:
                self._had_its_port = True
                return True
        self.kill()
        return False

    def stop(self) -> None:
        """Ask it to end: it writes everything to disk."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_S_MAX)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def _config(self) -> str:
        text = SHIPPED.read_text(encoding="utf-8")
        if self._certificates is not None:
            head, mark, tail = text.partition("#listener 8883")
            text = head + (mark + tail).replace("\n#", "\n").removeprefix("#")
            text = _exchanged(text, "listener 8883", f"listener {self.tls_port} 127.0.0.1")
            text = text.replace(_CERTIFICATES, f"{self._certificates}/")
        text = _exchanged(text, _PASSWORDS, str(self.folder / "passwords"))
        text = _exchanged(text, _RIGHTS, str(ACL))
        text = _exchanged(text, _STATE, f"{self.folder}/")
        text = _exchanged(text, "listener 1883 127.0.0.1", f"listener {self.port} 127.0.0.1")
        for line, other in self._changes.items():
            text = _exchanged(text, f"\n{line}\n", f"\n{other}\n")
        who = "root" if os.geteuid() == 0 else "mosquitto"
        return f"user {who}\n{text}"

    def _write_passwords(self, path: Path) -> None:
        path.touch(0o600)
        for name, password in self._users.items():
            subprocess.run(["mosquitto_passwd", "-b", str(path), name, password], check=True)


def _exchanged(text: str, what: str, by: str) -> str:
    if what not in text:
        raise ValueError(f"{SHIPPED} has no {what!r} any more")
    return text.replace(what, by)


def _environment() -> dict[str, str]:
    """With Debian's folder for what an administrator starts."""
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
