"""A line on Telegram of which nobody knows whether it arrived: staff see it and may send it again, once,
marked."""

from __future__ import annotations

import re

from sqlalchemy import select

from bot.staff import desk
from bot.store.models import Message, Outbox, Staff
from tests.staff.conftest import House, Person


def test_an_unknown_line_can_be_sent_again_once(house: House, ana: Person) -> None:
    talk = house.conversation("hello", channel="telegram")
    with house.store.write() as session:
        person = session.scalars(select(Staff)).first()
        assert person
        desk.claim(session, talk, person)
        line = desk.reply(session, talk, person, "Tuesday at 10?")
        row = session.scalars(select(Outbox).where(Outbox.message_id == line.id)).one()
        row.state, number = "unknown", row.id

    page = ana.get(f"/staff/conversations/{talk}").text
    assert re.search(rf"/outbox/{number}/again", page)
    assert ana.post(f"/staff/conversations/{talk}/outbox/{number}/again").status_code == 303
    assert ana.post(f"/staff/conversations/{talk}/outbox/{number}/again").status_code == 409
    with house.store.read() as session:
        copies = session.scalars(
            select(Message.text).where(Message.text.contains("Tuesday at 10?")).order_by(Message.seq)
        ).all()
    assert copies == ["Tuesday at 10?", "(sent again) Tuesday at 10?"]
    assert f"/outbox/{number}/again" not in ana.get(f"/staff/conversations/{talk}").text
