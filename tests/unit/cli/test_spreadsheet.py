"""Guards that no text from outside becomes a formula in somebody's spreadsheet."""

import csv
import io

import pytest

from gateway.cli import spreadsheet


def test_texts_that_would_run_are_told_as_texts(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"], [-1.5, True, None, "plain", "a=b", 0]]
    spreadsheet.write(["a", "b", "c", "d", "e", "f"], rows)
    read = list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))
    assert read[1] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1"]
    assert read[2] == ["-1.5", "true", "", "plain", "a=b", "0"]
