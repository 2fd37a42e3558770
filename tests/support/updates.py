"""Updates as Telegram sends them, made by hand for tests. https://core.telegram.org/bots/api#update"""

from __future__ import annotations

import time
from itertools import count
from typing import Any

_numbers = count(500)


def units(text: str) -> int:
    """UTF-16 units, counted another way than the code under test does."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def chat_of(update: dict[str, Any]) -> int:
    """The chat that an update belongs to; 0 if it has none."""
    for part in update.values():
        if isinstance(part, dict):
            holder = part.get("message") if isinstance(part.get("message"), dict) else part
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return 0


def person(chat: int) -> dict[str, Any]:
    return {"id": chat, "is_bot": False, "first_name": "Pat", "language_code": "en"}


def message(chat: int, **content: Any) -> dict[str, Any]:
    """The message itself: ``text="..."`` or any other content."""
    return {
        "message_id": next(_numbers),
        "date": int(time.time()),
        "chat": {"id": chat, "type": "private", "first_name": "Pat"},
        "from": person(chat),
        **content,
    }


def text(chat: int, words: str, **more: Any) -> dict[str, Any]:
    return {"message": message(chat, text=words, **more)}


def content(chat: int, **what: Any) -> dict[str, Any]:
    return {"message": message(chat, **what)}


def edit(chat: int, words: str, message_id: int = 7) -> dict[str, Any]:
    return {
        "edited_message": {
            **message(chat, text=words),
            "message_id": message_id,
            "edit_date": int(time.time()),
        }
    }


def press(chat: int, data: str, query: str | None = None) -> dict[str, Any]:
    """A button was pressed."""
    held = {**message(chat, text="..."), "from": {"id": 4242, "is_bot": True, "first_name": "Test"}}
    identifier = query or str(next(_numbers))
    return {
        "callback_query": {
            "id": identifier,
            "from": person(chat),
            "chat_instance": "1",
            "message": held,
            "data": data,
        }
    }


def member(chat: int, status: str, kind: str = "private") -> dict[str, Any]:
    """The bot was blocked (``kicked``) or unblocked (``member``)."""
    bot = {"id": 4242, "is_bot": True, "first_name": "Test"}
    before = "member" if status == "kicked" else "kicked"
    return {
        "my_chat_member": {
            "chat": {"id": chat, "type": kind, "first_name": "Pat"},
            "from": person(chat),
            "date": int(time.time()),
            "old_chat_member": {
                "user": bot,
                "status": before,
                **({"until_date": 0} if before == "kicked" else {}),
            },
            "new_chat_member": {
                "user": bot,
                "status": status,
                **({"until_date": 0} if status == "kicked" else {}),
            },
        }
    }


_FILE = {"file_id": "f", "file_unique_id": "u", "file_size": 10}
#: One of each kind of content without words, by the name of its field.
CONTENTS: dict[str, dict[str, Any]] = {
    "sticker": {
        "sticker": {
            **_FILE,
            "type": "regular",
            "width": 1,
            "height": 1,
            "is_animated": False,
            "is_video": False,
        }
    },
    "photo": {"photo": [{**_FILE, "width": 1, "height": 1}]},
    "voice": {"voice": {**_FILE, "duration": 3}},
    "audio": {"audio": {**_FILE, "duration": 3}},
    "video": {"video": {**_FILE, "duration": 3, "width": 1, "height": 1}},
    "video_note": {"video_note": {**_FILE, "duration": 3, "length": 1}},
    "animation": {"animation": {**_FILE, "duration": 3, "width": 1, "height": 1}, "document": {**_FILE}},
    "document": {"document": {**_FILE, "file_name": "ferritin.pdf"}},
    "location": {"location": {"latitude": 1.0, "longitude": 2.0}},
    "contact": {"contact": {"phone_number": "+15550100", "first_name": "Pat"}},
    "poll": {
        "poll": {
            "id": "1",
            "question": "?",
            "options": [],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": "regular",
            "allows_multiple_answers": False,
            "allows_revoting": False,
            "members_only": False,
        }
    },
    "dice": {"dice": {"emoji": "🎲", "value": 3}},
}
FORWARDED = {"forward_origin": {"type": "hidden_user", "date": 1700000000, "sender_user_name": "Sam"}}
VIA_BOT = {"via_bot": {"id": 99, "is_bot": True, "first_name": "Gif"}}
