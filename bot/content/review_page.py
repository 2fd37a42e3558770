"""``python -m bot answers``: every reviewed text on one page, for a clinician to read, print and sign.

The page is one HTML file that needs nothing else. What it shows is what patients see: the clinic's data stand
filled in, marked, so that the reader can tell them from the reviewed words.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot.content.answers import TEACHING, Answer, Answers, Caution, answers
from bot.content.clinic import Clinic, clinic
from bot.settings import settings

HEADINGS = {
    "causes": "What it is and where it comes from",
    "iron": "Iron",
    "treatment": "Treatment",
    "lifestyle": "Everyday steps",
    "care": "Getting care",
    "cautions": "Cautions for special situations",
    "red_flags": "Red flags",
    "self_check": "The five-question self-check",
    "booking": "Asking for an appointment",
    "conversation": "The conversation itself",
}
NOTES = {
    "cautions": "Added to an answer that names the situation, once the patient has told us of it.",
    "red_flags": "Sent before anything else when the rules recognize a red flag. The rules stand in bot/safety.",
    "self_check": "The five things that clinicians look for, asked one at a time. It never ends in a diagnosis.",
    "booking": "Nothing medical stands here.",
    "conversation": "Greetings, honest limits and the lines of the flows. Where a line has several wordings, they take turns.",
}
CONTEXT_NAMES = {
    "pregnant": "Pregnant", "kidney": "Kidney disease or dialysis", "child": "A child", "other": "For someone else",
    "dopamine": "Takes a dopamine medicine", "gabapentinoid": "Takes a gabapentin-type medicine", "opioid": "Takes an opioid",
}  # fmt: skip


@dataclass
class Sheet:
    """One text to be signed."""

    key: str
    title: str
    state: str
    version: str
    place: str = ""
    reviewed_on: str = ""
    approved_by: str = ""
    texts: list[tuple[str, Markup]] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    sources: list[dict[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    teaches: bool = False


@dataclass
class Group:
    """The sheets of one file."""

    key: str
    sheets: list[Sheet]

    @property
    def heading(self) -> str:
        return HEADINGS.get(self.key, self.key.replace("_", " ").capitalize())

    @property
    def note(self) -> str:
        return NOTES.get(self.key, "")

    def count(self, state: str) -> int:
        return sum(sheet.state == state for sheet in self.sheets)

    @property
    def remarks(self) -> int:
        return sum(len(sheet.remarks) for sheet in self.sheets)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``python -m bot answers``."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to write the page (default: answers.html among the data)",
    )


def run(options: argparse.Namespace) -> None:
    """Write the page and say where it is and what it holds."""
    out = options.out or settings().data_dir / "answers.html"
    made = groups(answers(), clinic())
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(made, clinic()), encoding="utf-8")
    print(f"{out}")
    width = max(len(group.heading) for group in made)
    for group in made:
        print(
            f"  {group.heading:<{width}}  {len(group.sheets):>3} texts, {group.count('approved')} approved, {group.remarks} remarks to check"
        )
    sheets = [sheet for group in made for sheet in group.sheets]
    approved = sum(sheet.state == "approved" for sheet in sheets)
    print(
        f"  {'All':<{width}}  {len(sheets):>3} texts, {approved} approved, {len(sheets) - approved} still to be signed"
    )


def page(made: list[Group], of: Clinic) -> str:
    """The page as HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheets = [sheet for group in made for sheet in group.sheets]
    return environment.get_template("answers.html").render(
        groups=made,
        clinic=of,
        made_on=_day(datetime.now(UTC)),
        total=len(sheets),
        drafts=sum(sheet.state == "draft" for sheet in sheets),
        approved=sum(sheet.state == "approved" for sheet in sheets),
        remarks=sum(len(sheet.remarks) for sheet in sheets),
    )


def groups(read: Answers, of: Clinic) -> list[Group]:
    """Everything to be signed, what teaches first."""
    by_file: dict[str, list[Sheet]] = {key: [] for key in HEADINGS}
    for answer in read.values():
        by_file.setdefault(answer.group, []).append(_answer(answer, read, of))
    by_file["cautions"] = [_caution(key, caution, read, of) for key, caution in read.cautions.items()]
    return [Group(key, sheets) for key, sheets in by_file.items() if sheets]


def _answer(answer: Answer, read: Answers, of: Clinic) -> Sheet:
    teaches = answer.group in TEACHING
    parts = [("Said at once" if teaches else "Said", answer.text), ("One next step", answer.next_step)]
    parts += [("Tell me more", answer.more), ("Say it more simply", answer.simple)]
    parts += [("Or", text) for text in answer.variants]
    parts += [
        (f"{CONTEXT_NAMES.get(key, key)}: this instead of the shared caution", text)
        for key, text in answer.caution_texts.items()
    ]
    shared = [CONTEXT_NAMES.get(key, key) for key in answer.cautions if key not in answer.caution_texts]
    facts = [
        ("Claims", ", ".join(map(str, answer.claims))),
        ("Red flags", ", ".join(answer.red_flags)),
        ("Shared cautions", "; ".join(shared)),
        ("Leads on to", "; ".join(read.label(key) for key in answer.follow_ups)),
    ]
    made = _sheet(answer.id, answer.title, answer, answer.version, parts, of)
    made.facts = [(name, value) for name, value in facts if value]
    made.sources, made.teaches = read.links(answer), teaches
    return made


def _caution(key: str, caution: Caution, read: Answers, of: Clinic) -> Sheet:
    made = _sheet(
        key,
        CONTEXT_NAMES.get(key, key),
        caution,
        _version(caution.label, caution.text),
        [(f"{caution.label}.", caution.text)],
        of,
    )
    made.sources = read.links(caution)
    made.facts = [("Claims", ", ".join(map(str, caution.claims)))] if caution.claims else []
    return made


def _sheet(
    key: str, title: str, text: Answer | Caution, version: str, parts: list[tuple[str, str]], of: Clinic
) -> Sheet:
    return Sheet(
        key=key,
        title=title,
        state=text.state,
        version=version,
        place=text.place,
        reviewed_on=_day(text.reviewed_on),
        approved_by=text.approved_by or "",
        texts=[(label, shown(words, of)) for label, words in parts if words],
        remarks=text.needs_clinician_check,
    )


def shown(text: str, of: Clinic) -> Markup:
    """``text`` as paragraphs and lists, with the clinic's data filled in and marked."""
    made: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        lines = [" ".join(line.split()) for line in paragraph.splitlines() if line.strip()]
        items = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
        lead = " ".join(line for line in lines if not line.startswith("- "))
        if lead:
            made.append(f"<p>{_filled(lead, of)}</p>")
        if items:
            made.append(f"<ul>{''.join(f'<li>{_filled(item, of)}</li>' for item in items)}</ul>")
    return Markup("".join(made))  # noqa: S704  (every piece is escaped in _filled)


def _filled(text: str, of: Clinic) -> str:
    known = of.placeholders

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        value = re.sub(r"^\[(.*)\]\(.*\)$", r"\1", known.get(name, found[0]))
        return f'<span class="filled" title="{escape(found[0])}">{escape(value)}</span>'

    return re.sub(r"\{([a-z_]+)\}", fill, str(escape(text)))


def _day(at: date) -> str:
    return f"{at:%B} {at.day}, {at.year}"


def _version(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
