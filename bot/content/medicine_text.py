"""What is said of a medicine that a patient names: its row of ``data/medicines.yml`` put into reviewed
sentences.

The sentences stand in ``data/texts/en/medicines.yml``, what is known of each medicine in its row; both are
drafts until a clinician has approved them. The words are put together here, and nothing is added.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.content.answers import answers
from bot.content.facets import facets
from bot.content.medicines import Medicine, medicines, plain
from bot.content.texts import text

#: Links that may be shown to a patient: papers and reviews. Copies and machine-written pages may not.
_PAPER = re.compile(r"(?:^|; )([^;]+?),? ((?:doi\.org|pmc\.ncbi\.nlm\.nih\.gov|cochrane\.org)/[^\s;,]+)")
_MOST_SOURCES = 4
#: Links whose own sentence says how sure it is.
_TOLD_BY_LINK = frozenset({"worsens", "helps_guideline", "unknown"})


@dataclass(frozen=True)
class MedicineText:
    """What is said of one medicine, where it is from, and the answer that tells more of its kind."""

    medicine: Medicine
    text: str
    sources: tuple[dict[str, str], ...]
    topic: str


def medicine_text(name: str, facet: str = "") -> MedicineText | None:
    """The reviewed text on the medicine that ``name`` means, and its sources.

    Args:
        name: any spelling of it: brand, other name, or as it is misheard.
        facet: what is asked of it: ``stopping``, ``safe_with``, ``safe_for`` or ``how_sure``; anything else
            gives the whole: class, link with restless legs and how sure, what to ask, and stopping.

    Returns:
        ``None`` where the name means no medicine that is known. Where it means several (a brand that holds
        another medicine elsewhere), the first of them, with a line that says so.
    """
    rows = medicines().by_spelling(name)
    if not rows:
        return None
    row, called = rows[0], _called(rows[0], name)
    say = {
        "stopping": _asked_stopping,
        "safe_with": _safe_with,
        "safe_for": _safe_for,
        "how_sure": _how_sure,
    }.get(facet, _whole)
    several = text("medicines.several", said=_written(row, name)) if len(rows) > 1 else ""
    topic = row.topic or medicines().class_topics[row.kind]
    said = " ".join(f"{say(row, called)} {several}".split())
    return MedicineText(row, said, _sources(row, topic), topic)


def _written(row: Medicine, name: str) -> str:
    """The name as it is rightly written; a wrong spelling gives the medicine's own name."""
    return next((right for right in row.right_names if plain(right) == plain(name)), row.called)


def _called(row: Medicine, name: str) -> str:
    """The medicine at the beginning of a sentence: ``Benadryl (diphenhydramine)`` for a brand."""
    written = _written(row, name)
    if plain(written) in (plain(row.called), plain(row.name)):
        return row.called[0].upper() + row.called[1:]
    return f"{written[0].upper()}{written[1:]} ({row.called})"


def _whole(row: Medicine, called: str) -> str:
    stopping = _stopping(row) if row.do_not_stop_suddenly != "no" else ""
    return f"{_link(row, called)} {_sentences(row.direction)} {stopping}"


def _link(row: Medicine, called: str) -> str:
    """Whether it is linked with restless legs, and how surely where that is known."""
    link = text(f"medicines.link.{row.rls}", name=called, kind=text(f"medicines.kind.{row.kind}"))
    return link if row.rls in _TOLD_BY_LINK else f"{link} {text(f'medicines.how_sure.{row.how_sure}')}"


def _how_sure(row: Medicine, called: str) -> str:
    link = text(f"medicines.link.{row.rls}", name=called, kind=text(f"medicines.kind.{row.kind}"))
    return f"{link} {text(f'medicines.how_sure.{row.how_sure}')}"


def _stopping(row: Medicine) -> str:
    if row.do_not_stop_suddenly == "ask" and not row.why:
        return text("medicines.stopping.ask_plain")
    return text(f"medicines.stopping.{row.do_not_stop_suddenly}", why=row.why)


def _asked_stopping(row: Medicine, _called: str) -> str:
    return f"{_stopping(row)} {_sentences(row.direction)}"


def _safe_with(row: Medicine, called: str) -> str:
    parts = [text("medicines.safe_with.breathing", name=called)] if row.slows_breathing else []
    if row.with_iron:
        parts.append(text("medicines.safe_with.iron", with_iron=row.with_iron))
    if not parts:
        parts.append(text("medicines.safe_with.other", name=called))
    if row.drowsy_driving:
        parts.append(text("medicines.driving"))
    return " ".join(parts)


def _safe_for(row: Medicine, called: str) -> str:
    parts = [text(f"medicines.pregnancy.{row.pregnancy_note or 'none'}", name=called)]
    if row.slows_breathing:
        parts.append(text("medicines.safe_with.breathing", name="It"))
    return " ".join(parts)


def _sentences(direction: str) -> str:
    """A row's parts, which semicolons divide, as sentences."""
    parts = [part.strip() for part in direction.split(";") if part.strip()]
    return " ".join(f"{part[0].upper()}{part[1:].rstrip('.')}." for part in parts)


def _sources(row: Medicine, topic: str) -> tuple[dict[str, str], ...]:
    """The papers that the row names, then the sources of its topic; four at most, none twice."""
    own = [
        {"title": title.strip(), "url": f"https://{url.rstrip(').')}"}
        for title, url in _PAPER.findall(row.source)
    ]
    shared = [answers().sources[key].model_dump() for key in facets()[topic].sources]
    found = {source["url"]: source for source in (*shared, *own)}
    return tuple(found.values())[:_MOST_SOURCES]
