"""The devices file: every `[[device]]` checked by itself, then against the others.

Measured: 5,000 devices load in 0.35 s, more than half of it in the TOML parser.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from decoders.contract import Decoder
from decoders.refusals import ports_text
from gateway.config import key_file, toml_file
from gateway.config.decoder_choice import Choice, choose
from gateway.config.device_row import DeviceRow
from gateway.config.device_rules import combination_faults
from gateway.config.faults import Faults, did_you_mean, dotted, shown
from gateway.config.identities import Identities
from gateway.config.profile_choice import Profiles
from gateway.config.tag_rules import fields_of, name_fault, value_fault
from gateway.device import KEY_NAMES, Device, DeviceKeys
from gateway.errors import ConfigError


class Loaded(NamedTuple):
    """What the devices file and the keys file gave."""

    devices: tuple[Device, ...]
    keys_left: tuple[str, ...]
    """Names or dev_euis of the keys file that no device has."""


def load(
    path: Path, keys_path: Path | None, sources: Iterable[str] | None, faults: Faults
) -> Loaded:
    """Read the devices; what is wrong is noted, and then the result is not to be used.

    `sources` are the names that plain LoRa devices may refer to, None when they could not be read.

    Raises:
        ConfigError: a file cannot be read, or is not TOML.
    """
    document, mode = toml_file.read(path, key_file.BYTES_MAX)
    keys_path = _keys_path(document, path, keys_path, faults)
    ring = key_file.load(keys_path, faults) if keys_path else key_file.KeyRing()
    tables = key_file.tables(document, path, frozenset({"keys_file"}), faults)
    if any(not table.keys().isdisjoint(KEY_NAMES) for table in tables):
        fault = key_file.mode_fault(path, mode, key_file.MODE_OF_DEVICES_FILE)
        if fault:
            faults.add(path, "file", None, f"{fault}, or move the keys to a keys_file of mode 0600")
    reader = Reader(path, ring, sources, faults)
    devices = [reader.read(f"device[{index}]", table) for index, table in enumerate(tables)]
    return Loaded(tuple(filter(None, devices)), tuple(ring.left()))


def _keys_path(
    document: Mapping[str, Any], path: Path, from_gateway: Path | None, faults: Faults
) -> Path | None:
    named = document.get("keys_file")
    if named is None:
        return from_gateway
    if not isinstance(named, str) or not named or "\0" in named:
        faults.add(
            path, "keys_file", None, "write it as a path in quotes, above the first [[device]]"
        )
        return None
    if from_gateway is not None:
        faults.add(path, "keys_file", named, "is also given in [gateway]; take one of the two out")
    return path.parent / named


class Reader:
    """Turns tables into devices one by one, and knows what they share."""

    def __init__(
        self, path: Path, ring: key_file.KeyRing, sources: Iterable[str] | None, faults: Faults
    ) -> None:
        self._path = path
        self._ring = ring
        self._sources = None if sources is None else frozenset(sources)
        self._faults = faults
        self._identities = Identities()
        self._choices: dict[str, Choice] = {}
        self._profiles = Profiles(path.parent, faults)
        self._fields: dict[str, frozenset[str]] = {}
        self._tags: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}

    def read(self, place: str, table: Mapping[str, Any]) -> Device | None:
        """The device of one table; None when a key by itself is wrong."""
        try:
            row = DeviceRow.model_validate(table)
        except ValidationError as invalid:
            whose = _whose(table.get("name"))
            self._faults.add_all(self._path, place, invalid, DeviceRow, whose)
            return None
        found: list[tuple[str, str]] = []
        keys = self._keys(row, found)
        found += combination_faults(row, keys)
        choice = self._choice(row, found)
        found += self._source_faults(row, choice.decoder)
        found += self._tag_faults(row, choice.decoder)
        found += self._profiles.faults_of(row, choice.built_in)
        device = self._device(row, keys, choice)
        found += self._identities.add(device, place)
        for key, remedy in found:
            value = (
                getattr(row, key, None) if key in ("source", "decoder", "name", "profile") else None
            )
            self._faults.add(self._path, f"{place}.{key}", value, remedy + _whose(row.name))
        return device

    def _keys(self, row: DeviceRow, found: list[tuple[str, str]]) -> DeviceKeys:
        """The keys of the row itself and of its row in the keys file."""
        own = row.keys()
        apart = self._ring.take(row.name, row.dev_eui)
        if apart is None:
            return own
        if apart.name and apart.dev_eui and apart.dev_eui != row.dev_eui:
            found.append(("dev_eui", "is not the one that the keys file has for this name"))
        both = [key for key in KEY_NAMES if getattr(own, key) and getattr(apart, key)]
        found += [(key, "is in the keys file too; take one of the two out") for key in both]
        given = {key: getattr(own, key) or getattr(apart, key) for key in KEY_NAMES}
        return DeviceKeys(**given)

    def _choice(self, row: DeviceRow, found: list[tuple[str, str]]) -> Choice:
        """The row's decoder, looked for once per name."""
        choice = self._choices.get(row.decoder)
        if choice is None:
            try:
                choice = self._choices[row.decoder] = choose(row.decoder, self._path.parent)
            except ValueError as error:
                found.append(("decoder", str(error)))
                return Choice()
            except ConfigError as error:  # a register map: its faults name its own file
                self._faults.found += [error, *error.others]
                self._choices[row.decoder] = choice = Choice()
        return choice

    def _source_faults(self, row: DeviceRow, decoder: Decoder | None) -> list[tuple[str, str]]:
        """Plain LoRa: whether the source exists, and whether the decoder can be told a port."""
        found: list[tuple[str, str]] = []
        if not row.source:
            return found
        if self._sources is not None and row.source not in self._sources:
            found.append(
                ("source", "no source has this name; " + did_you_mean(row.source, self._sources))
            )
        if decoder is not None and row.f_port not in decoder.f_ports:
            ports = ports_text(decoder.f_ports)
            found.append(("f_port", f"write the port that {decoder.name} shall be told: {ports}"))
        return found

    def _tag_faults(self, row: DeviceRow, decoder: Decoder | None) -> list[tuple[str, str]]:
        fields = self._fields.get(row.decoder)
        if fields is None:
            fields = self._fields[row.decoder] = fields_of([decoder] if decoder else [])
        found = []
        for name, value in row.tags.items():
            fault = name_fault(name, fields) or value_fault(value)
            if fault:
                found.append((dotted("tags", [name[:64]]), fault))
        return found

    def _device(self, row: DeviceRow, keys: DeviceKeys, choice: Choice) -> Device:
        """The row as a value; equal tags of many devices are one object."""
        tags = tuple(sorted(row.tags.items()))
        return Device(
            name=row.name,
            dev_eui=row.dev_eui,
            decoder=choice.decoder.name if choice.decoder else row.decoder,
            register_map=choice.register_map,
            codec_path=choice.codec_path,
            dev_addr=row.dev_addr,
            join_eui=row.join_eui,
            keys=keys,
            tags=self._tags.setdefault(tags, tags),
            measurement=row.measurement,
            profile=self._profiles.named(row.profile),
            expect_every_s=row.expect_every,
            f_cnt_reset=row.f_cnt_reset,
            source=row.source,
            address=row.address,
            payload_prefix=row.payload_prefix,
            f_port=row.f_port,
        )


def _whose(name: object) -> str:
    """The device's name after a fault's sentence: its place in a long file is hard to count."""
    name = shown("name", name)
    return f' (device "{name}")' if isinstance(name, str) else ""
