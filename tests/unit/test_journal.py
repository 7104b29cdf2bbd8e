"""Log lines as event and pairs: one line each, values readable and told apart whatever they hold."""

import json
import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.journal import Journal


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO", "lora_gateway")
    return caplog


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"), (5, "5"), (-2.5, "-2.5"), (None, "None"), ("a/b:1", "a/b:1"),
        ("two words", '"two words"'), ("", '""'), ('say "x"', '"say \\"x\\""'),
        ("a\nb", '"a\\nb"'), ("k=v", '"k=v"'), ("\x1b[31m", '"\\u001b[31m"'), ("เมือง", '"เมือง"'),
    ],
)  # fmt: skip
def test_values_are_quoted_where_they_could_be_misread(
    log: pytest.LogCaptureFixture, value: object, shown: str
) -> None:
    Journal("x").info("event", key=value)
    assert log.records[0].message == f"event key={shown}"


def test_an_event_has_its_level_and_logger_and_the_pairs_their_order(
    log: pytest.LogCaptureFixture,
) -> None:
    journal = Journal("store")
    journal.info("sealed", rows=5, blocks=2)
    journal.warning("slow")
    journal.error("damaged", path="/var/lib/store.db")
    assert [(one.name, one.levelname, one.message) for one in log.records] == [
        ("lora_gateway.store", "INFO", "sealed rows=5 blocks=2"),
        ("lora_gateway.store", "WARNING", "slow"),
        ("lora_gateway.store", "ERROR", "damaged path=/var/lib/store.db"),
    ]


def test_what_is_below_the_level_is_not_even_written_out(log: pytest.LogCaptureFixture) -> None:
    class Costly:
        def __str__(self) -> str:
            raise AssertionError("rendered for nobody")

    log.set_level("WARNING", "lora_gateway")
    Journal("x").info("event", value=Costly())
    assert log.records == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_any_text_is_one_line_and_can_be_read_back(
    log: pytest.LogCaptureFixture, text: str
) -> None:
    log.clear()
    Journal("x").info("event", key=text)
    _, _, shown = log.records[0].message.partition("key=")
    assert "\n" not in shown
    assert "\r" not in shown
    read = json.loads(shown) if shown.startswith('"') else shown
    assert read == text
    assert shown.startswith('"') or shlex.split(shown, posix=False) == [shown]
