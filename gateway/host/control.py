"""The running daemon's local socket: other commands ask it for what only it knows.

    ask      one JSON object and a newline: {"do": "status"}
    answer   one JSON object and a newline, then the connection is closed

The socket lies in the service's runtime folder, beside the store when there is none. Whoever may read the
folder may ask; nothing that is asked here changes anything or shows a key.
"""

import asyncio
import hashlib
import json
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gateway.journal import Journal

REQUEST_BYTES_MAX = 64 * 1024
ANSWER_S_MAX = 5.0
MODE = 0o660


def control_path(store: Path) -> Path:
    """Where the daemon of this store listens."""
    mark = hashlib.sha256(str(store.absolute()).encode()).hexdigest()[:8]
    for folder in (os.environ.get("RUNTIME_DIRECTORY"), "/run/lora-gateway"):
        if folder and Path(folder).is_dir():
            return Path(folder) / f"control-{mark}.sock"
    return store.with_name(f"{store.name}.sock")


class ControlSocket:
    """Answers other commands while the daemon runs."""

    def __init__(self, store: Path, answers: Mapping[str, Callable[[], Mapping[str, Any]]]) -> None:
        """`answers` maps what may be asked to what makes the answer."""
        self.path = control_path(store)
        self._answers = answers

    async def serve(self) -> None:
        """Listen until cancelled; without a place to listen, say so and go on without."""
        try:
            self.path.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(
                self._answer, self.path, limit=REQUEST_BYTES_MAX
            )
            self.path.chmod(MODE)
        except OSError as error:
            Journal("control").warning("no_socket", path=self.path, why=error)
            return
        async with server:
            await server.serve_forever()

    def close(self) -> None:
        """Take the socket away."""
        self.path.unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = self._made(await reader.readline())
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (TimeoutError, OSError, ValueError):
            pass  # whoever asked has gone, or asked for nothing we know
        finally:
            writer.close()

    def _made(self, line: bytes) -> Mapping[str, Any]:
        try:
            asked = json.loads(line)["do"]
            make = self._answers[asked]
        except (ValueError, KeyError, TypeError):
            return {"error": f"ask one of {', '.join(self._answers)}"}
        return make()


def ask(store: Path, what: str) -> dict[str, Any] | None:
    """What the daemon of this store answers; None when none runs, or it may not be asked."""
    path = control_path(store)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_S_MAX)
            connection.connect(str(path))
            connection.sendall(json.dumps({"do": what}).encode() + b"\n")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        found = json.loads(answer)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
