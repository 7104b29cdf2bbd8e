"""Guards the exported encoders: compiled by gcc without a warning, what they encode is what the decoder reads.

node.c is the firmware: values go into it as text, payloads come out as hex. Undefined behaviour and every access
outside of an array ends it, for it is compiled with the sanitizers.
"""

import math
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from decoders.city.families import LAYOUTS
from decoders.contract import Decoded, DecodeRefused
from decoders.export.c_header import header
from decoders.layout import Field, Flags, Layout, Number, Tag
from decoders.registry import decoder_named
from tests.unit.decoders.export.payloads import T0

FIRMWARE = Path(__file__).with_name("node.c")
STRICT = (
    "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wsign-conversion",
    "-Wshadow", "-Wundef", "-Wcast-qual", "-Wdouble-promotion", "-Wstrict-prototypes",
)  # fmt: skip
SANITIZED = ("-O1", "-fsanitize=undefined,address", "-fno-sanitize-recover=all")
OK, IMPOSSIBLE, NO_FIELD, EMPTY, NO_ROOM, MIXED, NO_STEP, CLOCK_NOT_SET = range(8)
REPORTS = 1500
Node = Callable[[list[str]], list[tuple[int, bytes]]]


def compiled(layout: Layout, folder: Path, *options: str) -> Path:
    """The firmware of a family's node."""
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("gcc is missing: scripts/setup --test installs it")
    file, program = folder / f"{layout.name}.h", folder / layout.name
    file.write_text(header(layout, "a test"), encoding="utf-8")
    flags = ("-DHAS_FLAGS",) if any(isinstance(f, Flags) for f in layout.fields) else ()
    wanted = (f"-DFAMILY={layout.name}", "-include", str(file), *flags)
    done = subprocess.run(
        [gcc, *STRICT, *options, *wanted, str(FIRMWARE), "-o", str(program)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return program


@pytest.fixture(scope="module", params=LAYOUTS, ids=lambda layout: layout.name)
def family(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Layout, Node]:
    layout: Layout = request.param
    program = compiled(layout, tmp_path_factory.mktemp(layout.name), *SANITIZED)

    def node(orders: list[str]) -> list[tuple[int, bytes]]:
        done = subprocess.run(
            [program], input="\n".join(orders), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        answers = (line.partition(" ") for line in done.stdout.splitlines())
        return [(int(status), bytes.fromhex(rest)) for status, _, rest in answers]

    return layout, node


def said_by(node: Node, orders: list[str]) -> tuple[int, bytes]:
    """The answer to the last order; all before it went well."""
    *before, last = node(["c", *orders])
    assert [status for status, _ in before if status not in (OK, IMPOSSIBLE)] == []
    return last


def decoded(layout: Layout, f_port: int, payload: bytes) -> tuple[Decoded, ...]:
    received_at = datetime.fromtimestamp(T0, UTC) + timedelta(days=300)
    return decoder_named(layout.name).decode(f_port, payload, received_at)


class Expected:
    """Record after record of random orders, and what the decoder has to read of each."""

    def __init__(self, layout: Layout, rng: Random) -> None:
        self._layout, self._rng = layout, rng
        self.orders: list[str] = []

    def record(self, n: int, bits: list[int]) -> Decoded:
        tags = {f.name: f.absent for f in self._layout.fields if isinstance(f, Tag)}
        self._fields: dict[str, float | bool] = {}
        self._faults: list[str] = []
        for bit in bits:
            field = self._layout.fields[bit]
            if isinstance(field, Flags):
                for place, flag in enumerate(field.flags):
                    on = self._rng.random() < 0.5
                    self.orders.append(f"b {n} {place} {on:d}")
                    self._fields[flag.name] = on
            elif self._rng.random() < 0.1:
                self.orders.append(f"f {n} {bit}")
                self._failed(field, tags)
            elif isinstance(field, Tag):
                number = self._rng.randrange(255)
                self.orders.append(f"p {n} {bit} {number}")
                tags[field.name] = str(number)
            else:
                self._number(n, bit, field)
        return Decoded(
            measurement=self._layout.name, fields=self._fields, tags=tags,
            faults=tuple(self._faults),
        )  # fmt: skip

    def _failed(self, field: Field, tags: dict[str, str]) -> None:
        self._faults.append(field.name)
        tags.pop(field.name, None)

    def _number(self, n: int, bit: int, field: Number) -> None:
        steps = self._rng.choice(
            (field.raw_low, field.raw_high, 0, self._rng.randint(field.raw_low, field.raw_high))
        )
        if not field.raw_low <= steps <= field.raw_high:
            steps = field.raw_low
        if self._rng.random() < 0.1:  # impossible
            steps = self._rng.choice((field.raw_low - 1, field.raw_high + 1, field.width.sentinel))
            self.orders.append(f"p {n} {bit} {steps}")
            self._faults.append(field.name)
        elif self._rng.random() < 0.5:
            self.orders.append(f"p {n} {bit} {steps}")
            self._fields[field.name] = steps / field.divisor
        else:
            off = self._rng.uniform(-0.49, 0.49) if abs(steps) < 1 << 40 else 0.0
            self.orders.append(f"s {n} {bit} {(steps + off) / field.divisor!r}")
            self._fields[field.name] = steps / field.divisor


def some(layout: Layout, rng: Random) -> list[int]:
    """Bits of a record that says something."""
    while True:
        bits = [n for n in range(len(layout.fields)) if rng.random() < rng.choice((0.1, 0.5, 0.9))]
        if any(not isinstance(layout.fields[bit], Tag) for bit in bits):
            return bits


def test_reports_of_random_values_are_read_as_they_were_given(family: tuple[Layout, Node]) -> None:
    layout, node = family
    expected, wanted = Expected(layout, Random(layout.name)), []
    for _ in range(REPORTS):
        expected.orders.append("c")
        wanted.append(expected.record(0, some(layout, Random(len(wanted)))))
        expected.orders.append("r 255")
    answers = node(expected.orders)
    payloads = [payload for _, payload in answers if payload]
    assert {status for status, _ in answers} == {OK, IMPOSSIBLE}
    read = [decoded(layout, layout.f_port, payload)[0] for payload in payloads]
    assert len(read) == REPORTS
    for got, want in zip(read, wanted, strict=True):
        assert (got.fields, got.tags, set(got.faults), got.out_of_range) == (
            want.fields, want.tags, set(want.faults), (),
        )  # fmt: skip


def test_stored_samples_of_random_values_are_read_with_their_times(
    family: tuple[Layout, Node],
) -> None:
    layout, node = family
    rng = Random(layout.name + " stored")
    expected, wanted = Expected(layout, rng), []
    for _ in range(150):
        bits, count, step = some(layout, rng), rng.randint(1, 16), rng.randint(1, 0xFFFF)
        expected.orders.append("c")
        samples = [expected.record(n, bits) for n in range(count)]
        wanted.append((step, samples))
        expected.orders.append(f"t {count} {T0} {step} 4096")
    payloads = [payload for _, payload in node(expected.orders) if payload]
    assert len(payloads) == len(wanted)
    for payload, (step, samples) in zip(payloads, wanted, strict=True):
        read = decoded(layout, layout.stored_f_port, payload)
        times = [datetime.fromtimestamp(T0 + n * step, UTC) for n in range(len(samples))]
        assert [reading.time for reading in read] == times
        assert [reading.fields for reading in read] == [sample.fields for sample in samples]
        assert [reading.tags for reading in read] == [sample.tags for sample in samples]


def limits_of(bit: int, field: Number) -> list[tuple[str, bool]]:
    """(order, whether its value is possible) at and beyond both ends, in steps and as reals."""
    low, high, divisor = field.raw_low, field.raw_high, field.divisor
    reals = [
        (low / divisor, True), (high / divisor, True),
        ((low - 0.6) / divisor, False), ((high + 0.6) / divisor, False),
        (math.nan, False), (math.inf, False), (-math.inf, False), (1e300, False),
    ]  # fmt: skip
    steps = [(low, True), (high, True), (low - 1, False), (high + 1, False)]
    return [(f"p 0 {bit} {one}", good) for one, good in steps] + [
        (f"s 0 {bit} {one!r}", good) for one, good in reals
    ]


def test_every_limit_of_every_number_is_kept_as_real_and_in_steps(
    family: tuple[Layout, Node],
) -> None:
    layout, node = family
    numbers = [(n, field) for n, field in enumerate(layout.fields) if isinstance(field, Number)]
    cases = [(field, *case) for bit, field in numbers for case in limits_of(bit, field)]
    answers = iter(node([line for _, order, _ in cases for line in ("c", order, "r 255")]))
    for field, order, good in cases:
        (put, _), (status, payload) = next(answers), next(answers)
        assert (put, status) == (OK if good else IMPOSSIBLE, OK), order
        (reading,) = decoded(layout, layout.f_port, payload)
        assert reading.faults == (() if good else (field.name,)), order
        assert not reading.out_of_range
        if good:
            value = float(order.rpartition(" ")[2]) / (field.divisor if order[0] == "p" else 1)
            assert math.isclose(float(reading.fields[field.name]), value), order


def test_what_the_decoder_would_refuse_cannot_be_encoded(family: tuple[Layout, Node]) -> None:
    layout, node = family
    number = next(n for n, field in enumerate(layout.fields) if isinstance(field, Number))
    put = [f"f 0 {number}", f"f 1 {number}"]
    assert said_by(node, ["r 255"])[0] == EMPTY
    assert said_by(node, [f"t 0 {T0} 60 255"])[0] == EMPTY
    assert said_by(node, [*put, f"t 3 {T0} 60 255"])[0] == EMPTY
    assert said_by(node, [*put, f"p 2 {number + 1} 0", f"t 3 {T0} 60 255"])[0] == MIXED
    assert said_by(node, [*put, f"t 2 {T0} 0 255"])[0] == NO_STEP
    assert said_by(node, [*put, "t 2 1577836799 60 255"])[0] == CLOCK_NOT_SET
    assert said_by(node, [*put, "t 2 1577836800 60 255"])[0] == OK
    assert said_by(node, [*put, f"t 1 {T0} 0 255"])[0] == OK
    assert said_by(node, [f"f 0 {len(layout.fields)}"])[0] == NO_FIELD
    assert said_by(node, ["p 0 65535 1"])[0] == NO_FIELD


def test_nothing_is_written_behind_the_buffer(family: tuple[Layout, Node]) -> None:
    layout, node = family
    numbers = [n for n, field in enumerate(layout.fields) if isinstance(field, Number)]
    orders = [f"f {record} {bit}" for record in (0, 1) for bit in numbers]
    report = said_by(node, [*orders, "r 255"])[1]
    samples = said_by(node, [*orders, f"t 2 {T0} 60 255"])[1]
    sizes = [f"r {size}" for size in range(len(report))]
    sizes += [f"t 2 {T0} 60 {size}" for size in (0, 8, 9, len(samples) - 1)]
    answers = node([*orders, *sizes])[len(orders) :]
    assert [status for status, _ in answers] == [NO_ROOM] * len(sizes)
    assert said_by(node, [*orders, f"r {len(report)}"])[1] == report
    assert said_by(node, [*orders, f"t 2 {T0} 60 {len(samples)}"])[1] == samples


def test_no_more_samples_are_encoded_than_the_decoder_reads(family: tuple[Layout, Node]) -> None:
    layout, node = family
    bit, size = min(
        ((n, field.width.size_bytes) for n, field in enumerate(layout.fields) if isinstance(field, Number)),
        key=lambda one: one[1],
    )  # fmt: skip
    most = (4096 - 9) // size
    orders = ["c", *(f"f {n} {bit}" for n in range(most + 1))]
    answers = node([*orders, f"t {most} {T0} 1 9999", f"t {most + 1} {T0} 1 9999"])
    assert answers[-1] == (NO_ROOM, b"")
    assert len(decoded(layout, layout.stored_f_port, answers[-2][1])) == most


def test_a_value_takes_a_fault_back_and_a_fault_a_value(family: tuple[Layout, Node]) -> None:
    layout, node = family
    bit, field = next((n, f) for n, f in enumerate(layout.fields) if isinstance(f, Number))
    steps = field.raw_low + 1
    first = said_by(node, [f"f 0 {bit}", f"p 0 {bit} {steps}", "r 255"])[1]
    (reading,) = decoded(layout, layout.f_port, first)
    assert (reading.fields[field.name], reading.faults) == (steps / field.divisor, ())
    then = said_by(node, [f"p 0 {bit} {steps}", f"f 0 {bit}", "r 255"])[1]
    assert decoded(layout, layout.f_port, then)[0].faults == (field.name,)


def test_a_tag_alone_says_something_only_as_a_fault(family: tuple[Layout, Node]) -> None:
    layout, node = family
    tags = [n for n, field in enumerate(layout.fields) if isinstance(field, Tag)]
    for bit in tags:
        assert said_by(node, [f"p 0 {bit} 3", "r 255"])[0] == EMPTY
        with pytest.raises(DecodeRefused, match="announces a tag"):
            decoded(layout, layout.f_port, bytes([1, 0, 1 << bit, 3]))
        payload = said_by(node, [f"f 0 {bit}", "r 255"])[1]
        assert decoded(layout, layout.f_port, payload)[0].faults == (layout.fields[bit].name,)
    assert bool(tags) == (layout.name == "cctv_health")


def test_flags_keep_each_other_and_have_no_fault(family: tuple[Layout, Node]) -> None:
    layout, node = family
    for bit, field in enumerate(layout.fields):
        if isinstance(field, Flags):
            status, payload = said_by(node, ["b 0 0 1", "b 0 2 1", "b 0 0 0", "b 0 1 1", "r 255"])
            (reading,) = decoded(layout, layout.f_port, payload)
            assert status == OK
            on = [flag.name for flag in field.flags if reading.fields[flag.name]]
            assert on == [field.flags[1].name, field.flags[2].name]
            assert said_by(node, [f"f 0 {bit}"])[0] == NO_FIELD
            assert said_by(node, [f"p 0 {bit} {1 << len(field.flags)}"])[0] == NO_FIELD


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_it_goes_without_reals_and_is_ascii(layout: Layout, tmp_path: Path) -> None:
    text = header(layout, "a test")
    assert text.isascii()
    assert "float" not in text.partition("*/")[2]
    _, _, real = text.partition(f"#ifndef {layout.name.upper()}_NO_REAL")
    outside = text.partition("*/")[2].replace(real.partition("#endif")[0], "")
    assert "double" not in outside
    source = tmp_path / "firmware.c"
    source.write_text(f'#define {layout.name.upper()}_NO_REAL\n#include "{layout.name}.h"\n')
    (tmp_path / f"{layout.name}.h").write_text(text)
    gcc = shutil.which("gcc") or pytest.skip("gcc is missing: scripts/setup --test installs it")
    done = subprocess.run(
        [gcc, *STRICT, "-ffreestanding", "-c", source, "-o", tmp_path / "o"], check=False
    )
    assert done.returncode == 0
