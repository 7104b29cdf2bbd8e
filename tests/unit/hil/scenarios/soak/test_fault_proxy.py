"""Guards the proxy that plays bad networks and servers: each mode does what it says, and `pass` comes back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from hil.scenarios.soak.fault_proxy import FaultProxy

REQUEST = b"POST /write HTTP/1.1\r\nContent-Length: 5\r\n\r\nm f=1"


class Echo:
    """A server that keeps what it was sent and answers with it."""

    def __init__(self) -> None:
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            self.heard += piece
            writer.write(piece)
        writer.close()


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest_asyncio.fixture
async def proxy(echo: Echo) -> AsyncIterator[FaultProxy]:
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    one = FaultProxy(server.sockets[0].getsockname()[1])
    await one.start()
    yield one
    await one.stop()
    server.close()


async def ask(proxy: FaultProxy, timeout_s: float = 5.0) -> bytes:
    """What comes back on a connection of its own."""
    async with asyncio.timeout(timeout_s):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        try:
            writer.write(REQUEST)
            return await reader.read(1000)
        finally:
            writer.transport.abort()


async def test_pass_lets_bytes_through(proxy: FaultProxy) -> None:
    assert await ask(proxy) == REQUEST


async def test_refuse_takes_no_connection_and_the_port_comes_back(proxy: FaultProxy) -> None:
    port = proxy.port
    await proxy.become("refuse")
    with pytest.raises(ConnectionRefusedError):
        await ask(proxy)
    await proxy.become("pass")
    assert proxy.port == port
    assert await ask(proxy) == REQUEST


async def test_rst_resets(proxy: FaultProxy, echo: Echo) -> None:
    await proxy.become("rst")
    with pytest.raises(ConnectionResetError):
        await ask(proxy)
    assert not echo.heard


async def test_a_blackhole_answers_nothing_and_its_connections_are_dead_afterwards(
    proxy: FaultProxy, echo: Echo
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(REQUEST)
    assert await reader.read(1000) == REQUEST
    await proxy.become("blackhole")
    writer.write(REQUEST)
    with pytest.raises(TimeoutError):
        await ask(proxy, 0.2)
    assert echo.heard == REQUEST
    await proxy.become("pass")
    with pytest.raises(ConnectionResetError):
        await reader.read(1000)
    writer.transport.abort()
    assert await ask(proxy) == REQUEST


async def test_slow_is_slow_and_whole(proxy: FaultProxy) -> None:
    await proxy.become("slow")
    began = asyncio.get_running_loop().time()
    assert await ask(proxy) == REQUEST
    assert asyncio.get_running_loop().time() - began >= 1


async def test_cut_loses_the_answer_after_the_server_has_worked(
    proxy: FaultProxy, echo: Echo
) -> None:
    await proxy.become("cut")
    with pytest.raises(ConnectionResetError):
        await ask(proxy)
    assert echo.heard == REQUEST


@pytest.mark.parametrize("code", ["401", "404", "429", "500", "503"])
async def test_it_answers_for_the_server(proxy: FaultProxy, echo: Echo, code: str) -> None:
    await proxy.become(code)
    assert (await ask(proxy)).startswith(f"HTTP/1.1 {code} ".encode())
    assert not echo.heard
