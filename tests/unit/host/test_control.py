"""The daemon's local socket, asked over a real one: answers, wrong questions, nobody there."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.host.control import REQUEST_BYTES_MAX, ControlSocket, ask, control_path

PATIENCE_S = 5.0


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store whose daemon listens in a folder of this test."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    return tmp_path / "store.db"


@asynccontextmanager
async def serving(store: Path, answer: Mapping[str, Any]) -> AsyncIterator[ControlSocket]:
    control = ControlSocket(store, {"status": lambda: answer, "other": dict})
    task = asyncio.create_task(control.serve())
    async with asyncio.timeout(PATIENCE_S):
        while not control.path.exists() and not task.done():
            await asyncio.sleep(0.002)
    try:
        yield control
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        control.close()


def talk(path: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect(str(path))
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except (BrokenPipeError, ConnectionResetError):
            return b""


async def test_the_answer_comes_as_it_is(store: Path) -> None:
    answer = {"clock": {"trusted": True}, "why": "เมือง\n", "long": "x" * 200_000}
    async with serving(store, answer):
        assert await asyncio.to_thread(ask, store, "status") == answer
        assert await asyncio.to_thread(ask, store, "other") == {}


async def test_only_the_owner_and_its_group_may_ask(store: Path) -> None:
    async with serving(store, {}) as control:
        assert stat.S_IMODE(control.path.stat().st_mode) == 0o660


@pytest.mark.parametrize(
    "request_",
    [b"\n", b"{\n", b"[]\n", b"5\n", b"{}\n", b'{"do": "stop"}\n', b'{"do": []}\n', b"\xff\n"],
)
async def test_a_wrong_question_is_told_what_may_be_asked(store: Path, request_: bytes) -> None:
    async with serving(store, {}) as control:
        answer = json.loads(await asyncio.to_thread(talk, control.path, request_))
    assert answer == {"error": "ask one of status, other"}


async def test_an_endless_question_is_hung_up_on_and_the_next_is_answered(store: Path) -> None:
    async with serving(store, {"a": 1}) as control:
        assert await asyncio.to_thread(talk, control.path, b"x" * (REQUEST_BYTES_MAX * 3)) == b""
        assert await asyncio.to_thread(ask, store, "status") == {"a": 1}


async def test_a_socket_left_behind_by_a_kill_is_replaced(store: Path) -> None:
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(control_path(store)))
    left.close()
    assert await asyncio.to_thread(ask, store, "status") is None
    async with serving(store, {"a": 2}):
        async with asyncio.timeout(PATIENCE_S):
            while await asyncio.to_thread(ask, store, "status") != {"a": 2}:
                await asyncio.sleep(0.01)
    assert not control_path(store).exists()


def test_without_a_daemon_there_is_no_answer(store: Path) -> None:
    assert ask(store, "status") is None


async def test_a_place_that_cannot_be_listened_on_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    control = ControlSocket(deep / "store.db", {})
    control.path = deep / "store.db.sock"
    task = asyncio.create_task(control.serve())
    async with asyncio.timeout(PATIENCE_S):
        while "no_socket" not in caplog.text:
            await asyncio.sleep(0.01)
    assert not task.done(), "it goes on looking for a place"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    control.close()


def test_each_store_has_a_socket_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    one, other = (control_path(tmp_path / name) for name in ("a.db", "b.db"))
    assert one != other
    assert one.parent == other.parent == tmp_path
    monkeypatch.chdir(tmp_path)
    assert control_path(Path("a.db")) == one, "however the store is named"
