"""What `profile = "..."` of a device may say: a file of the operator's, or one that comes with the program."""

from importlib.resources import files
from pathlib import Path

from decoders.contract import Decoder
from decoders.normalise.profile import Profile
from decoders.normalise.profile_faults import ProfileRefused
from decoders.normalise.profile_file import profile_of
from gateway.config import toml_file
from gateway.config.device_files import is_file
from gateway.config.device_row import DeviceRow
from gateway.config.faults import Faults, did_you_mean
from gateway.errors import ConfigError

PROFILE_BYTES_MAX = 256 * 1024
"""A profile of every field a codec can have takes a twentieth of it."""

NOT_FOR_BUILT_IN = (
    "is for JavaScript codecs and network_server; other decoders name what they measure themselves."
    " Take it out"
)
RELATIVE = "A profile of your own is a path that ends in .toml, relative to the devices file"


def shipped() -> dict[str, Path]:
    """The profiles that come with the program, by name."""
    folder = Path(str(files("decoders"))) / "profiles"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


class Profiles:
    """Profiles by what devices call them; each is read once."""

    def __init__(self, base: Path, faults: Faults) -> None:
        """Paths are relative to `base`; what is wrong in a profile is noted in `faults`."""
        self._base = base
        self._faults = faults
        self._read: dict[str, Profile | None] = {}

    def named(self, text: str) -> Profile | None:
        """The profile that was read; None for "" and for one that cannot be used."""
        return self._read.get(text)

    def faults_of(self, row: DeviceRow, decoder: Decoder | None) -> list[tuple[str, str]]:
        """Read the row's profile; (key, remedy) of what is wrong with naming it there."""
        text = row.profile
        if not text or text in self._read:
            return []
        if decoder is not None or not row.decoder:
            return [("profile", NOT_FOR_BUILT_IN)]
        path = shipped().get(text)
        if "/" in text or text.endswith(".toml"):
            path = self._base / text.replace("\0", "")
            if not is_file(path):
                return [("profile", f"there is no profile at {path}; {RELATIVE}")]
        if path is None:
            return [("profile", f"no such profile; {did_you_mean(text, shipped())} {RELATIVE}")]
        self._read[text] = self._profile(path)
        return []

    def _profile(self, path: Path) -> Profile | None:
        try:
            return read_profile(path)
        except ConfigError as error:
            self._faults.found += [error, *error.others]
            error.others = ()
            return None


def read_profile(path: Path) -> Profile:
    """The profile of a file.

    Raises:
        ConfigError: it cannot be read, or says what cannot be meant; further faults are attached.
    """
    table, _ = toml_file.read(path, PROFILE_BYTES_MAX)
    try:
        return profile_of(table)
    except ProfileRefused as refused:
        faults = Faults()
        for fault in refused.faults:
            faults.add(path, fault.key, fault.value, fault.remedy)
        faults.raise_any()
        raise
