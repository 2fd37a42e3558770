"""The medicines: ``data/medicines.yml``, read once and checked, each fault named by file and line.

Spelling, the reading of a message, red flags, cautions and answers ask here what a medicine is called and
what it is.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.content.yaml_file import fault_line, read_yaml
from bot.errors import ConfigError
from bot.settings import ROOT

FILE = ROOT / "data" / "medicines.yml"

MedicineClass = Literal[
    "dopamine_agonist", "levodopa", "gabapentinoid", "opioid", "iron_oral", "iron_iv",
    "antidepressant_ssri", "antidepressant_snri", "antidepressant_tricyclic", "antidepressant_mirtazapine",
    "antidepressant_bupropion", "antidepressant_trazodone", "antidepressant_other",
    "antihistamine_sedating", "antihistamine_nonsedating", "antinausea_dopamine_blocker", "antinausea_other",
    "antipsychotic", "benzodiazepine", "z_drug", "sleep_aid_rx", "sleep_aid_otc", "anticonvulsant",
    "beta_blocker", "calcium_channel_blocker", "diuretic", "other_bp", "statin", "thyroid", "stimulant",
    "hormone", "steroid", "anticoagulant", "painkiller_simple", "nsaid", "muscle_relaxant", "cannabis",
    "supplement", "quinine", "antibiotic", "acid_blocker", "diabetes", "other",
]  # fmt: skip
CLASSES: tuple[str, ...] = get_args(MedicineClass)
#: Stands in ``class_words`` for every class whose name begins with ``antidepressant_``.
ANY_ANTIDEPRESSANT = "any_antidepressant"
_NO_WORD = re.compile(r"[^a-z0-9']+")


class Medicine(BaseModel):
    """One row: a medicine, or a product of several. The file's head explains each field.

    Args:
        short: how it is called in one word or two; the name where nothing else is given.
        topic: the answer that tells more of it, where it is not that of its class.
        place: where the row stands, as ``file:line``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    name: str = Field(min_length=1)
    kind: MedicineClass = Field(alias="class")
    short: str = ""
    brands: list[str] = []
    brands_elsewhere: list[str] = []
    also_called: list[str] = []
    heard_as: list[str] = []
    rls: Literal["worsens", "may_worsen", "helps_guideline", "helps_some", "not_linked", "unknown"]
    how_sure: Literal["guideline", "trials", "cases", "label", "none"]
    direction: str = Field(min_length=1)
    do_not_stop_suddenly: Literal["yes", "no", "ask"]
    why: str = ""
    slows_breathing: bool
    drowsy_driving: bool
    with_iron: str = ""
    pregnancy_note: Literal["ask", "avoid_label"] | None = None
    claims: list[int] = []
    source: str = ""
    topic: str = ""
    mark: Literal["seen", "2nd", "mem"]
    state: Literal["draft", "approved"]
    approved_by: str | None = None
    needs_clinician_check: list[Literal["direction", "why", "with_iron"]] = []
    place: str

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.do_not_stop_suddenly == "yes" and not self.why:
            raise ValueError("say in 'why' what may happen when it is stopped suddenly")
        if self.state == "approved" and not self.approved_by:
            raise ValueError("approved, but approved_by is missing")
        if self.mark != "seen" and self.state == "draft" and "direction" not in self.needs_clinician_check:
            raise ValueError("needs_clinician_check must name 'direction', as it was not seen in a source")
        return self

    @property
    def called(self) -> str:
        """The plain name: ``levodopa`` for ``carbidopa/levodopa``."""
        return self.short or self.name

    @property
    def right_names(self) -> list[str]:
        """All spellings that are right: the name, brands and other names."""
        return [self.name, *self.brands, *self.also_called]


class _File(BaseModel):
    """The file beside its rows."""

    model_config = ConfigDict(extra="forbid")
    class_words: dict[MedicineClass | Literal["any_antidepressant"], list[str]]
    class_topics: dict[MedicineClass, str]
    only_beside_medicine_words: list[str]
    medicine_words: list[str]
    words_before_a_medicine: list[str]
    medicines: list[Any]


def plain(spelling: str) -> str:
    """A spelling as it is looked up: lower case, one space for whatever stands between words ("St John's
    wort")."""
    return _NO_WORD.sub(" ", spelling.lower().replace("’", "'")).strip()


class Medicines:
    """All rows, and which of them a spelling means.

    Args:
        rows: the medicines in the order of the file.
        class_words: words used instead of a name, singular and plural, to the classes that they may mean.
        ambiguous: spellings that are also ordinary words.
        medicine_words, words_before: words by which a message speaks of medicines: anywhere in it, and right
            before a name.
    """

    def __init__(self, rows: list[Medicine], file: _File) -> None:
        self.rows = tuple(rows)
        self.ambiguous = frozenset(map(plain, file.only_beside_medicine_words))
        self.medicine_words = frozenset(file.medicine_words)
        self.words_before = frozenset(file.words_before_a_medicine)
        self.class_topics = dict(file.class_topics)
        self._named: dict[str, list[Medicine]] = {}
        self._heard: dict[str, list[Medicine]] = {}
        for row in rows:
            for spelling in map(plain, (*row.right_names, *row.brands_elsewhere)):
                if row not in self._named.setdefault(spelling, []):
                    self._named[spelling].append(row)
        for row in rows:
            for spelling in map(plain, row.heard_as):
                if spelling not in self._named:
                    self._heard.setdefault(spelling, []).append(row)
        self.class_words: dict[str, tuple[str, ...]] = {}
        for kind, words in file.class_words.items():
            kinds = (
                tuple(name for name in CLASSES if name.startswith("antidepressant_"))
                if kind == ANY_ANTIDEPRESSANT
                else (kind,)
            )
            for word in words:
                for form in (plain(word), plain(word) + "s"):
                    self.class_words[form] = tuple(dict.fromkeys((*self.class_words.get(form, ()), *kinds)))

    def by_spelling(self, spelling: str) -> tuple[Medicine, ...]:
        """The rows that a spelling, right or wrong, means; several where a brand means another medicine
        elsewhere."""
        key = plain(spelling)
        return tuple(self._named.get(key) or self._heard.get(key) or ())

    def by_class_word(self, word: str) -> tuple[str, ...]:
        """The classes that a word used instead of a name means ("water tablet"), or nothing."""
        return self.class_words.get(plain(word), ())

    @property
    def right_names(self) -> frozenset[str]:
        """All right spellings, as ``plain`` writes them."""
        return frozenset(self._named)

    @property
    def heard_as(self) -> dict[str, Medicine]:
        """Spellings that are wrong, as ``plain`` writes them, and what is meant; none that could mean two
        medicines."""
        return {spelling: rows[0] for spelling, rows in self._heard.items() if len(rows) == 1}

    def of_class(self, *kinds: str) -> tuple[Medicine, ...]:
        """The rows of some classes."""
        return tuple(row for row in self.rows if row.kind in kinds)


def load_medicines(path: Path) -> Medicines:
    """Read and check a file of medicines.

    Raises:
        ConfigError: lists every fault found, each as ``file:line: name: what is wrong``.
    """
    faults: list[str] = []
    rows: list[Medicine] = []
    file = _read_file(path, faults, rows)
    if file:
        _check_spellings(rows, file, path.name, faults)
    if faults or file is None:
        raise ConfigError("The medicines have faults:\n  " + "\n  ".join(faults))
    return Medicines(rows, file)


def _read_file(path: Path, faults: list[str], rows: list[Medicine]) -> _File | None:
    """What stands in the file; rows that can be read are put into ``rows``."""
    read = read_yaml(path, faults)
    if read is None:
        return None
    root, raw = read
    if not isinstance(root, yaml.MappingNode) or not isinstance(raw, dict):
        faults.append(f"{path.name}:1: this file must be names with fields")
        return None
    try:
        file = _File.model_validate(raw)
    except ValidationError as error:
        faults += [fault_line(path, root, "", problem) for problem in error.errors()]
        return None
    (listed,) = (value for key, value in root.value if key.value == "medicines")
    for node, fields in zip(listed.value, file.medicines, strict=True):
        place = f"{path.name}:{node.start_mark.line + 1}"
        if not isinstance(fields, dict):
            faults.append(f"{place}: a medicine must be names with fields")
            continue
        try:
            rows.append(Medicine.model_validate({**fields, "place": place}))
        except ValidationError as error:
            faults += [
                fault_line(path, node, str(fields.get("name", "?")), problem) for problem in error.errors()
            ]
    return file


def _check_spellings(rows: list[Medicine], file: _File, name: str, faults: list[str]) -> None:
    """A name or brand belongs to one row, a wrong spelling to no other row's names."""
    brands: dict[str, Medicine] = {}
    for row in rows:
        for spelling in {plain(row.name), *map(plain, row.brands)}:
            other = brands.setdefault(spelling, row)
            if other is not row:
                faults.append(f"{row.place}: {row.name}: '{spelling}' stands already at {other.place}")
    for row in rows:
        faults += [
            f"{row.place}: {row.name}: heard as '{spelling}', which is {brands[plain(spelling)].name} at "
            f"{brands[plain(spelling)].place}"
            for spelling in row.heard_as
            if plain(spelling) in brands and brands[plain(spelling)] is not row
        ]
    known = set(brands) | {plain(word) for row in rows for word in (*row.heard_as, *row.also_called)}
    faults += [
        f"{name}:1: only_beside_medicine_words: no medicine is spelt '{word}'"
        for word in file.only_beside_medicine_words
        if plain(word) not in known
    ]


@cache
def medicines() -> Medicines:
    """The medicines of this installation."""
    return load_medicines(FILE)
