"""The buttons of an appointment on their way through both channels, and back."""

from __future__ import annotations

import uuid
from pathlib import Path

from bot.channels.telegram.render import render
from bot.content.clinic import clinic
from bot.conversation import appointments
from bot.conversation.messages import add_message, locked
from bot.store.engine import Store
from bot.store.models import Appointment, Inbound, Message, Outbox
from tests.support.front_door import Visitor
from tests.support.telegram_chat import make_chat
from tests.support.visits import appointment, in_days, proposed, request_of


def offered(store: Store, conversation_id: str) -> list[int]:
    """Two times, said to the patient as staff would."""
    booking = request_of(store, conversation_id)
    ids = [proposed(store, booking, in_days(3)), proposed(store, booking, in_days(5))]
    with store.write() as session:
        conversation = locked(session, conversation_id)
        assert conversation
        two = [session.get_one(Appointment, one) for one in ids]
        add_message(
            session, conversation, "staff", appointments.proposal(two), choices=appointments.offer(two)
        )
    return ids


def test_a_press_on_telegram_books_and_the_confirmation_is_sent(tmp_path: Path) -> None:
    chat = make_chat(tmp_path).agrees()
    first, second = offered(chat.store, chat.conversation.id)
    (part,) = render(chat.rows(Message)[-1])
    assert part.keyboard
    keys = [row[0].callback_data for row in part.keyboard.inline_keyboard]
    assert keys == [f"appt_take_{first}", f"appt_take_{second}", f"appt_none_{first}"]

    after = chat.presses(str(keys[1]), update_id=900)
    assert not after.turn, "it is answered already"
    assert chat.pending() == []
    assert chat.typed[-1] == clinic().time_text(in_days(5))
    assert chat.said[-1].startswith(f"Your appointment is booked: {clinic().time_text(in_days(5))}")
    assert len(chat.rows(Outbox)) == len(chat.said)

    said = len(chat.said)
    chat.presses(str(keys[1]), update_id=900)
    assert len(chat.said) == said, "a repeated update changes nothing"
    chat.presses(str(keys[1]))
    assert chat.said[-1].startswith("Your appointment stands:"), "an impatient second tap does no harm"
    assert [one.state for one in chat.rows(Appointment)] == ["cancelled", "booked"]


def test_a_press_in_the_widget_books_while_rasa_is_not_asked(visitor: Visitor, store: Store) -> None:
    with store.read() as session:
        conversation_id = session.query(Message).one().conversation_id
    first, second = offered(store, conversation_id)
    last = visitor.news().json()["messages"][-1]
    assert [choice["key"] for choice in last["choices"]][:2] == [f"appt_take_{first}", f"appt_take_{second}"]
    with store.write() as session:
        conversation = locked(session, conversation_id)
        assert conversation
        add_message(session, conversation, "staff", "There is parking behind the house.")
    assert visitor.news().json()["proposed"] == last["choices"], "they can be pressed below it"
    body = {"client_id": str(uuid.uuid4()), "choice": f"appt_take_{first}"}
    for _ in range(2):
        assert visitor.post(body).status_code == 202
    news = visitor.news().json()
    assert [line["from"] for line in news["messages"]][-2:] == ["patient", "system"]
    assert news["messages"][-1]["text"].startswith("Your appointment is booked:")
    assert not news["typing"]
    assert news["proposed"] == []
    assert (appointment(store, first).state, appointment(store, second).state) == ("booked", "cancelled")
    with store.read() as session:
        assert session.query(Inbound).filter_by(state="pending").count() == 0
    assert visitor.post({"client_id": str(uuid.uuid4()), "choice": "appt_take_123456"}).status_code == 400
