"""What a turn costs after ten and after a thousand: the dialogue in one process, on Rasa's own tracker
store and on ours."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bot.rasa_server.in_process import InProcessRasa
from bot.rasa_server.training import MODEL
from bot.settings import ROOT, settings
from bot.store.engine import store
from bot.store.migrate import migrate

_LENGTHS = (10, 1000)
_TURNS = 12  # measured ones of each, in turns
_QUESTIONS = (
    "how long does iron take to help",
    "does it run in families",
    "can i drink coffee in the evening",
    "does walking help",
    "why is it worse at night",
)


async def measure(place: Path) -> dict[str, Any]:
    """CPU milliseconds a turn, median, by store and length; and the ratio of the longest to the shortest."""
    rasa = InProcessRasa(ROOT / "models" / f"{MODEL}.tar.gz")
    from rasa.core.tracker_store import SQLTrackerStore

    from bot.rasa_server.tracker_store import RecentTrackerStore

    domain = rasa._agent.domain
    stores = {
        "Rasa's store": SQLTrackerStore(domain, host=f"sqlite:///{place}/theirs.db"),
        "ours": RecentTrackerStore(domain, host=f"sqlite:///{place}/ours.db"),
    }
    asked = 0

    async def ask(name: str, length: int) -> float:
        nonlocal asked
        asked += 1
        rasa._agent.tracker_store = rasa._agent.processor.tracker_store = stores[name]
        begun = time.process_time()
        question = _QUESTIONS[asked // len(stores) // len(_LENGTHS) % len(_QUESTIONS)]
        await rasa.ask(f"after {length}", question, inbound_id=asked, channel="widget")
        return 1000 * (time.process_time() - begun)

    for name, kept in stores.items():
        for length in _LENGTHS:
            for _ in range(_LENGTHS[0] - 1):
                await ask(name, length)
            await _lengthen(kept, f"after {length}", length, domain)
    costs: dict[tuple[str, int], list[float]] = {(name, n): [] for name in stores for n in _LENGTHS}
    for _ in range(_TURNS):
        for name, length in costs:
            costs[name, length].append(await ask(name, length))
    middle = {key: statistics.median(times) for key, times in costs.items()}
    rows: dict[str, Any] = {
        f"{name}, turn {n:,} (CPU ms, p50)": round(ms, 1) for (name, n), ms in middle.items()
    }
    first, last = _LENGTHS[0], _LENGTHS[-1]
    return rows | {f"{name}, ratio": round(middle[name, last] / middle[name, first], 2) for name in stores}


async def _lengthen(kept: Any, sender: str, turns: int, domain: Any) -> None:
    """Say again and again what was said, until so many messages of the patient stand in the history."""
    tracker = await kept.retrieve(sender)
    events = list(tracker.events)
    begin = next(at for at, event in enumerate(events) if event.type_name == "user")
    said = sum(event.type_name == "user" for event in events)
    for _ in range(turns // said - 1):
        for event in events[begin:]:
            again = copy.copy(event)
            again.timestamp = time.time()
            tracker.update(again, domain)
    await kept.save(tracker)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rla-length-") as folder:
        os.environ |= {
            "RLA_DATA_DIR": folder,
            "RLA_DATABASE_URL": "",
            "RLA_REDIS_URL": "",
            "LOG_LEVEL": "ERROR",
        }
        settings.cache_clear()
        migrate(store().engine)
        rows = asyncio.run(measure(Path(folder)))
        store().engine.dispose()
    sys.stdout.write(json.dumps(rows) + "\n")


if __name__ == "__main__":
    main()
