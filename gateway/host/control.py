"""The running daemon's local socket: other commands ask it for what only it knows, and to change the store.

    ask      one JSON object and a newline: {"do": "status"}, {"do": "dead-letters retry", "with": {...}}
    answer   one JSON object and a newline, then the connection is closed;
             while a change is made there are lines before it: {"progress": [done, of]}

The socket lies in the service's runtime folder, beside the store when there is none. Whoever may read the
folder may ask. What changes the store is only done for root and for the user that the daemon runs as: members
of its group look, and change nothing. When who asked hangs up, a change ends after the step under way.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from gateway.errors import GatewayError, Unavailable
from gateway.journal import Journal

REQUEST_BYTES_MAX = 64 * 1024
ANSWER_S_MAX = 5.0
STEP_S_MAX = 180.0
"""Between two lines of a change: a database may take a minute for a batch, a bad card for a commit."""
CALLERS_MAX = 32
"""Connections at once, so that nobody takes the descriptors that brokers, databases and the disk need."""
MODE = 0o660
LOOK_S = 1.0
"""Between two looks whether the socket is still there."""

Answer = Callable[[], Mapping[str, Any]]
Change = Callable[[Mapping[str, Any]], AsyncGenerator[Mapping[str, Any], None]]
"""Makes a change in steps, a line after each; the last line is the result."""


def control_path(store: Path) -> Path:
    """Where the daemon of this store listens."""
    mark = hashlib.sha256(str(store.absolute()).encode()).hexdigest()[:8]
    for folder in (os.environ.get("RUNTIME_DIRECTORY"), "/run/lora-gateway"):
        if folder and Path(folder).is_dir():
            return Path(folder) / f"control-{mark}.sock"
    return store.with_name(f"{store.name}.sock")


class ControlSocket:
    """Answers other commands while the daemon runs."""

    def __init__(
        self,
        store: Path,
        answers: Mapping[str, Answer],
        changes: Mapping[str, Change] | None = None,
    ) -> None:
        """`answers` maps what may be asked to what makes the answer; `changes` what may be done."""
        self.path = control_path(store)
        self._answers = answers
        self._changes = changes or {}
        self._changing = asyncio.Lock()
        self._callers = 0
        self._journal = Journal("control")

    async def serve(self) -> None:
        """Listen until cancelled, again when the socket was taken away; say so once when there is no place."""
        said = False
        while True:
            try:
                self.path.unlink(missing_ok=True)
                server = await asyncio.start_unix_server(
                    self._answer, self.path, limit=REQUEST_BYTES_MAX
                )
                self.path.chmod(MODE)
                mine = self.path.stat().st_ino
            except OSError as error:
                if not said:
                    self._journal.warning("no_socket", path=self.path, why=error)
                said = True
                await asyncio.sleep(LOOK_S)
                continue
            async with server:
                said = False
                while _inode(self.path) == mine:
                    await asyncio.sleep(LOOK_S)
                self._journal.warning("socket_taken_away", path=self.path)

    def close(self) -> None:
        """Take the socket away."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._callers += 1
        try:
            if self._callers > CALLERS_MAX:
                return
            async with asyncio.timeout(ANSWER_S_MAX):
                asked, arguments = _read(await reader.readline())
            if asked in self._changes:
                await self._change(asked, arguments, reader, writer)
            else:
                await _say(writer, self._made(asked))
        except (TimeoutError, OSError, ValueError):
            pass  # whoever asked has gone, or asked for nothing we know
        finally:
            self._callers -= 1
            writer.close()

    def _made(self, asked: object) -> Mapping[str, Any]:
        make = self._answers.get(asked) if isinstance(asked, str) else None
        if make is None:
            return {"error": f"ask one of {', '.join((*self._answers, *self._changes))}"}
        return make()

    async def _change(
        self,
        asked: str,
        arguments: Mapping[str, Any],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        user = _peer(writer)
        if user not in (0, os.geteuid()):
            await _say(
                writer, {"error": "only root and the user that the daemon runs as may do that"}
            )
            return
        if self._changing.locked():
            await _say(
                writer, {"error": "another command changes the store; try again when it is done"}
            )
            return
        async with self._changing:
            self._journal.info("change_asked", what=asked, user=user)
            gone = asyncio.ensure_future(
                reader.read(1)
            )  # nothing more is sent: it ends with the peer
            try:
                async with contextlib.aclosing(self._changes[asked](arguments)) as steps:
                    async for line in steps:
                        if gone.done():
                            self._journal.warning("change_left", what=asked)
                            return
                        await _say(writer, line)
            except GatewayError as error:
                await _say(writer, {"error": str(error)})
            finally:
                gone.cancel()


async def _say(writer: asyncio.StreamWriter, line: Mapping[str, Any]) -> None:
    async with asyncio.timeout(ANSWER_S_MAX):
        writer.write(json.dumps(line).encode() + b"\n")
        await writer.drain()


def _read(line: bytes) -> tuple[Any, Mapping[str, Any]]:
    try:
        found = msgspec.json.decode(line)  # which takes no half of a surrogate pair, and no NaN
    except (msgspec.DecodeError, RecursionError):
        return None, {}
    if not isinstance(found, dict):
        return None, {}
    arguments = found.get("with")
    asked = found.get("do")
    return asked if isinstance(asked, str) else None, (
        arguments if isinstance(arguments, dict) else {}
    )


def _peer(writer: asyncio.StreamWriter) -> int:
    """The user id of who asks, as the kernel has it (unix(7), SO_PEERCRED)."""
    sock = writer.get_extra_info("socket")
    packed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", packed)[1])


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


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


def request(
    store: Path,
    what: str,
    arguments: Mapping[str, Any],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, Any] | None:
    """Let the daemon of this store make a change; its result, or None when no daemon listens.

    Raises:
        Unavailable: it may not be asked by this user, refused, or ended before it was done.
    """
    path = control_path(store)
    asked = json.dumps({"do": what, "with": arguments}).encode() + b"\n"
    if len(asked) > REQUEST_BYTES_MAX:
        raise Unavailable("that is too much to ask for at once: name fewer, or use a filter")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(STEP_S_MAX)
        try:
            connection.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        except OSError as error:
            raise Unavailable(
                f"{path} may not be used: {error.strerror}; run this as root or as the daemon's user"
            ) from error
        try:
            connection.sendall(asked)
            with connection.makefile("rb") as lines:
                for line in lines:
                    said = json.loads(line)
                    if "error" in said:
                        raise Unavailable(str(said["error"]))
                    if "progress" not in said:
                        return dict(said)
                    progress(*said["progress"])
        except (OSError, ValueError, TypeError) as error:
            raise Unavailable(f"the daemon did not answer in full: {error}") from error
    raise Unavailable("the daemon ended before this was done; what it has done stays done")
