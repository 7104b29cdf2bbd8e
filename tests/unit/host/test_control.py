"""The daemon's local socket, asked over a real one: answers, changes, wrong questions, nobody there."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import StoreFull, Unavailable
from gateway.host.control import (
    CALLERS_MAX,
    REQUEST_BYTES_MAX,
    ControlSocket,
    _peer,
    ask,
    control_path,
    request,
)

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
    [
        b"\n",
        b"{\n",
        b"[]\n",
        b"5\n",
        b"{}\n",
        b'{"do": "stop"}\n',
        b'{"do": []}\n',
        b"\xff\n",
        b'{"do": ' + b"[" * 30_000 + b"\n",
        b'{"do": ' + b"1" * 30_000 + b"}\n",
        b'{"do": "status", "with": {"a": "\\ud800"}}\n',
        b'{"do": "status", "with": NaN}\n',
    ],
)
async def test_a_wrong_question_is_told_what_may_be_asked(store: Path, request_: bytes) -> None:
    async with serving(store, {}) as control:
        answer = json.loads(await asyncio.to_thread(talk, control.path, request_))
    assert answer == {"error": "ask one of status, other"}


async def test_an_endless_question_is_hung_up_on_and_the_next_is_answered(store: Path) -> None:
    async with serving(store, {"a": 1}) as control:
        assert await asyncio.to_thread(talk, control.path, b"x" * (REQUEST_BYTES_MAX * 3)) == b""
        assert await asyncio.to_thread(ask, store, "status") == {"a": 1}


async def test_who_asks_many_times_at_once_leaves_room_for_all_else(store: Path) -> None:
    async with serving(store, {"well": True}) as control:
        silent = [await asyncio.open_unix_connection(control.path) for _ in range(CALLERS_MAX)]
        assert await asyncio.to_thread(talk, control.path, b'{"do": "status"}\n') == b""
        for _, writer in silent:
            writer.close()
            await writer.wait_closed()
        async with asyncio.timeout(PATIENCE_S):
            while await asyncio.to_thread(ask, store, "status") != {"well": True}:
                await asyncio.sleep(0.01)


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


# -- changes --------------------------------------------------------------------------------------------


async def three_steps(arguments: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    for done in range(3):
        yield {"progress": [done, 3]}
    yield {"did": dict(arguments)}


async def refused(_: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    raise StoreFull("there is no room")
    yield {}


@asynccontextmanager
async def changing(store: Path, **changes: Any) -> AsyncIterator[ControlSocket]:
    control = ControlSocket(store, {"status": dict}, changes)
    task = asyncio.create_task(control.serve())
    async with asyncio.timeout(PATIENCE_S):
        while not control.path.exists():
            await asyncio.sleep(0.002)
    try:
        yield control
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        control.close()


async def test_a_change_tells_its_progress_and_then_its_result(store: Path) -> None:
    seen: list[tuple[int, int]] = []
    async with changing(store, go=three_steps):
        answer = await asyncio.to_thread(
            request, store, "go", {"a": [1]}, lambda *step: seen.append(step)
        )
    assert answer == {"did": {"a": [1]}}
    assert seen == [(0, 3), (1, 3), (2, 3)]


async def test_a_change_that_fails_says_why(store: Path) -> None:
    async with changing(store, go=refused):
        with pytest.raises(Unavailable, match="there is no room"):
            await asyncio.to_thread(request, store, "go", {})


async def test_one_change_at_a_time(store: Path) -> None:
    going, end = asyncio.Event(), asyncio.Event()

    async def waits(_: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        going.set()
        await end.wait()
        yield {"done": True}

    async with changing(store, go=waits):
        first = asyncio.create_task(asyncio.to_thread(request, store, "go", {}))
        await going.wait()
        with pytest.raises(Unavailable, match="another command changes the store"):
            await asyncio.to_thread(request, store, "go", {})
        end.set()
        assert await first == {"done": True}


async def test_who_hangs_up_ends_a_change_after_its_step(store: Path) -> None:
    ended, steps = asyncio.Event(), 0

    async def endless(_: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        nonlocal steps
        try:
            while True:
                steps += 1
                yield {"progress": [steps, 0]}
                await asyncio.sleep(0.001)
        finally:
            ended.set()

    async with changing(store, go=endless) as control:
        reader, writer = await asyncio.open_unix_connection(control.path)
        writer.write(b'{"do": "go"}\n')
        await reader.readline()
        writer.close()
        async with asyncio.timeout(PATIENCE_S):
            await ended.wait()
    assert steps > 0


async def test_members_of_the_group_look_and_change_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.host.control._peer", lambda _: 12345)
    async with changing(store, go=three_steps):
        assert await asyncio.to_thread(ask, store, "status") == {}
        with pytest.raises(Unavailable, match="only root and the user that the daemon runs as"):
            await asyncio.to_thread(request, store, "go", {})


async def test_the_kernel_says_who_asks(store: Path) -> None:
    seen: list[int] = []

    async def look(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(_peer(writer))
        writer.close()

    async with await asyncio.start_unix_server(look, store.with_name("s")):
        assert await asyncio.to_thread(talk, store.with_name("s"), b"") == b""
    assert seen == [os.geteuid()]


def test_without_a_daemon_nothing_is_changed(store: Path) -> None:
    assert request(store, "go", {}) is None


async def test_too_much_at_once_is_not_sent(store: Path) -> None:
    with pytest.raises(Unavailable, match="name fewer, or use a filter"):
        request(store, "go", {"ids": [10**12] * 10_000})


async def test_an_answer_cut_short_is_said(store: Path) -> None:
    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"progress": [1, 2]}\n')
        writer.close()

    async with await asyncio.start_unix_server(hangs_up, control_path(store)):
        with pytest.raises(Unavailable, match="what it has done stays done"):
            await asyncio.to_thread(request, store, "go", {})


async def test_a_socket_that_is_taken_away_is_made_again(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.host.control.LOOK_S", 0.01)
    async with serving(store, {"a": 1}) as control:
        for _ in range(3):
            control.path.unlink()
            async with asyncio.timeout(PATIENCE_S):
                while await asyncio.to_thread(ask, store, "status") != {"a": 1}:
                    await asyncio.sleep(0.01)
