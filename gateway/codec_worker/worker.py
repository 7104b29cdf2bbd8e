"""The codecs as the gateway sees them: payloads in, answers out, whatever a codec does. Blocking, for one thread.

    an answer is late or the child dies     the payload at that place is refused, the child begun anew
    the engine stops a codec                the payload is refused
    three of these in ten minutes           the codec is quarantined: its payloads are refused unseen
    its file changes                        the new one is run; if that cannot be used, the old one goes on

A child that dies gets its payload once more: somebody else may have killed it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from decoders.javascript.answer import CodecAnswer, failed, timed_out, unusable
from gateway.codec_worker.breaker import STRIKES_MAX, Breaker
from gateway.codec_worker.child_process import Ended, Process, Stuck
from gateway.codec_worker.codec_files import CodecFiles, Script, Unreadable
from gateway.codec_worker.meaning import meaning
from gateway.codec_worker.protocol import BROKEN, LEARNT, TOO_SLOW, Order
from gateway.errors import Unavailable
from gateway.journal import Journal
from gateway.ports import CodecPayload

ANSWER_S_MAX = 1.0
"""For one payload; the engine should have stopped it long before."""
LOAD_S_MAX = 5.0
"""For a codec's script to run once."""
PAYLOADS_AT_ONCE = 512
"""In one order."""
PAYLOAD_BYTES_MAX = 4096
"""A frame has at most 255; a network server may claim any."""
F_PORT_MAX = 255
"""It is a byte."""
CODECS_MAX = 64
"""Codecs that the child keeps: up to 8 MB each, mostly 0.2 MB."""


class CodecBroken(Exception):
    """A codec cannot be used; the text says why, without its name."""


class CodecWorker:
    """Runs codecs in one child process, which is begun with the first payload."""

    def __init__(
        self, *, quarantine: bool = True, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Without `quarantine` every payload is tried and nothing logged: for one who looks at each answer."""
        self._quarantine = quarantine
        self._now = now
        self._files = CodecFiles()
        self._process: Process | None = None
        self._in_child: OrderedDict[int, str] = OrderedDict()
        """Where the functions are of codecs that the child knows, the one used last at the end."""
        self._in_use: dict[Path, Script] = {}
        self._broken: dict[int, str] = {}
        self._breakers: dict[int, Breaker] = {}
        self._told: dict[Path, str] = {}
        self._suspect: CodecPayload | None = None
        """The child died of it once."""
        self._journal = Journal("codecs")
        self._closed = self._busy = False

    def decode(self, payloads: Sequence[CodecPayload]) -> list[CodecAnswer]:
        """What each codec says of its payload, in order.

        Raises:
            Unavailable: no child can be begun; ask again later.
        """
        self._busy = True
        try:
            return self._decoded(payloads)
        finally:
            self._busy = False

    def _decoded(self, payloads: Sequence[CodecPayload]) -> list[CodecAnswer]:
        scripts: dict[Path, Script | CodecAnswer] = {}
        answers: list[CodecAnswer] = []
        while len(answers) < len(payloads):
            asked = payloads[len(answers)]
            if asked.codec not in scripts:
                scripts[asked.codec] = self._script(asked.codec)
            script = scripts[asked.codec]
            if isinstance(script, CodecAnswer):
                answers.append(script)
            elif len(asked.payload) > PAYLOAD_BYTES_MAX:
                answers.append(failed(f"the payload has {len(asked.payload):,} bytes"))
            elif not 0 <= asked.f_port <= F_PORT_MAX:
                answers.append(failed(f"there is no FPort {asked.f_port}"))
            elif refused := self._refused(asked.codec, script):
                answers.append(refused)
            else:
                self._ask(payloads, scripts, answers)
        return answers

    def look(self, path: Path) -> str:
        """Where the codec's functions are, such as "decodeUplink normalizeUplink".

        Raises:
            CodecBroken: it cannot be used. Unavailable: no child can be begun.
        """
        try:
            return self._learnt(self._files.script(path))
        except Unreadable as error:
            raise CodecBroken(str(error)) from None

    def close(self) -> None:
        """End the child, from any thread; not used again."""
        self._closed = True
        if self._process is not None:
            self._process.end()  # whoever waits for its answer sees that, and lets go of the pipes
        if not self._busy:
            self._gone()

    # -- which script -----------------------------------------------------------------------------------

    def _script(self, path: Path) -> Script | CodecAnswer:
        """The script to run for this file, or the answer to all of its payloads."""
        before = self._in_use.get(path)
        try:
            script = self._files.script(path)
            if script != before:
                self._learnt(script)
        except (Unreadable, CodecBroken) as error:
            if before is None:
                self._tell_once(path, error, "its payloads are kept and refused")
                return unusable(f"the codec {path.name} cannot be used: {error}")
            self._tell_once(path, error, "the one before goes on")
            return before
        if before is not None and script != before:
            self._journal.info("codec_changed", codec=path)
        self._in_use[path] = script
        return script

    def _learnt(self, script: Script) -> str:
        """Make the child know a script; where its functions are."""
        known = self._in_child.get(script.number)
        if known is not None:
            self._in_child.move_to_end(script.number)
            return known
        if script.number in self._broken:
            raise CodecBroken(self._broken[script.number])
        forget = []
        while len(self._in_child) >= CODECS_MAX:
            forget.append(self._in_child.popitem(last=False)[0])
        kind, text = self._taught(Order(forget, [(script.number, script.text)]))
        if kind != LEARNT:
            self._broken[script.number] = text
            raise CodecBroken(text)
        self._in_child[script.number] = text
        return text

    def _taught(self, order: Order) -> tuple[int, str]:
        """The child's answer to a script; a second child is asked when the first one dies of it."""
        for _ in range(2):
            process = self._running()
            try:
                process.give(order, LOAD_S_MAX)
                return process.answer(LOAD_S_MAX)
            except Stuck:
                self._gone()
                return BROKEN, f"its script did not end within {LOAD_S_MAX:g} s"
            except Ended as error:
                self._gone()
                how = str(error)
        return BROKEN, f"its script ended the codecs' process: {how}"

    def _tell_once(self, path: Path, error: Exception, instead: str) -> None:
        if self._quarantine and self._told.get(path) != str(error):
            self._told[path] = str(error)
            self._journal.error("codec_unusable", codec=path, why=error, instead=instead)

    # -- what the child is asked ------------------------------------------------------------------------

    def _refused(self, codec: Path, script: Script) -> CodecAnswer | None:
        """The answer to a payload that is not even tried; None when it is, and the child knows the codec."""
        breaker = self._breakers.get(script.number)
        left_s = breaker.left_s(self._now()) if breaker else 0.0
        if breaker and left_s:
            return timed_out(
                f"the codec {codec.name} is quarantined for {left_s / 60:.0f} min more, or until its file"
                f" changes: {breaker.why}"
            )
        try:
            self._learnt(script)
        except CodecBroken as error:
            return unusable(f"the codec {codec.name} cannot be used: {error}")
        return None

    def _ask(
        self,
        payloads: Sequence[CodecPayload],
        scripts: Mapping[Path, Script | CodecAnswer],
        answers: list[CodecAnswer],
    ) -> None:
        """Have the next payloads answered, as many as the child knows the codecs of; at least one."""
        order = Order()
        for asked in payloads[len(answers) : len(answers) + PAYLOADS_AT_ONCE]:
            script = scripts.get(asked.codec)
            if not isinstance(script, Script) or script.number not in self._in_child:
                break
            if len(asked.payload) > PAYLOAD_BYTES_MAX or not 0 <= asked.f_port <= F_PORT_MAX:
                break
            order.decode.append((script.number, asked.f_port, asked.payload, asked.received_ms))
        process = self._running()
        number = order.decode[0][0]
        try:
            process.give(order, ANSWER_S_MAX)
            for number, *_ in order.decode:
                kind, text = process.answer(ANSWER_S_MAX)
                answers.append(meaning(kind, text))
                if kind == TOO_SLOW and self._strike(
                    payloads[len(answers) - 1], number, answers[-1].sentence
                ):
                    self._gone()  # what is left of the order must not be run
                    return
        except Stuck as error:
            self._gone()
            answers.append(timed_out(f"the codec was killed: {error}"))
            self._strike(payloads[len(answers) - 1], number, answers[-1].sentence)
        except Ended as error:
            self._gone()
            suspect = payloads[len(answers)]
            if self._suspect is not suspect:
                self._suspect = suspect  # it gets one more try
                return
            answers.append(failed(f"the codec ended its process: {error}"))
            self._strike(payloads[len(answers) - 1], number, answers[-1].sentence)

    def _strike(self, payload: CodecPayload, number: int, why: str) -> bool:
        """Note that a codec had to be stopped; whether it is quarantined now."""
        if not self._quarantine:
            return False
        breaker = self._breakers.setdefault(number, Breaker())
        if not breaker.strike(self._now(), why):
            return False
        self._journal.error(
            "codec_quarantined", codec=payload.codec, times=STRIKES_MAX, why=why,
            remedy="mend the file; its payloads are kept, and redecode runs them again",
        )  # fmt: skip
        return True

    # -- the child --------------------------------------------------------------------------------------

    def _running(self) -> Process:
        if self._closed:
            raise Unavailable("the codecs' process was ended")
        if self._process is None:
            self._process = Process()
        return self._process

    def _gone(self) -> None:
        """Begin with a new child next time."""
        if self._process is not None:
            self._process.close()
        self._process = None
        self._in_child.clear()
