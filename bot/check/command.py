"""``python -m bot check``: print every look, and end with 1 if anything is wrong."""

from __future__ import annotations

import argparse
import sys

from bot.check.finding import wrong
from bot.check.looks import everything
from bot.settings import settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``check``."""
    parser.add_argument(
        "--online",
        action="store_true",
        help="ask Telegram too whether it knows the token, and what time it is",
    )


def run(options: argparse.Namespace) -> None:
    """Print the lines."""
    try:
        config = settings()
    except SystemExit as stopped:
        found = [wrong("settings", line.strip()) for line in str(stopped).splitlines()[1:]]
    else:
        found = everything(config, online=options.online)
    for one in found:
        print(one.line)
    bad, odd = (sum(one.level == level for one in found) for level in ("wrong", "warning"))
    print(f"{len(found)} looked at: {bad} wrong, {odd} to know of")
    sys.exit(1 if bad else 0)
