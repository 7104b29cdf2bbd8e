"""Guards the table of modems: each name has a simulator, and each option belongs to a modem."""

from gateway.sources.serial_line.config import SerialLineSection
from gateway.sources.serial_line.modem import ModemSettings
from gateway.sources.serial_line.modems import MODEMS
from hil.simulators.modems import FIRMWARES


def test_every_modem_has_a_simulator_of_its_name() -> None:
    assert MODEMS.keys() == FIRMWARES.keys()


def test_every_option_is_a_key_of_the_section() -> None:
    for name, kind in MODEMS.items():
        assert kind.options <= SerialLineSection.model_fields.keys(), name


def test_every_modem_is_built_without_settings_and_says_only_what_its_kind_knows() -> None:
    for name, kind in MODEMS.items():
        modem = kind(ModemSettings())
        assert all(step.say for step in modem.steps()), name
        assert kind.baud in (9600, 57_600, 115_200), name
