"""Random payloads of the city's families: good ones, and such as no node would send. The generator is seeded."""

from random import Random

from decoders.layout import Flags, Layout

T0 = 1_790_000_000
"""2026-09-21; the stored samples of these payloads are of about then."""


def record(layout: Layout, bitmap: int, rng: Random) -> bytes:
    """A record of the fields of a bitmap: any integers, faults among them, but few undefined flags."""
    parts = []
    for bit, field in enumerate(layout.fields):
        if not bitmap >> bit & 1:
            continue
        size = field.width.size_bytes
        if isinstance(field, Flags):
            defined = 1 << len(field.flags)
            most = defined if rng.random() < 0.95 else 1 << 8 * size
            parts.append(rng.randrange(most).to_bytes(size, "big"))
        elif rng.random() < 0.1:
            parts.append(field.width.sentinel.to_bytes(size, "big", signed=field.width.signed))
        elif rng.random() < 0.5:
            parts.append(
                (rng.randrange(1 << 8 * size) >> rng.randrange(8 * size)).to_bytes(size, "big")
            )
        else:
            parts.append(rng.randbytes(size))
    return b"".join(parts)


def bitmap_of(layout: Layout, rng: Random) -> int:
    """Mostly a defined one, of any number of fields."""
    defined = (1 << len(layout.fields)) - 1
    kinds = (rng.randrange(1 << 16) & defined, 1 << rng.randrange(16) & defined, defined, 1)
    return rng.choice(kinds) if rng.random() < 0.97 else rng.randrange(1 << 16)


def report(layout: Layout, rng: Random) -> bytes:
    """A payload of the family's first port."""
    bitmap = bitmap_of(layout, rng)
    return b"\x01" + bitmap.to_bytes(2, "big") + record(layout, bitmap, rng)


def stored(layout: Layout, rng: Random) -> bytes:
    """A payload of the family's second port, mostly with a time that can be true."""
    bitmap = bitmap_of(layout, rng)
    t0 = T0 + rng.randrange(-600, 600) if rng.random() < 0.9 else rng.randrange(1 << 32)
    step = rng.choice((0, 1, 60, 900, rng.randrange(1 << 16)))
    records = [record(layout, bitmap, rng) for _ in range(rng.choice((0, 1, 1, 2, 3, 9)))]
    head = b"\x01" + t0.to_bytes(4, "big") + step.to_bytes(2, "big") + bitmap.to_bytes(2, "big")
    return head + b"".join(records)


def spoilt(payload: bytes, rng: Random) -> bytes:
    """The payload, now and then cut, longer, or with a changed byte."""
    kind = rng.randrange(8)
    if kind == 0:
        return payload[: rng.randrange(len(payload) + 1)]
    if kind == 1:
        return payload + rng.randbytes(rng.randrange(1, 4))
    if kind == 2 and payload:
        place = rng.randrange(min(len(payload), 9))
        return payload[:place] + rng.randbytes(1) + payload[place + 1 :]
    if kind == 3:
        return rng.randbytes(rng.randrange(24))
    return payload
