"""What a browser is told of its conversation: held calls, the stream of events, and the transcript."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

from sqlalchemy import select

from bot.conversation.messages import add_message, locked
from bot.store.engine import Store
from bot.store.models import Conversation
from tests.support.front_door import Visitor
from tests.support.rasa_server import RasaServer


def test_a_held_call_wakes_with_the_news(visitor: Visitor, rasa: RasaServer) -> None:
    """Rasa answers only after the call is held; a missed notification would cost five seconds, a missing
    one twenty-five."""
    rasa.hold()
    visitor.say("hello")
    got: list[object] = []
    polling = threading.Thread(target=lambda: got.append(visitor.news(2, wait=25)))
    polling.start()
    polling.join(0.3)
    assert polling.is_alive()
    rasa.release()
    polling.join(4)
    assert not polling.is_alive(), "the notification did not wake the call"
    assert [line["text"] for line in got[0].json()["messages"]] == ["re: hello"]


def test_a_call_with_nothing_to_say_ends_by_itself(visitor: Visitor) -> None:
    assert visitor.news(1, wait=0.1).json() == {
        "mode": "assistant",
        "typing": False,
        "urgent": None,
        "proposed": [],
        "messages": [],
        "staff": None,
    }


def test_a_change_of_mode_is_news(visitor: Visitor) -> None:
    assert visitor.news(1, wait=25, mode="waiting").json()["mode"] == "assistant"


def test_a_stream_that_is_cut_resumes_without_a_gap_or_a_double(visitor: Visitor) -> None:
    seen: list[int] = []
    texts: list[str] = []
    for number in range(4):
        visitor.say(f"m{number}")
        headers = {"Last-Event-ID": str(seen[-1])} if seen else {}
        for event_id, event, data in visitor.events(**headers):
            if event == "message":
                line = json.loads(data)
                assert event_id == str(line["seq"])
                seen.append(line["seq"])
                texts.append(line["text"])
                if line["text"] == f"re: m{number}":
                    break  # the connection is cut here
    assert seen == list(range(1, 10))
    assert texts[1:] == [part for number in range(4) for part in (f"m{number}", f"re: m{number}")]


def test_the_stream_tells_of_mode_and_typing_and_of_the_end(visitor: Visitor) -> None:
    kinds = []
    for _, event, _ in visitor.events():
        kinds.append(event)
        if event == "typing":
            visitor.door.http.delete("/api/conversations", headers=visitor.headers)
    assert kinds[:3] == ["message", "mode", "typing"]
    assert kinds[-1] == "gone"


def test_the_transcript_has_every_line_and_is_the_patients_alone(visitor: Visitor, rasa: RasaServer) -> None:
    rasa.script["why"] = [
        {"custom": {"text": "Because.", "sources": [{"title": "A study", "url": "https://x.example/1"}]}}
    ]
    visitor.say("why")
    visitor.until("assistant")
    answer = visitor.door.http.get("/api/transcript", headers=visitor.headers)
    assert answer.headers["content-type"].startswith("text/plain")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    for part in ("You:\nwhy", "Assistant:\nBecause.", "Source: A study, https://x.example/1"):
        assert part in answer.text


def test_the_transcript_has_numbers_as_people_write_them_and_the_clinics_time(
    visitor: Visitor, store: Store
) -> None:
    with store.write() as session:
        talk = locked(session, session.scalars(select(Conversation.id)).one())
        assert talk
        line = add_message(
            session,
            talk,
            "system",
            "Call [911](tel:911) or text [988](sms:988). See [a page](https://x.example/1).",
            urgent=True,
        )
        line.at = datetime(2026, 7, 1, 2, 30, tzinfo=UTC)
        add_message(session, talk, "patient", "[911](tel:911)")
    text = visitor.door.http.get("/api/transcript", headers=visitor.headers).text
    assert "Call 911 or text 988. See [a page](https://x.example/1)." in text
    assert "You:\n[911](tel:911)" in text  # a patient's words stay as typed
    assert "America/New_York" in text and "[2026-06-30 22:30] Notice:" in text
