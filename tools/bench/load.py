"""Messages at a fixed rate, whatever the answers do, and how long each took to be acknowledged."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout, TCPConnector

FLAG = "i have crushing chest pain and cannot breathe"
ORDINARY = Path(__file__).parent.parent / "safety" / "ordinary.tsv"
MAX_LAG = 0.05
_FLAG_EVERY = 50


@dataclass
class Figures:
    """Seconds of each acknowledgement; ``lag`` is how late the generator itself ever was."""

    plain: list[float] = field(default_factory=list)
    flags: list[float] = field(default_factory=list)
    failed: int = 0
    lag: float = 0.0
    sent: int = 0
    answered_after: float = 0.0

    @property
    def trusted(self) -> bool:
        return self.lag <= MAX_LAG


def at(times: list[float], share: float) -> float:
    """The time within which this share of calls was done."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] if times else float("nan")


async def drive(url: str, *, rate: float, seconds: float, conversations: int = 200) -> Figures:
    """Send ``rate`` messages a second, every fiftieth a red flag, the others all different, in turn
    through the conversations."""
    figures, texts = (
        Figures(),
        [line.split("\t")[0] for line in ORDINARY.read_text(encoding="utf-8").splitlines()[1:]],
    )
    random.Random(1).shuffle(texts)
    async with ClientSession(url, connector=TCPConnector(limit=0), timeout=ClientTimeout(30)) as http:
        tokens = []
        for _ in range(conversations):
            async with http.post("/api/conversations", json={"consent": True}) as answer:
                tokens.append((await answer.json())["token"])
        watch = asyncio.create_task(_watch(figures))
        begun, sending = time.perf_counter(), set()
        for number in range(int(rate * seconds)):
            due = begun + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            # Red flags go through conversations of their own, so that what follows is no repeat of an
            # emergency.
            flag = number % _FLAG_EVERY == 0
            place = (number // _FLAG_EVERY) % 10 if flag else 10 + number % (conversations - 10)
            task = asyncio.create_task(
                _say(http, tokens[place], FLAG if flag else texts[number % len(texts)], figures)
            )
            sending.add(task)
            task.add_done_callback(sending.discard)
        await asyncio.gather(*sending)
        watch.cancel()
        figures.sent = int(rate * seconds)
        figures.answered_after = await _all_answered(http, tokens)
    return figures


async def _say(http: ClientSession, token: str, text: str, figures: Figures) -> None:
    body = {"client_id": str(uuid.uuid4()), "text": text}
    begun = time.perf_counter()
    try:
        async with http.post(
            "/api/messages", json=body, headers={"Authorization": f"Bearer {token}"}
        ) as answer:
            await answer.read()
            good = answer.status == 202
    except (OSError, TimeoutError):
        good = False
    if good:
        (figures.flags if text == FLAG else figures.plain).append(time.perf_counter() - begun)
    else:
        figures.failed += 1


async def _watch(figures: Figures) -> None:
    """How late the loop wakes us: a generator that is late itself measures nothing."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        figures.lag = max(figures.lag, time.perf_counter() - begun - 0.01)


async def _all_answered(http: ClientSession, tokens: list[str]) -> float:
    """The seconds until nothing is left to answer."""
    begun = time.perf_counter()
    for token in tokens:
        while time.perf_counter() - begun < 120:
            async with http.get(
                "/api/messages", params={"after": 100_000}, headers={"Authorization": f"Bearer {token}"}
            ) as answer:
                if not (await answer.json())["typing"]:
                    break
            await asyncio.sleep(0.1)
    return time.perf_counter() - begun
