"""``make chaos``: a table of faults, and exit code 1 if anything was lost, doubled, out of order or left
open."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.run import Plan, Round, header, row, run, small_disk


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--conversations", type=int, default=200, help="of all rounds together (200)")
    parser.add_argument("--turns", type=int, default=10, help="messages a conversation (10)")
    parser.add_argument("--seed", type=int, default=0, help="0: a new one, which is printed")
    parser.add_argument("--faults", default=",".join(FAULTS), help=f"of {', '.join(FAULTS)}")
    parser.add_argument(
        "--telegram",
        choices=["both", "webhook", "polling"],
        default="both",
        help="how Telegram's updates come in (both, half each)",
    )
    parser.add_argument(
        "--postgres", action="store_true", help="on PostgreSQL with two front doors, Telegram by webhook"
    )
    parser.add_argument(
        "--seconds", type=int, default=3600, help="the whole run is ended after this time (3600)"
    )
    parser.add_argument("--keep", type=Path, help="keep database and logs in this folder")
    options = parser.parse_args()
    names = [name.strip() for name in options.faults.split(",") if name.strip()]
    if unknown := [name for name in names if name not in FAULTS]:
        parser.error(f"no such fault: {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    seed = options.seed or random.randrange(1, 1_000_000)
    ways = (
        ["webhook"]
        if options.postgres
        else ["polling", "webhook"]
        if options.telegram == "both"
        else [options.telegram]
    )
    rounds: list[tuple[str, Round]] = []
    begun = time.monotonic()
    for way in ways:
        plan = Plan(
            max(2, options.conversations // len(ways)),
            options.turns,
            seed,
            names,
            way == "webhook",
            options.postgres,
        )
        left = options.seconds - (time.monotonic() - begun)
        with small_disk() as (folder, disk):
            try:
                rounds += [
                    (way, made)
                    for made in asyncio.run(asyncio.wait_for(run(plan, folder, _tell, disk=disk), left))
                ]
            except TimeoutError:
                sys.exit(f"not done within {options.seconds} s (seed {seed})")
            finally:
                if options.keep:
                    shutil.copytree(folder, options.keep / way, dirs_exist_ok=True)
    print(f"\n{header()}   Telegram by")
    for way, made in rounds:
        print(f"{row(made)}   {way}")
    bad = [made for _, made in rounds if not made.verdict.clean]
    print(
        f"\nseed {seed}: "
        + (
            "nothing lost, nothing doubled, order kept"
            if not bad
            else f"FAULTS in {', '.join(made.fault.name for made in bad)}"
        )
    )
    sys.exit(1 if bad else 0)


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
