"""Packet forwarders over UDP: opens the port, takes what waits in it, opens it again when it is lost.

A reader callback takes a bounded number of datagrams per turn of the event loop. After so many frames it
stops reading until the intake has room; what finds the kernel's buffer full meanwhile is counted as
`dropped_by_kernel`. The protocol does not send again, so what is lost is lost: `guarantee` says so.
"""

import asyncio
import ipaddress
from socket import socket

from gateway.backoff import Backoff
from gateway.health import Health
from gateway.ports import Clock, Intake
from gateway.sources.semtech_udp import udp_socket
from gateway.sources.semtech_udp.config import SemtechUdpSection, place
from gateway.sources.semtech_udp.exchange import Exchange, LastPull
from gateway.sources.semtech_udp.senders import Senders

DATAGRAMS_PER_TURN = 64
"""Taken before other work of the event loop gets its turn: about 1 ms."""
FRAMES_PER_ROOM = 1024
"""Handed over before asking for room: what memory holds beyond the intake's own bound."""
RETRY_FIRST_S, RETRY_MOST_S = 1, 60


class SemtechUdpSource:
    """One UDP port that packet forwarders send to."""

    guarantee = "at most once"
    window = 0

    def __init__(self, section: SemtechUdpSection, name: str) -> None:
        self.name = name
        self.health = Health("source", name)
        self.address: tuple[str, int] | None = None
        """Where it listens, with the port that was chosen for port 0; None while it does not."""
        self._section = section
        self._senders = Senders(section.allow_gateways, section.allow_networks)
        self._udp: socket | None = None
        self._exchange: Exchange | None = None
        self._warned = False

    @property
    def last_pull(self) -> dict[str, LastPull]:
        """By EUI: where each gateway waits for downlinks. Valid as long as the port is open."""
        return self._exchange.last_pull if self._exchange else {}

    async def run(self, intake: Intake, clock: Clock) -> None:
        """Receive until cancelled; while the address is not to be had, try again."""
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S)
        while True:
            try:
                udp, exchange = self._open()
                backoff.reset()
                await self._receive(udp, exchange, intake, clock)
            except OSError as fault:
                self._explain(fault)
            finally:
                await self.close()
            await asyncio.sleep(backoff.next())

    async def close(self) -> None:
        """Close the port; nothing waits in it that a forwarder would send again."""
        self.address = None
        if self._exchange is not None:
            self._exchange.count_drops()
            self._exchange = None
        if self._udp is not None:
            self._udp.close()
            self._udp = None

    def _open(self) -> tuple[socket, Exchange]:
        """Raises: OSError: the address is not to be had."""
        host, port = place(self._section.listen)
        self._udp = udp = udp_socket.bound(host, port, self._section.receive_buffer)
        self._exchange = exchange = Exchange(
            self.name, udp, self._section.datagram_max, self._senders, self.health
        )
        self.address = udp.getsockname()[:2]
        place_text = udp_socket.text(self.address)
        self._warn_when_open_to_all(host, place_text)
        self.health.up(f"listening on {place_text}")
        return udp, exchange

    def _warn_when_open_to_all(self, host: str, place_text: str) -> None:
        if self._warned or self._senders.are_limited or ipaddress.ip_address(host).is_loopback:
            return
        self._warned = True
        self.health.note(
            "open_to_all",
            listen=place_text,
            why="whoever reaches this port can send frames in the name of any gateway",
            remedy="set allow_networks or allow_gateways, or listen on 127.0.0.1",
        )

    def _explain(self, fault: OSError) -> None:
        self.health.down(
            f"cannot listen on {self._section.listen}: {fault.strerror or fault}; "
            "see whether another program has this port, and whether this machine has this address"
        )

    async def _receive(self, udp: socket, exchange: Exchange, intake: Intake, clock: Clock) -> None:
        """Take datagrams for ever.

        Raises:
            OSError: the socket is of no use any more.
        """
        loop = asyncio.get_running_loop()
        while True:
            full: asyncio.Future[None] = loop.create_future()
            until = exchange.handed_over + FRAMES_PER_ROOM

            def take(full: asyncio.Future[None] = full, until: int = until) -> None:
                try:
                    self._take_what_waits(udp, exchange, intake, clock)
                except Exception as fault:
                    if not full.done():
                        full.set_exception(fault)
                if exchange.handed_over >= until and not full.done():
                    full.set_result(None)

            loop.add_reader(udp, take)
            try:
                await full
            finally:
                loop.remove_reader(udp)
            await intake.room(patient=False)

    def _take_what_waits(
        self, udp: socket, exchange: Exchange, intake: Intake, clock: Clock
    ) -> None:
        received = clock.stamp()
        bytes_asked = self._section.datagram_max + 1
        for _ in range(DATAGRAMS_PER_TURN):
            try:
                datagram, address = udp.recvfrom(bytes_asked)
            except BlockingIOError:
                return
            exchange.take(datagram, address, received, intake)
        exchange.count_drops()
