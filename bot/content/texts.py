"""Sentences that patients or staff read, kept out of the code: ``data/texts/<language>/*.yml``.

Each file holds sections (``staff:``), each section names with texts, nested as deep as helps. A text is asked
for by its whole name, ``text("staff.refused.gone")``, so a search for the name finds both where it is written
and where it is said. ``{name}`` in a text is filled in by the caller; ``{clinic_name}`` and the like, if the
caller does not, by the clinic's file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.content.clinic import clinic
from bot.errors import ConfigError
from bot.settings import ROOT

FOLDER = ROOT / "data" / "texts"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLACE = re.compile(r"\{([a-z_]+)\}")
_STRING = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Text:
    """One text with the file and line where it is written."""

    words: str
    file: str
    line: int

    @property
    def places(self) -> frozenset[str]:
        """The names in braces that are to be filled in."""
        return frozenset(_PLACE.findall(self.words))


def text(name: str, /, *, language: str = "en", **values: object) -> str:
    """The text of a name, with what stands in braces filled in.

    Args:
        name: such as ``staff.refused.gone``.
        language: a folder of ``data/texts``.
        values: for the names in braces. A value is put in as it is: braces in it are never filled in again.

    Raises:
        ConfigError: there is no such text, or a name in braces has no value.
    """
    found = texts(language).get(name)
    if found is None:
        raise ConfigError(f"data/texts/{language}: there is no text named {name}")

    def fill(place: re.Match[str]) -> str:
        key = place[1]
        if key in values:
            return str(values[key])
        filled = clinic().placeholders.get(key)
        if filled is None:
            raise ConfigError(f"{found.file}:{found.line}: {name}: nothing was given for {{{key}}}")
        return filled

    return _PLACE.sub(fill, found.words)


def table(name: str, *, language: str = "en") -> dict[str, str]:
    """The texts right below a name, in the file's order, as they are written:
    ``table("staff.modes")["waiting"]``.

    Raises:
        ConfigError: there is nothing below that name.
    """
    found = _tables(language).get(name)
    if found is None:
        raise ConfigError(f"data/texts/{language}: there are no texts below {name}")
    return dict(found)


@cache
def _tables(language: str) -> dict[str, dict[str, str]]:
    """All texts by the name above them, then by their own: a list of the console asks a thousand times."""
    made: dict[str, dict[str, str]] = {}
    for key, entry in texts(language).items():
        above, _, own = key.rpartition(".")
        made.setdefault(above, {})[own] = entry.words
    return made


@cache
def texts(language: str = "en") -> dict[str, Text]:
    """All texts of a language, by name; read once."""
    return load_texts(FOLDER / language)


def load_texts(folder: Path) -> dict[str, Text]:
    """Read and check every file of a folder; returns the texts by their whole name, in the files' order.

    Raises:
        ConfigError: a file is missing, cannot be read, or is wrong; the message has a line for each fault,
            with file, line and name.
    """
    made: dict[str, Text] = {}
    faults: list[str] = []
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise ConfigError(f"{folder}: there are no texts (files ending in .yml)")
    for path in paths:
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            mark = getattr(error, "problem_mark", None)
            faults.append(f"{path.name}:{mark.line + 1 if mark else 1}: cannot be read: {error}")
            continue
        if isinstance(root, yaml.MappingNode):
            _gather(root, path.name, "", made, faults)
        else:
            faults.append(f"{path.name}:1: this file must be sections with names and texts")
    if faults:
        raise ConfigError("The texts have faults:\n  " + "\n  ".join(faults))
    return made


def _gather(node: yaml.MappingNode, file: str, above: str, made: dict[str, Text], faults: list[str]) -> None:
    """Add the texts of a section, and of the sections in it, to ``made``; what is wrong with them to
    ``faults``."""
    here: set[str] = set()
    for key, value in node.value:
        name, line = f"{above}{key.value}", key.start_mark.line + 1
        if key.value in here or name in made:
            faults.append(f"{file}:{line}: {name}: stands here a second time")
        elif not re.fullmatch(r"[A-Za-z0-9_]+", key.value):
            faults.append(f"{file}:{line}: {name}: a name is letters, digits and underscores")
        elif isinstance(value, yaml.MappingNode):
            _gather(value, file, f"{name}.", made, faults)
        elif isinstance(value, yaml.ScalarNode) and value.tag == _STRING and value.value.strip():
            made[name] = Text(value.value.strip(), file, line)
        else:
            faults.append(
                f"{file}:{line}: {name}: write a text here (in quotes, if it is a number or yes or no)"
            )
        here.add(key.value)
