"""``python -m bot audit verify``: whether the chain of the audit is whole, link by link."""

from __future__ import annotations

import argparse
import sys

from bot.store import audit
from bot.store.engine import store
from bot.store.migrate import migrate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``audit``."""
    parser.add_argument("what", choices=["verify"])
    parser.add_argument(
        "--holds",
        metavar="DIGEST",
        default="",
        help="the newest digest of an earlier run; says if it is gone, as when the newest entries were removed",
    )


def run(options: argparse.Namespace) -> None:
    """Read all entries; exit code 1 and a plain sentence for each broken link."""
    migrate(store().engine)
    with store().read() as session:
        chain = audit.verify(session, holds=options.holds.strip().lower())
    if chain.faults:
        sys.exit("\n".join([f"THE AUDIT WAS CHANGED ({chain.count} entries):", *chain.faults]))
    print(f"The audit is whole: {chain.count} entries. Newest digest, to keep elsewhere: {chain.newest}")
