"""Guards docs/codec-output.md: its example reads as it says, and its list of profiles is complete."""

import json
import re
from pathlib import Path

from decoders.normalise import Normaliser
from decoders.normalise.profile_file import parse_profile

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "codec-output.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_followed_literally_gives_what_the_page_says() -> None:
    given, wanted = map(json.loads, blocks("json"))
    profile = parse_profile(blocks("toml")[0])
    found = Normaliser(profile, "sensor").readings(given)
    assert dict(found.readings[0].fields) == wanted
    assert [dropped.path for dropped in found.dropped] == ["raw"]


def test_the_rows_of_the_first_table_read_as_they_say() -> None:
    rows = re.findall(r"^\| `(\"\w+\": [^.|]+?)` \| `(\w+)` (true|[\d.]+) ", PAGE, re.MULTILINE)
    rows += re.findall(r"^\| `(\"\w+\": [\d.]+)` \| `(\w+)` (true|[\d.]+) ", PAGE, re.MULTILINE)
    assert len(rows) >= 5
    for given, name, value in rows:
        (reading,) = Normaliser(None, "sensor").readings(json.loads(f"{{{given}}}")).readings
        assert dict(reading.fields) == {name: json.loads(value)}, given


def test_every_profile_that_comes_with_the_program_is_on_the_page() -> None:
    names = {path.stem for path in (ROOT / "decoders" / "profiles").glob("*.toml")}
    table = PAGE.partition("## Profiles that come")[2].partition("\n## ")[0]
    assert names == set(re.findall(r"`([a-z0-9_-]+)`", "\n".join(
        row.split("|")[1] for row in table.splitlines() if row.startswith("| `")
    )))  # fmt: skip
