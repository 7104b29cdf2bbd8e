"""The codecs' real process: what it may do, what ends it, who is blamed for that, and what goes on.

Hostile codecs and signals are real; nothing is simulated. What a codec means is in the unit tests of its room.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.codec_worker import child_process, worker
from gateway.codec_worker.breaker import QUARANTINE_S, STRIKES_MAX
from gateway.codec_worker.child import ADDRESS_SPACE_BYTES_MAX
from gateway.codec_worker.worker import (
    CODECS_MAX,
    PAYLOAD_BYTES_MAX,
    PAYLOADS_AT_ONCE,
    CodecBroken,
    CodecWorker,
)  # fmt: skip
from gateway.errors import Unavailable
from gateway.ports import CodecPayload

GOOD = "function decodeUplink(i) { return { data: { sum: i.bytes[0] + i.fPort } }; }"
LOOP = "function decodeUplink(i) { while (i.fPort) {} return { data: { ok: 1 } }; }"
NATIVE = """
function decodeUplink(i) {
  var text = "a".repeat(1 << 20), found = 0;
  for (var n = 0; i.fPort && n < 20000; n++) found += text.indexOf("b");
  return { data: { ok: 1 } };
}"""

Write = Callable[..., Path]


class Now:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def now() -> Now:
    """Monotonic seconds."""
    return Now()


@pytest.fixture
def codecs(now: Now) -> Iterator[CodecWorker]:
    """A worker with the test's clock."""
    one = CodecWorker(now=now)
    yield one
    one.close()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a codec's file; each time with another time of change."""
    times = iter(range(1, 1000))

    def write(script: str, name: str = "codec.js") -> Path:
        path = tmp_path / name
        path.write_text(script, encoding="utf-8")
        at = next(times)
        os.utime(path, ns=(at, at))
        return path

    return write


def payload(codec: Path, first: int = 1, f_port: int = 1) -> CodecPayload:
    """A payload of one byte."""
    return CodecPayload(codec, f_port, bytes([first]), None)


def pid_of(codecs: CodecWorker) -> int:
    """The child's process id."""
    assert codecs._process is not None
    return codecs._process._child.pid


def test_payloads_of_many_codecs_are_answered_in_order(codecs: CodecWorker, write: Write) -> None:
    paths = [write(GOOD.replace("sum", f"sum{n}"), f"{n}.js") for n in range(CODECS_MAX + 5)]
    asked = [
        CodecPayload(paths[n % len(paths)], n % 200 + 1, bytes([n % 256]), None)
        for n in range(3 * PAYLOADS_AT_ONCE)
    ]
    answers = codecs.decode(asked)
    assert [answer.data for answer in answers] == [
        {f"sum{n % len(paths)}": n % 256 + n % 200 + 1} for n in range(len(asked))
    ]


def test_one_process_serves_them_all_and_keeps_what_it_knows(
    codecs: CodecWorker, write: Write
) -> None:
    counting = "var n = 0; function decodeUplink() { return { data: { n: ++n } }; }"
    path = write(counting)
    first = codecs.decode([payload(path)] * 3)
    pid = pid_of(codecs)
    second = codecs.decode([payload(path)] * 3)
    assert [answer.data for answer in first + second] == [{"n": n} for n in range(1, 7)]
    assert pid_of(codecs) == pid


def test_the_child_has_no_environment_and_few_rights(codecs: CodecWorker, write: Write) -> None:
    codecs.decode([payload(write(GOOD))])
    folder = Path(f"/proc/{pid_of(codecs)}")
    environment = folder.joinpath("environ").read_bytes().rstrip(b"\0").split(b"\0")
    assert set(environment) == {b"TZ=UTC", b"LANG=C.UTF-8"}
    assert b"\0-I\0" in folder.joinpath("cmdline").read_bytes()
    limits = folder.joinpath("limits").read_text()
    hard = {line[:26].strip(): line[26:].split()[1] for line in limits.splitlines()[1:]}
    assert hard["Max address space"] == str(ADDRESS_SPACE_BYTES_MAX)
    assert hard["Max processes"] == hard["Max file size"] == hard["Max core file size"] == "0"
    assert hard["Max open files"] == "8"
    assert folder.joinpath("cwd").readlink() == Path("/")
    assert [folder.joinpath("fd", number).readlink() for number in "012"] == [Path(os.devnull)] * 3
    assert len(list(folder.joinpath("task").iterdir())) == 1
    assert folder.joinpath("oom_score_adj").read_text() == "1000\n", "the gateway outlives it"


def test_times_in_codecs_are_utc(
    codecs: CodecWorker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Bangkok")
    script = (
        "function decodeUplink() { return { data: { at: new Date(2026, 0, 1).toISOString() } }; }"
    )
    assert codecs.decode([payload(write(script))])[0].data == {"at": "2026-01-01T00:00:00.000Z"}


def test_a_loop_is_stopped_and_the_next_payload_is_answered(
    codecs: CodecWorker, write: Write
) -> None:
    path = write(LOOP)
    slow, good = codecs.decode([payload(path, f_port=1), payload(path, f_port=0)])
    assert (slow.reason, good.data) == ("codec_timeout", {"ok": 1})


def test_a_loop_of_native_calls_is_killed(codecs: CodecWorker, write: Write) -> None:
    hostile, good = write(NATIVE, "hostile.js"), write(GOOD, "good.js")
    codecs.decode([payload(good)])
    pid = pid_of(codecs)
    answers = codecs.decode(
        [payload(good), payload(hostile), payload(good), payload(hostile, f_port=0)]
    )
    assert [answer.reason for answer in answers] == [None, "codec_timeout", None, None]
    assert "killed" in answers[1].sentence
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("hostile", [LOOP, NATIVE])
def test_the_third_time_is_the_last_until_the_quarantine_is_over(
    codecs: CodecWorker, write: Write, now: Now, hostile: str, caplog: pytest.LogCaptureFixture
) -> None:
    path, good = write(hostile, "hostile.js"), write(GOOD, "good.js")
    answers = codecs.decode([payload(path)] * 10 + [payload(good)])
    assert [answer.reason for answer in answers] == ["codec_timeout"] * 10 + [None]
    quarantined = [answer for answer in answers if "quarantined for 60 min" in answer.sentence]
    assert len(quarantined) == 10 - STRIKES_MAX
    assert [record.message.split()[0] for record in caplog.records] == ["codec_quarantined"]
    now.s += QUARANTINE_S - 1
    assert "quarantined" in codecs.decode([payload(path, f_port=0)])[0].sentence
    now.s += 1
    assert codecs.decode([payload(path, f_port=0)])[0].data == {"ok": 1}


def test_a_changed_file_ends_the_quarantine(codecs: CodecWorker, write: Write) -> None:
    path = write(LOOP)
    codecs.decode([payload(path)] * STRIKES_MAX)
    write(GOOD)
    assert codecs.decode([payload(path, 4)])[0].data == {"sum": 5}


def test_a_changed_file_that_is_no_codec_leaves_the_one_before(
    codecs: CodecWorker, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(GOOD)
    codecs.decode([payload(path)])
    write("function f( {")
    assert [answer.data for answer in codecs.decode([payload(path)] * 2)] == [{"sum": 2}] * 2
    path.unlink()
    assert codecs.decode([payload(path)])[0].data == {"sum": 2}
    said = [record.message.split()[0] for record in caplog.records]
    assert said == ["codec_unusable"] * 2, "each once"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("function f( {", "line 1: SyntaxError"),
        ("function encodeDownlink() {}", "no function decodeUplink"),
        ("while (true) {}", "interrupted"),
        ("export function decodeUplink() {}", "ES module"),
    ],
)
def test_what_is_no_codec_is_said_and_its_payloads_are_refused(
    codecs: CodecWorker, write: Write, script: str, said: str
) -> None:
    path, good = write(script, "bad.js"), write(GOOD, "good.js")
    with pytest.raises(CodecBroken, match=said):
        codecs.look(path)
    assert codecs.look(good) == "decodeUplink"
    bad, fine = codecs.decode([payload(path), payload(good)])
    assert (bad.reason, bad.ran, fine.reason) == ("codec_error", False, None)
    assert said in bad.sentence


def test_a_script_that_does_not_end_is_killed(
    codecs: CodecWorker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LOAD_S_MAX", 0.5)
    script = "var t = 'a'.repeat(1 << 20); for (var n = 0; n < 20000; n++) t.indexOf('b');" + GOOD
    path, good = write(script, "bad.js"), write(GOOD, "good.js")
    bad, fine = codecs.decode([payload(path), payload(good)])
    assert "did not end" in bad.sentence
    assert fine.data == {"sum": 2}


def test_a_long_answer_is_refused_by_its_length(codecs: CodecWorker, write: Write) -> None:
    script = "function decodeUplink(i) { return { data: { t: 'x'.repeat(i.fPort * 1000) } }; }"
    path = write(script)
    fits, long = codecs.decode([payload(path, f_port=65), payload(path, f_port=66)])
    assert (fits.reason, long.reason) == (None, "codec_error")
    assert "characters; 65,536 bytes are taken" in long.sentence


def test_no_payload_is_too_long_for_an_order(codecs: CodecWorker, write: Write) -> None:
    path = write("function decodeUplink(i) { return { data: { bytes: i.bytes.length } }; }")
    lengths = [0, 255, PAYLOAD_BYTES_MAX, PAYLOAD_BYTES_MAX + 1, 10_000_000, 1] * 200
    answers = codecs.decode([CodecPayload(path, 1, bytes(length), None) for length in lengths])
    taken = [answer.data and answer.data["bytes"] for answer in answers]
    assert taken == [length if length <= PAYLOAD_BYTES_MAX else None for length in lengths]
    assert {answer.reason for answer in answers} == {None, "codec_error"}


def test_what_is_no_port_is_refused(codecs: CodecWorker, write: Write) -> None:
    path = write(GOOD)
    ports = [0, -1, 255, 256, 10**30, 7]
    answers = codecs.decode([payload(path, f_port=port) for port in ports])
    assert [answer.reason is None for answer in answers] == [True, False, True, False, False, True]


def test_codecs_that_hoard_leave_room_for_the_others(codecs: CodecWorker, write: Write) -> None:
    hoarder = "var k = []; function decodeUplink() { k.push('x'.repeat(6 << 20)); return { data: { n: 1 } }; }"
    paths = [write(f"// {n}\n{hoarder}", f"{n}.js") for n in range(20)]
    good = write("var k = 'y'.repeat(4 << 20);" + GOOD, "good.js")
    asked = [payload(path) for path in paths] + [payload(good)]
    for _ in range(3):
        assert codecs.decode(asked)[-1].data == {"sum": 2}
        rss_kb = (
            Path(f"/proc/{pid_of(codecs)}/status").read_text().partition("VmRSS:")[2].split()[0]
        )
        assert int(rss_kb) * 1024 < ADDRESS_SPACE_BYTES_MAX


def test_somebody_kills_the_child_and_nobody_is_blamed(codecs: CodecWorker, write: Write) -> None:
    path = write(GOOD)
    for _ in range(2 * STRIKES_MAX):
        assert codecs.decode([payload(path)])[0].data == {"sum": 2}
        os.kill(pid_of(codecs), signal.SIGKILL)


def test_a_codec_of_which_the_child_dies_twice_is_refused(
    codecs: CodecWorker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = write(LOOP, "bad.js"), write(GOOD, "good.js")
    given = child_process.Process.answer

    def dies(self: child_process.Process, answer_s: float) -> tuple[int, str]:
        kind, text = given(self, answer_s)
        if "ok" in text:  # as if the engine had crashed over it
            os.kill(self._child.pid, signal.SIGSEGV)
            while True:
                given(self, answer_s)
        return kind, text

    monkeypatch.setattr(child_process.Process, "answer", dies)
    first, second, third = codecs.decode([payload(good), payload(bad, f_port=0), payload(good)])
    assert (first.reason, second.reason, third.reason) == (None, "codec_error", None)
    assert "SIGSEGV" in second.sentence


def test_a_child_that_gets_no_cpu_is_waited_for(codecs: CodecWorker, write: Write) -> None:
    path = write(GOOD)
    codecs.decode([payload(path)])
    pid = pid_of(codecs)
    os.kill(pid, signal.SIGSTOP)
    awake = threading.Timer(1.5, os.kill, (pid, signal.SIGCONT))
    awake.start()
    assert codecs.decode([payload(path)])[0].data == {"sum": 2}
    assert pid_of(codecs) == pid


def test_without_an_engine_nothing_is_refused(
    codecs: CodecWorker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(GOOD)
    code = child_process._CODE.replace("from", "sys.modules['_quickjs'] = None; from", 1)
    monkeypatch.setattr(child_process, "_CODE", code)
    with pytest.raises(Unavailable, match="engine is not installed"):
        codecs.decode([payload(path)])
    monkeypatch.undo()
    assert codecs.decode([payload(path)])[0].data == {"sum": 2}


def test_a_child_that_ends_at_once_is_nobodys_fault(
    codecs: CodecWorker, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_process, "_CODE", "raise SystemExit(3)")
    with pytest.raises(Unavailable, match="does not begin"):
        codecs.decode([payload(write(GOOD))])


def test_closing_ends_what_is_under_way(codecs: CodecWorker, write: Write) -> None:
    path = write(NATIVE)
    codecs.decode([payload(path, f_port=0)])
    ended: list[BaseException] = []

    def decode() -> None:
        try:
            codecs.decode([payload(path)])
        except Unavailable as error:
            ended.append(error)

    thread = threading.Thread(target=decode)
    thread.start()
    while not codecs._busy:
        time.sleep(0.001)
    codecs.close()
    thread.join(5)
    assert not thread.is_alive()
    assert len(ended) == 1


def test_the_child_ends_with_the_gateway(write: Write) -> None:
    codecs = CodecWorker()
    codecs.decode([payload(write(GOOD))])
    one = codecs._process
    assert one is not None
    assert one._child.stdin is not None
    one._child.stdin.close()  # as the kernel does for a gateway that was killed
    assert one._child.wait(5) == 0
    codecs.close()


def test_without_quarantine_each_payload_is_tried(write: Write) -> None:
    path = write(LOOP)
    codecs = CodecWorker(quarantine=False)
    answers = codecs.decode([payload(path)] * 5 + [payload(path, f_port=0)])
    codecs.close()
    assert not any("quarantined" in answer.sentence for answer in answers)
    assert answers[-1].data == {"ok": 1}
