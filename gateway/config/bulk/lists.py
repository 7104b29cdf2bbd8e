"""A list of devices in any of the known forms: which one it is, and what it says. Pure."""

from enum import StrEnum

from gateway.config.bulk import (
    chirpstack_csv,
    plain_csv,
    qr_code,
    things_stack_csv,
    things_stack_json,
)
from gateway.config.bulk.proposal import Parsed
from gateway.config.bulk.table import read_table

ROWS_MAX = 100_000
"""Devices in one list."""


class Form(StrEnum):
    """What a list can be."""

    AUTO = "auto"
    CHIRPSTACK = "chirpstack"
    TTS = "tts"
    PLAIN = "plain"
    QR = "qr"


def parse(text: str, form: Form = Form.AUTO) -> Parsed:
    """Everything that a list says.

    Raises:
        ValueError: it is none of that form; the message says why.
    """
    parsed = _parsed(text, form)
    if len(parsed.proposals) > ROWS_MAX:
        raise ValueError(f"has more than {ROWS_MAX:,} devices; cut it into parts")
    return parsed


def _parsed(text: str, form: Form) -> Parsed:
    if form == Form.QR or (form == Form.AUTO and qr_code.is_it(text)):
        return qr_code.parse(text)
    if form in (Form.AUTO, Form.TTS) and things_stack_json.is_it(text):
        return things_stack_json.parse(text)
    table = read_table(text)
    if form == Form.TTS or (form == Form.AUTO and things_stack_csv.is_it(table)):
        return things_stack_csv.parse(table)
    if form == Form.CHIRPSTACK or (form == Form.AUTO and chirpstack_csv.is_it(table)):
        return chirpstack_csv.parse(table)
    return plain_csv.parse(table)


def decoded(raw: bytes) -> str:
    """The text of a file as editors and spreadsheets save it.

    Raises:
        ValueError: it is neither UTF-8 nor UTF-16 with its mark.
    """
    try:
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return raw.decode("utf-16")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line}: is not UTF-8; save the list as CSV in UTF-8") from error
