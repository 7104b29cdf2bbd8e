"""What strangers send: none of it may become a reading, and none of it may cost one."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from random import Random

from hil.scenarios.soak.bench import Bench
from hil.scenarios.soak.senders import NEAR, exact_now
from hil.simulators.air import AS923_1, Receiver
from hil.simulators.device_list import identity
from hil.simulators.packet_forwarder import push_data, rxpk

STRANGER = "02c17aff000000ff"
BURST = 120
PIECE = 8
"""Datagrams to one turn: what a receive buffer of the kernel holds many times over."""
AGAIN_AFTER_S = 5.0
"""A frame that was acknowledged so long ago is at the gateway, or before its replay in the same queue."""
FOREIGN_NUMBER = 0x00FE_0001
"""A device of this numbering that is in no list."""


async def replayed(bench: Bench) -> str:
    """Frames of before, by the gateway that heard them first, weaker and at another time."""
    now = exact_now()
    old = [one for one in bench.gateways.published if one.at < now - AGAIN_AFTER_S]
    some = bench.rng.sample(old, min(40, len(old)))
    for uplink in some:
        bench.gateways.near.hears(uplink, None, rssi_dbm=-110, snr_db=-9.0, at=exact_now())
        await asyncio.sleep(0.001)
    return f"{len(some)} frames"


async def slow_gateway(bench: Bench) -> str:
    """The very messages of before: a gateway that sends them again because its link is bad."""
    old = [one for one in bench.gateways.published if one.at < exact_now() - AGAIN_AFTER_S][-20:]
    for uplink in old:
        bench.gateways.near.hears(uplink, None, rssi_dbm=-110, snr_db=-9.0)
        await asyncio.sleep(0.001)
    return f"{len(old)} frames"


async def bad_mics(bench: Bench) -> str:
    """Frames of known devices at their next counters, by somebody without the key."""
    published = bench.gateways.published[-30:]
    if not published:
        return "nothing to forge yet"
    forged = []
    for number in range(BURST):
        uplink = bench.rng.choice(published)
        f_cnt = (uplink.f_cnt + 1 + number % 5).to_bytes(4, "little")[:2]
        forged.append(uplink.phy[:6] + f_cnt + uplink.phy[8:-4] + bench.rng.randbytes(4))
    await _push(bench, forged)
    return f"{BURST} frames"


async def unknown(bench: Bench) -> str:
    """Frames of somebody else's devices."""
    node = identity(9, FOREIGN_NUMBER, name="stranger", decoder="air_quality").node()
    await _push(bench, [node.uplink(number, 20, b"\1\2\3") for number in range(BURST)])
    return f"{BURST} frames"


async def malformed_datagrams(bench: Bench) -> str:
    """Everything that is no message of a packet forwarder."""
    head = push_data(1, STRANGER, [])[:12]
    deep = head + b'{"rxpk":' + b"[" * 3000
    whole = push_data(7, STRANGER, ['{"tmst":1,"freq":923.2,"stat":1,"data":"AAAA"}'])
    made = [b"", b"\2", head, deep, head + b"\xff" * 60_000, head + b'{"rxpk":[{"data":1e999}]}']
    made += [whole[:length] for length in range(0, len(whole), 7)]
    made += [bench.rng.randbytes(bench.rng.randrange(1, 200)) for _ in range(20)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setblocking(False)
        for datagram in made:
            try:
                one.sendto(datagram, ("127.0.0.1", bench.udp_port))
            except OSError:
                continue
            await asyncio.sleep(0.002)
    return f"{len(made)} datagrams"


async def hostile_messages(bench: Bench) -> str:
    """From a gateway whose credentials are known to somebody: large, deep, long and empty."""
    near = bench.gateways.near
    topic = f"as923/gateway/{NEAR}/event/up"
    bodies = [
        b"{" * 50_000,
        b'{"phyPayload":' + b"[" * 50_000,
        os.urandom(2000),
        b"",
        b'{"phyPayload":"' + b"A" * 262_200 + b'"}',  # more than `max_packet` with its topic
    ]
    for body in bodies:
        near.publish(body, to=topic)
        await asyncio.sleep(0)
    return f"{len(bodies)} messages"


Attack = Callable[[Bench], Awaitable[str]]
ATTACKS: dict[str, Attack] = {
    "replayed frames": replayed,
    "burst of bad MICs": bad_mics,
    "malformed datagrams": malformed_datagrams,
    "hostile MQTT messages": hostile_messages,
    "flood of unknown devices": unknown,
    "the same frames through a slow gateway": slow_gateway,
}


async def _push(bench: Bench, frames: list[bytes]) -> None:
    """Send frames as a packet forwarder that nobody knows."""
    rng = Random(len(frames))
    stranger = Receiver(STRANGER, exact_now() - 500)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setblocking(False)
        for number, phy in enumerate(frames):
            hearing = stranger.hear(exact_now(), phy, rng.choice(AS923_1), rssi_dbm=-60, snr_db=9.0)
            try:
                one.sendto(
                    push_data(number, STRANGER, [rxpk(hearing)]), ("127.0.0.1", bench.udp_port)
                )
            except OSError:
                continue
            if number % PIECE == 0:
                await asyncio.sleep(0.01)
