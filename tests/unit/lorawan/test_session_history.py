"""Guards the judgement of a session over random histories, against a model that is nothing but dicts."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.errors import Refused
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import SessionKeys10

KEYS = SessionKeys10(nwk_s_key=b"N" * 16, app_s_key=b"A" * 16)


def new_session() -> Session:
    return Session(device="aq-1", dev_addr="260b1a2c", keys=KEYS)


def mic(f_cnt: int, run: int) -> bytes:
    return bytes([run]) + f_cnt.to_bytes(4, "big")[1:]


class HistoryAgainstDicts(RuleBasedStateMachine):
    """The model: MICs by counter, and the run of refused frames as a list; one device that refuses resets."""

    @initialize(start=st.sampled_from([0, 3, 4095, 4096, 65_530, 10**6]))
    def start(self, start: int) -> None:
        self.session = new_session()
        self.heard: dict[int, bytes] = {}
        self.run: list[tuple[int, bytes]] = []
        self.lost = 0
        self.sends(start, 0)

    def sends(self, f_cnt: int, run: int) -> None:
        code = mic(f_cnt, run)
        wanted = self.judged(f_cnt, code)
        try:
            admission = self.session.admit(f_cnt, code)
        except Refused as refused:
            outcome = refused.reason
        else:
            outcome = admission.outcome
            self.lost += admission.lost
        assert outcome == wanted

    def judged(self, f_cnt: int, code: bytes) -> str:
        newest = max(self.heard, default=-1)
        if f_cnt > newest:
            self.run = []
            self.heard[f_cnt] = code
            return "uplink"
        if f_cnt > newest - 4096:
            if f_cnt not in self.heard:
                self.heard[f_cnt] = code
                return "late"
            if self.heard[f_cnt] == code:
                return "repeated"
            reason = "f_cnt_conflict"
        else:
            reason = "replayed"
        if (f_cnt, code) not in self.run:
            if self.run and f_cnt <= self.run[-1][0]:
                self.run = []
            self.run.append((f_cnt, code))
        third_on = self.run.index((f_cnt, code)) >= 2
        return "f_cnt_reset" if third_on else reason

    @rule(step=st.sampled_from([1, 1, 1, 2, 7, 300, 4095, 4096, 5000]))
    def goes_on(self, step: int) -> None:
        self.sends(max(self.heard) + step, 0)

    @rule(back=st.sampled_from([0, 1, 2, 5, 299, 4095, 4096, 4097, 9000]), run=st.integers(0, 1))
    def behind(self, back: int, run: int) -> None:
        self.sends(max(max(self.heard) - back, 0), run)

    @rule(start=st.integers(0, 3), frames=st.integers(1, 5))
    def begins_again(self, start: int, frames: int) -> None:
        for f_cnt in range(start, start + frames):
            self.sends(f_cnt, 1)

    @rule()
    def restarts(self) -> None:
        again = new_session()
        again.restore(self.session.snapshot())
        self.session, self.run = again, []

    @invariant()
    def counts_what_is_missing(self) -> None:
        if hasattr(self, "heard"):
            assert self.session.newest == max(self.heard)
            span = max(self.heard) - min(self.heard) + 1
            assert self.lost == span - len(self.heard)


TestHistoryAgainstDicts = HistoryAgainstDicts.TestCase
TestHistoryAgainstDicts.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, derandomize=True
)
