"""``python -m bot answers``: the reviewed texts on one page to sign, or with ``--open`` what patients
asked that has none."""

from __future__ import annotations

import argparse

from bot.content import review_page
from bot.staff.open_questions import OpenQuestion, open_questions
from bot.store.engine import store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``answers``."""
    review_page.add_arguments(parser)
    parser.add_argument(
        "--open",
        action="store_true",
        help="list what patients asked and no reviewed text answers, the most asked first",
    )


def run(options: argparse.Namespace) -> None:
    """Write the page, or print the list."""
    if not options.open:
        review_page.run(options)
        return
    with store().read() as session:
        print("\n".join(table(open_questions(session))))


def table(gaps: list[OpenQuestion]) -> list[str]:
    """The list as lines to read."""
    if not gaps:
        return ["Nothing is open: all that patients asked has a reviewed text, or nobody asked yet."]
    width = max(len(gap.named) for gap in gaps)
    return [
        f"{'asked about':<{width}}  patients  last asked",
        *(f"{gap.named:<{width}}  {gap.patients:>8}  {gap.last:%Y-%m-%d}" for gap in gaps),
    ]
