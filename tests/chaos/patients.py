"""Patients as programs: they write, repeat what was not acknowledged under the same key, and look at what
comes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from tests.chaos.ledger import Account, Op, Step
from tests.support import updates
from tests.support.bot_api import BotApi

PATIENCE = 150.0  # seconds that a patient goes on trying to hand over one message
_LOOKS = 6.0  # seconds that one waits for an answer before writing on


async def either(ready: Callable[[], object], seconds: float) -> bool:
    """Wait until ``ready``, or so many seconds; says which."""
    for _ in range(round(seconds / 0.1)):
        if ready():
            return True
        await asyncio.sleep(0.1)
    return False


class WidgetPatient:
    """A visitor of the website."""

    def __init__(self, url: str, script: str, steps: Sequence[Step], dice: random.Random) -> None:
        self._url, self._steps, self._dice = url, steps, dice
        self.account = Account("widget", "", script)  # its address is known once it has begun
        self._token = ""
        self._done = asyncio.Event()

    async def run(self) -> None:
        """Write everything, and go on looking until ``finish``."""
        async with httpx.AsyncClient(base_url=self._url, timeout=httpx.Timeout(30, connect=3)) as http:
            begun = await _until_taken(
                http, "/api/conversations", {"consent": True}, time.monotonic() + PATIENCE
            )
            assert begun is not None, "no conversation could be begun"
            http.headers["Authorization"] = f"Bearer {begun['token']}"
            self._token = begun["token"]
            self.account.address = hashlib.sha256(self._token.encode()).hexdigest()
            self.account.see(begun["messages"])
            watch = asyncio.create_task(self._watch(http))
            try:
                for step in self._steps:
                    await self._say(http, step)
                    await asyncio.sleep(self._dice.uniform(0, 1.2))
            finally:
                self._done.set()
                await watch

    async def finish(self) -> None:
        """Look a last time."""
        async with httpx.AsyncClient(
            base_url=self._url, timeout=20, headers={"Authorization": f"Bearer {self._token}"}
        ) as http:
            while await self._look(http, 0):
                pass

    async def _say(self, http: httpx.AsyncClient, step: Step) -> None:
        op = Op(
            len(self.account.ops),
            step,
            str(uuid.UUID(int=self._dice.getrandbits(128), version=4)),
            time.monotonic(),
        )
        self.account.ops.append(op)
        body: dict[str, Any] = {
            "client_id": op.key,
            **({"choice": step.choice} if step.choice else {"text": step.text}),
        }
        answer = await _until_taken(http, "/api/messages", body, time.monotonic() + PATIENCE, op)
        if answer is None:
            return
        op.seq = answer["seq"]
        if self._dice.random() < 0.1:  # an answer that got lost on the way back: the same once more
            again = await _until_taken(http, "/api/messages", body, time.monotonic() + PATIENCE, op)
            if again and again["seq"] != op.seq:
                op.refused = f"a repeat got seq {again['seq']} after {op.seq}"
        if self._dice.random() < 0.5:
            sent = op.seq
            await either(
                lambda: any(seq > sent and who != "patient" for seq, who, _ in self.account.seen[sent:]),
                _LOOKS,
            )

    async def _watch(self, http: httpx.AsyncClient) -> None:
        while not self._done.is_set():
            try:
                await self._look(http, 5)
            except (httpx.HTTPError, ValueError):
                await asyncio.sleep(0.3)

    async def _look(self, http: httpx.AsyncClient, wait: float) -> int:
        after = self.account.seen[-1][0] if self.account.seen else 0
        answer = await http.get("/api/messages", params={"after": after, "wait": wait})
        answer.raise_for_status()
        lines = answer.json()["messages"]
        self.account.see(lines)
        return len(lines)


async def _until_taken(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], until: float, op: Op | None = None
) -> Any:
    """The answer, after as many tries under the same key as it takes; ``None`` if refused, or if patience
    ends."""
    while time.monotonic() < until:
        wait = 0.2
        if op:
            op.tries += 1
        try:
            answer = await http.post(path, json=body)
        except httpx.HTTPError:
            answer = None
        if answer is not None and answer.status_code < 300:
            if op and op.acknowledged is None:
                op.acknowledged = time.monotonic()
            with contextlib.suppress(ValueError):
                return answer.json()
        elif answer is not None and answer.status_code < 500 and answer.status_code != 429:
            if op:
                op.refused = f"{answer.status_code} {answer.text[:80]}"
            return None
        elif answer is not None:
            wait = min(1.0, float(answer.headers.get("Retry-After", wait)))
        await asyncio.sleep(wait)
    return None


class TelegramPatient:
    """Somebody who writes to the bot. Telegram itself keeps what was not acknowledged, in order."""

    def __init__(
        self, api: BotApi, chat: int, script: str, steps: Sequence[Step], dice: random.Random
    ) -> None:
        self._api, self._chat, self._steps, self._dice = api, chat, steps, dice
        self.account = Account("telegram", str(chat), script)

    async def run(self) -> None:
        self._push(Step(text="/start"), updates.text(self._chat, "/start"))
        self._push(Step(choice="consent_yes"), updates.press(self._chat, "consent_yes"))
        await asyncio.sleep(self._dice.uniform(0.5, 3))
        for step in self._steps:
            before = len(self._api.to(self._chat))
            update = (
                updates.press(self._chat, step.choice) if step.choice else updates.text(self._chat, step.text)
            )
            self._push(step, update)
            if self._dice.random() < 0.5:
                await either(lambda: len(self._api.to(self._chat)) > before, _LOOKS)  # noqa: B023
            await asyncio.sleep(self._dice.uniform(0, 2))

    async def finish(self) -> None:
        taken = {update for update, status in list(self._api.webhook_answers) if 200 <= status < 300}
        for op in self.account.ops:
            if int(op.key) in taken or int(op.key) <= self._api.confirmed:
                op.acknowledged = time.monotonic()

    def _push(self, step: Step, update: dict[str, Any]) -> None:
        op = Op(len(self.account.ops), step, str(self._api.push(update)), time.monotonic())
        self.account.ops.append(op)
