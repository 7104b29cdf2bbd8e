"""Guards how steps are written and judged."""

from gateway.sources.serial_line.step import Step, answer, line


def test_a_command_ends_with_crlf() -> None:
    assert line("AT+PRECV=0") == b"AT+PRECV=0\r\n"


def test_an_answer_is_judged_by_how_it_begins() -> None:
    judge = answer(b"OK", b"Done", bad=(b"AT_", b"ERROR"))
    assert [judge(said) for said in (b"OK V3", b"Done", b"AT_ERROR", b"ERROR: 2", b"+EVT:OK")] == [
        True,
        True,
        False,
        False,
        None,
    ]


def test_a_step_is_called_by_its_name_or_its_text() -> None:
    judge = answer(b"OK", bad=(b"NO",))
    assert Step(say=b"AT\r\n", judge=judge).title == "AT"
    assert Step(say=b"\xc0\x08\xc0", judge=judge, name="DETECT").title == "DETECT"
