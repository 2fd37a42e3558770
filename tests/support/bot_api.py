"""A Bot API server for tests, over real HTTP: it keeps what it is sent, holds Telegram's limits, and can
misbehave.

In a test: ``with BotApi() as api: ...`` and point ``TELEGRAM_API_URL`` at ``api.url``. As a process of its
own, driven
over HTTP: ``python -m tests.support.bot_api --port 9000`` (``POST /control/push``, ``/control/fault``,
``/control/mix``; ``GET /control/state``).

Followed: https://core.telegram.org/bots/api, and for the webhook tdlib/telegram-bot-api ``WebhookActor.cpp``
(one update of a chat at a time; anything but 2xx is sent again; ``Retry-After`` is honoured).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import threading
import time
from collections import defaultdict
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tests.support.bot_api_wire import Fault, Sent, error, ok, peak
from tests.support.bot_api_wire import arguments as read_arguments
from tests.support.hook import Hook
from tests.support.updates import chat_of, units

TOKEN = "4242:a-token-for-tests"
MAX_UNITS, MAX_CALLBACK = 4096, 64
OVERALL, PER_CHAT_BURST = 30, 3  # messages within any second


class BotApi:
    """The server. Attributes may be read from the test's thread.

    Args:
        patience: seconds between tries of the webhook and the longest time that its ``Retry-After`` is
            obeyed.
        seed: for what is mixed at random.
    """

    def __init__(self, *, patience: float = 0.1, seed: int = 1) -> None:
        self.patience = patience
        self.sent: list[Sent] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.violations: list[str] = []
        self.webhook_answers: list[tuple[int, int]] = []  # (update_id, status; 0 if there was none)
        self.confirmed = 0  # highest update_id that long polling confirmed
        self.duplicates = 0.0  # how likely an update is delivered twice
        self.shuffle = False  # whether updates of different chats change places
        self._faults: list[Fault] = []
        self._random = random.Random(seed)
        self._updates: list[dict[str, Any]] = []
        self._next_update, self._next_message = 1000, 1
        self._hook: Hook | None = None
        self._lock = threading.RLock()
        self._loop = asyncio.new_event_loop()
        self._news = asyncio.Event()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self.port = 0

    # -- starting and stopping

    def __enter__(self) -> BotApi:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, port: int = 0) -> BotApi:
        """Listen; a port that was used before may be given again, to come back after ``stop``."""
        if self._loop.is_closed():
            self._loop, self._news = asyncio.new_event_loop(), asyncio.Event()
        self._ready.clear()
        self._thread = threading.Thread(target=self._main, args=(port,), daemon=True)
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def stop(self) -> None:
        if self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
            self._thread = None

    def _main(self, port: int) -> None:
        asyncio.set_event_loop(self._loop)
        runner = self._loop.run_until_complete(self._listen(port))
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _listen(self, port: int) -> web.AppRunner:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/bot{token}/{method}", self._api)
        app.router.add_route("*", "/control/{what}", self._control)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, shutdown_timeout=0.1)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    # -- what tests do

    def push(self, update: dict[str, Any], *, update_id: int | None = None) -> int:
        """Let a patient do something: ``update`` as of ``tests.support.updates``. Returns its update_id."""
        with self._lock:
            identifier = update_id if update_id is not None else self._next_update
            self._next_update = max(self._next_update, identifier) + 1
            update = {**update, "update_id": identifier}
            copies = 2 if self._random.random() < self.duplicates else 1
            self._updates += [update] * copies
        self._loop.call_soon_threadsafe(self._wake)
        return identifier

    def fault(
        self, method: str, kind: str, *, chat: int | None = None, times: int = 1, seconds: float = 1.0
    ) -> None:
        with self._lock:
            self._faults.append(Fault(method, kind, chat, times, seconds))

    def to(self, chat: int) -> list[Sent]:
        """What the patient of ``chat`` sees, in order."""
        return [message for message in list(self.sent) if message.chat == chat]

    def called(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in list(self.calls) if name == method]

    def wait_for(self, what: Any, seconds: float = 10.0) -> None:
        """Wait until ``what()`` is true; fails the test if it never is."""
        until = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < until, (
                f"nothing came of it; sent: {[(m.chat, m.text[:60]) for m in self.sent]}"
            )
            time.sleep(0.01)

    def peaks(self) -> tuple[int, int]:
        """The most messages within any second: overall, and to one chat."""
        chats: dict[int, list[float]] = defaultdict(list)
        for message in self.sent:
            chats[message.chat].append(message.at)
        return peak([message.at for message in self.sent]), max(
            (peak(times) for times in chats.values()), default=0
        )

    # -- the Bot API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await read_arguments(request)
        if request.match_info["token"] != TOKEN:
            return error(401, "Unauthorized")
        self.calls.append((method, arguments))
        fault = self._take_fault(method, arguments)
        kind = fault.kind if fault else ""
        if fault and kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault and not kind.endswith("_after"):
            return self._misbehave(request, fault)
        answer = await getattr(self, f"_on_{method}", self._on_unknown)(arguments)
        if fault and kind == "hang_after":
            await asyncio.sleep(fault.seconds)
        elif fault and kind.endswith("_after"):
            return self._misbehave(request, fault)
        return answer

    def _take_fault(self, method: str, arguments: dict[str, Any]) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.method == method and fault.chat in (None, arguments.get("chat_id")):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                    return fault
        return None

    def _misbehave(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        kind = fault.kind.removesuffix("_after")
        if kind == "cut":
            assert request.transport
            request.transport.abort()
            return web.Response()
        if kind == "429":
            seconds = max(1, round(fault.seconds))
            return error(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        if kind == "junk":
            return web.Response(text="<html>bad gateway</html>")
        texts = {
            "403": "Forbidden: bot was blocked by the user",
            "400": "Bad Request: chat not found",
            "500": "Internal Server Error",
        }
        return error(int(kind), texts[kind])

    async def _on_unknown(self, _: dict[str, Any]) -> web.Response:
        return error(404, "Not Found: method not found")

    async def _on_getMe(self, _: dict[str, Any]) -> web.Response:
        return ok({"id": 4242, "is_bot": True, "first_name": "Test", "username": "test_bot"})

    async def _on_sendChatAction(self, _: dict[str, Any]) -> web.Response:
        return ok(True)

    async def _on_answerCallbackQuery(self, arguments: dict[str, Any]) -> web.Response:
        if len(str(arguments.get("text") or "")) > 200:
            return self._violation("a toast of more than 200 characters")
        return ok(True)

    async def _on_sendMessage(self, arguments: dict[str, Any]) -> web.Response:
        text, chat = str(arguments.get("text", "")), int(arguments["chat_id"])
        if not text.strip():
            return self._violation("message text is empty")
        if units(text) > MAX_UNITS:
            return self._violation(f"message is too long: {units(text)}")
        rows = (arguments.get("reply_markup") or {}).get("inline_keyboard", [])
        buttons = [(button["text"], button["callback_data"]) for row in rows for button in row]
        if any(not 1 <= len(data.encode()) <= MAX_CALLBACK for _, data in buttons):
            return self._violation("BUTTON_DATA_INVALID")
        links = []
        for entity in arguments.get("entities") or []:
            if entity["offset"] + entity["length"] > units(text):
                return self._violation("an entity beyond the text")
            raw = text.encode("utf-16-le")[entity["offset"] * 2 : (entity["offset"] + entity["length"]) * 2]
            links.append((raw.decode("utf-16-le"), entity.get("url", "")))
        with self._lock:
            message = Sent(self._next_message, chat, text, buttons, links, time.monotonic())
            self._next_message += 1
            self.sent.append(message)
            recent = [m for m in self.sent[-OVERALL - 1 :] if message.at - m.at < 1]
            if len(recent) > OVERALL:
                self.violations.append(f"{len(recent)} messages in a second")
            if (
                len([m for m in self.to(chat)[-PER_CHAT_BURST - 1 :] if message.at - m.at < 1])
                > PER_CHAT_BURST
            ):
                self.violations.append(f"more than {PER_CHAT_BURST} messages in a second to chat {chat}")
        private = {"id": chat, "type": "private", "first_name": "Pat"}
        return ok({"message_id": message.message_id, "date": int(time.time()), "chat": private, "text": text})

    async def _on_setWebhook(self, arguments: dict[str, Any]) -> web.Response:
        left = self._hook.close() if self._hook else []
        self._hook = Hook(
            arguments["url"], arguments.get("secret_token", ""), self.patience, self.webhook_answers
        )
        self._hook.take(left)
        self._wake()
        return ok(True)

    async def _on_deleteWebhook(self, _: dict[str, Any]) -> web.Response:
        hook, self._hook = self._hook, None
        with self._lock:  # what was not taken there waits for getUpdates
            left = hook.close() if hook else []
            self._updates = sorted(left + self._updates, key=lambda update: update["update_id"])
        return ok(True)

    async def _on_getWebhookInfo(self, _: dict[str, Any]) -> web.Response:
        url = self._hook.url if self._hook else ""
        return ok(
            {"url": url, "has_custom_certificate": False, "pending_update_count": self.unacknowledged()}
        )

    async def _on_getUpdates(self, arguments: dict[str, Any]) -> web.Response:
        if self._hook:
            return error(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(arguments.get("offset") or 0)
        if offset:
            with self._lock:
                self.confirmed = max(self.confirmed, offset - 1)
                self._updates = [update for update in self._updates if update["update_id"] >= offset]
        until = time.monotonic() + float(arguments.get("timeout") or 0)
        while not self._updates and time.monotonic() < until:
            self._news.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), 0.5)
        with self._lock:
            batch = list(self._updates[:100])
        return ok(self._mixed(batch) if self.shuffle else batch)

    def _mixed(self, updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Chats change places; within a chat the order stays, as Telegram keeps it."""
        chats: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for update in updates:
            chats[chat_of(update)].append(update)
        order = [chat_of(update) for update in updates]
        self._random.shuffle(order)
        return [chats[chat].pop(0) for chat in order]

    def _violation(self, text: str) -> web.Response:
        self.violations.append(text)
        return error(400, f"Bad Request: {text}")

    def _wake(self) -> None:
        self._news.set()
        if self._hook:
            with self._lock:
                updates, self._updates = self._updates, []
            self._hook.take(updates)

    def unacknowledged(self) -> int:
        """How many updates nobody has taken yet."""
        return len(self._hook.left()) if self._hook else len(self._updates)

    # -- driving it from another process

    async def _control(self, request: web.Request) -> web.Response:
        what = request.match_info["what"]
        body = await request.json() if request.can_read_body else {}
        if what == "push":
            return web.json_response(
                {"update_id": self.push(body["update"], update_id=body.get("update_id"))}
            )
        if what == "fault":
            self.fault(**body)
        elif what == "mix":
            self.duplicates, self.shuffle = body.get("duplicates", 0.0), body.get("shuffle", False)
        elif what == "state":
            after = int(request.query.get("after", 0))
            sent = [asdict(message) for message in self.sent[after:]]
            return web.json_response(
                {
                    "sent": sent,
                    "violations": self.violations,
                    "peaks": self.peaks(),
                    "open": self.unacknowledged(),
                    "confirmed": self.confirmed,
                }
            )
        return web.json_response({"ok": True})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    with BotApi() as server_:
        server_.stop()
        server_.start(parser.parse_args().port)
        threading.Event().wait()
