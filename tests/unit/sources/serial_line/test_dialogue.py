"""Guards the order of steps: answers, errors, other words, time-outs and silence, in a made-up time."""

from gateway.sources.serial_line.dialogue import Dialogue, End
from gateway.sources.serial_line.flash_budget import TURNS_MAX, FlashBudget
from gateway.sources.serial_line.step import TIMEOUT_S, Step, answer, line

OK = answer(b"OK", bad=(b"NO",))


def step(text: str, **extra: object) -> Step:
    return Step(say=line(text), judge=OK, **extra)  # type: ignore[arg-type]


def begun(*steps: Step, wait_s: float = 0.0) -> Dialogue:
    dialogue = Dialogue(FlashBudget())
    dialogue.begin(steps, 0.0, wait_s=wait_s)
    return dialogue


def test_each_step_waits_for_the_answer_to_the_one_before() -> None:
    dialogue = begun(step("A"), step("B"))
    assert dialogue.take_output() == b"A\r\n"
    assert not dialogue.hear(b"something else", 0.1)
    assert dialogue.take_output() == b""
    assert dialogue.hear(b"OK", 0.2)
    assert dialogue.take_output() == b"B\r\n"
    assert dialogue.running
    assert dialogue.take_end() is None
    assert dialogue.hear(b"OK", 0.3)
    assert dialogue.take_end() == End()
    assert dialogue.take_end() is None
    assert not dialogue.running
    assert dialogue.deadline is None


def test_the_first_step_may_have_to_wait() -> None:
    dialogue = begun(step("A"), wait_s=2.0)
    assert dialogue.running
    assert not dialogue.hear(b"OK", 1.0)
    dialogue.wake(1.9)
    assert dialogue.take_output() == b""
    dialogue.wake(2.0)
    assert dialogue.take_output() == b"A\r\n"


def test_a_step_without_an_answer_is_said_once_more_and_then_complained_about() -> None:
    dialogue = begun(step("A"), step("B", remedy="look"), step("C"))
    dialogue.hear(b"OK", 0.0)
    dialogue.take_output()
    dialogue.wake(TIMEOUT_S - 0.1)
    assert dialogue.take_output() == b""
    dialogue.wake(TIMEOUT_S)
    assert dialogue.take_output() == b"B\r\n"
    dialogue.wake(2 * TIMEOUT_S)
    assert dialogue.take_output() == b"C\r\n"
    dialogue.hear(b"OK", 2 * TIMEOUT_S)
    assert dialogue.take_end() == End(complaint='it does not answer "B"; look')


def test_nothing_at_all_is_silence_and_the_rest_is_not_said() -> None:
    dialogue = begun(step("A"), step("B"))
    dialogue.wake(TIMEOUT_S)
    dialogue.take_output()
    dialogue.wake(2 * TIMEOUT_S)
    assert dialogue.take_output() == b""
    assert dialogue.take_end() == End(silent=True)


def test_an_error_is_remembered_and_the_rest_is_said() -> None:
    dialogue = begun(step("A", remedy="mend A"), step("B", remedy="mend B"), step("C"))
    for said in (b"NO 1", b"NO 2", b"OK"):
        dialogue.hear(said, 0.0)
    assert dialogue.take_end() == End(complaint='it answers "NO 1" to "A"; mend A')


def test_an_error_may_have_another_word_to_try() -> None:
    dialogue = begun(step("A", instead=step("A2")), step("B"))
    dialogue.take_output()
    dialogue.hear(b"NO", 0.0)
    assert dialogue.take_output() == b"A2\r\n"
    dialogue.hear(b"OK", 0.0)
    dialogue.hear(b"OK", 0.0)
    assert dialogue.take_end() == End()


def test_another_word_is_also_tried_when_no_answer_comes() -> None:
    dialogue = begun(step("A", instead=step("A2", required=False)))
    dialogue.wake(TIMEOUT_S)
    dialogue.wake(2 * TIMEOUT_S)
    assert dialogue.take_output() == b"A\r\nA\r\nA2\r\n"


def test_a_step_that_is_not_required_may_fail_in_any_way() -> None:
    dialogue = begun(step("A", required=False), step("B", required=False), step("C"))
    dialogue.wake(TIMEOUT_S)
    dialogue.wake(2 * TIMEOUT_S)
    dialogue.hear(b"NO", 5.0)
    dialogue.hear(b"OK", 5.0)
    assert dialogue.take_end() == End()


def test_a_new_run_takes_the_place_of_the_old_one() -> None:
    dialogue = begun(step("A", reboots=True), step("B"))
    assert dialogue.reboot_expected
    dialogue.begin([step("C")], 1.0)
    assert dialogue.take_output() == b"C\r\n"
    assert not dialogue.reboot_expected
    dialogue.hear(b"OK", 1.0)
    assert dialogue.take_end() == End()


def test_a_run_without_steps_is_over_at_once() -> None:
    assert begun().take_end() == End()


def test_nothing_is_an_answer_when_nothing_was_said() -> None:
    assert not Dialogue(FlashBudget()).hear(b"OK", 0.0)


def test_a_strange_answer_is_shown_in_hex_and_a_long_one_cut() -> None:
    for said, shown in ((b"NO\x90\x01", "4e 4f 90 01"), (b"NO" + b"x" * 100, "NO" + "x" * 58)):
        dialogue = begun(step("A", remedy="look"))
        dialogue.hear(said, 0.0)
        assert dialogue.take_end() == End(complaint=f'it answers "{shown}" to "A"; look')


def test_steps_that_go_to_flash_are_left_out_when_there_is_no_turn() -> None:
    flash = FlashBudget()
    for _ in range(TURNS_MAX):
        flash.take(0.0)
    dialogue = Dialogue(flash)
    dialogue.begin([step("A"), step("B", stored=True), step("C", stored=True), step("D")], 0.0)
    dialogue.hear(b"OK", 0.0)
    dialogue.hear(b"OK", 0.0)
    assert dialogue.take_output() == b"A\r\nD\r\n"
    assert dialogue.take_end() == End(put_off=True)


def test_a_run_takes_one_turn_and_only_when_it_comes_to_such_a_step() -> None:
    flash = FlashBudget()
    dialogue = Dialogue(flash)
    dialogue.begin([step("A"), step("B", stored=True), step("C", stored=True)], 0.0)
    dialogue.wake(TIMEOUT_S)
    dialogue.wake(2 * TIMEOUT_S)
    assert dialogue.take_end() == End(silent=True)
    dialogue.begin([step("A"), step("B", stored=True), step("C", stored=True)], 10.0)
    for _ in range(3):
        dialogue.hear(b"OK", 10.0)
    assert dialogue.take_end() == End()
    assert [flash.take(10.0) for _ in range(TURNS_MAX)] == [True] * (TURNS_MAX - 1) + [False]
