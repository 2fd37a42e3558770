"""Working on conversations through the pages: who holds what, red flags first, bookings, and nothing lost."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot.clock import now
from bot.content.clinic import clinic
from bot.staff.canned import canned
from bot.store.models import Alert, Booking, Conversation, Event, Message, Note, Outbox, TurnLog
from tests.staff.conftest import House, Person, talk_path

XSS = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>[tap](javascript:alert(3))\"'><svg onload=alert(4)>"
)


def state(house: House, talk: str) -> Conversation:
    with house.store.read() as session:
        return session.get_one(Conversation, talk)


def events(house: House, talk: str, kind: str) -> list[Event]:
    with house.store.read() as session:
        return list(session.scalars(select(Event).where(Event.conversation_id == talk, Event.kind == kind)))


def test_of_two_who_claim_at_once_one_is_refused_with_the_others_name(
    house: House, ana: Person, bo: Person
) -> None:
    for _ in range(5):
        talk = house.conversation()
        start, answers = threading.Barrier(2), {}

        def claim(
            name: str,
            person: Person,
            talk: str = talk,
            start: threading.Barrier = start,
            answers: dict[str, object] = answers,
        ) -> None:
            start.wait()
            answers[name] = person.post(talk_path(talk, "claim"))

        threads = [threading.Thread(target=claim, args=pair) for pair in (("Ana Ruiz", ana), ("Bo Lind", bo))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        codes = {name: answer.status_code for name, answer in answers.items()}  # type: ignore[attr-defined]
        assert sorted(codes.values()) == [303, 409], codes
        winner = next(name for name, code in codes.items() if code == 303)
        loser = next(name for name, code in codes.items() if code == 409)
        assert f"{winner} already has this conversation." in answers[loser].text  # type: ignore[attr-defined]
        assert len(events(house, talk, "claim")) == 1


def test_only_the_holder_may_reply(house: House, ana: Person, bo: Person) -> None:
    talk = house.conversation()
    early = ana.post(talk_path(talk, "reply"), text="too early")
    assert early.status_code == 409 and "too early" in early.text
    ana.post(talk_path(talk, "claim"))
    refused = bo.post(talk_path(talk, "reply"), text="my long <reply>")
    assert refused.status_code == 409
    assert "Ana Ruiz has this conversation now." in refused.text and "my long &lt;reply&gt;" in refused.text
    assert ana.post(talk_path(talk, "reply"), text="hello there").status_code == 303
    with house.store.read() as session:
        said = session.scalars(
            select(Message).where(Message.conversation_id == talk, Message.sender == "staff")
        ).all()
    assert [(line.text, line.staff_name) for line in said] == [("hello there", "Ana Ruiz")]


def test_the_same_form_sent_twice_says_it_once(house: House, ana: Person) -> None:
    talk = house.conversation()
    ana.post(talk_path(talk, "claim"))
    for _ in range(2):
        ana.post(talk_path(talk, "reply"), text="once", client_id="abc123")
    with house.store.read() as session:
        assert session.query(Message).filter_by(conversation_id=talk, text="once").count() == 1


def test_take_over_needs_a_reason_and_is_written_down(house: House, ana: Person, bo: Person) -> None:
    talk = house.conversation()
    ana.post(talk_path(talk, "claim"))
    assert bo.post(talk_path(talk, "take-over"), reason="  ").status_code == 400
    assert bo.post(talk_path(talk, "take-over"), reason="Ana has gone home").status_code == 303
    assert ana.post(talk_path(talk, "reply"), text="still me?").status_code == 409
    assert events(house, talk, "take_over")[0].data["why"] == "Ana has gone home"


def test_give_back_wakes_the_assistant_and_only_the_holder_may(house: House, ana: Person, bo: Person) -> None:
    talk = house.conversation()
    ana.post(talk_path(talk, "claim"))
    assert bo.post(talk_path(talk, "return")).status_code == 409
    assert house.kicked == []
    assert ana.post(talk_path(talk, "return")).status_code == 303
    assert (state(house, talk).mode, house.kicked) == ("assistant", [talk])


def test_a_too_long_reply_comes_back_in_the_box(house: House, ana: Person) -> None:
    talk = house.conversation()
    ana.post(talk_path(talk, "claim"))
    text = "x" * 4001
    answer = ana.post(talk_path(talk, "reply"), text=text)
    assert answer.status_code == 413 and text in answer.text


def test_ready_made_replies_work_without_a_script(house: House, ana: Person) -> None:
    talk = house.conversation()
    ana.post(talk_path(talk, "claim"))
    page = ana.post(talk_path(talk, "reply"), text="Dear you,", ready="hello", insert="1").text
    box = re.search(r'<textarea id="reply".*?>\n(.*?)</textarea>', page, re.DOTALL)
    assert box and box[1].startswith("Dear you,\n\nHello, this is Ana Ruiz at ")
    assert all("{" not in entry.filled("Ana") for entry in canned())


def test_a_ready_made_reply_names_the_crisis_line_and_the_emergency_number() -> None:
    text = next(entry.filled("Ana") for entry in canned() if entry.id == "crisis")
    assert clinic().lines.crisis.number in text and clinic().lines.emergency.number in text


def test_notes_never_reach_the_patient(house: House, ana: Person) -> None:
    talk = house.conversation(channel="telegram")
    before = state(house, talk).last_seq
    assert ana.post(talk_path(talk, "note"), text="sounds worried, call soon").status_code == 303
    with house.store.read() as session:
        assert session.scalars(select(Note.text)).all() == ["sounds worried, call soon"]
        assert session.scalars(select(Outbox)).all() == []
    assert state(house, talk).last_seq == before
    assert "sounds worried" in ana.get(talk_path(talk)).text


def test_the_script_gets_words_instead_of_pages(house: House, ana: Person, bo: Person) -> None:
    talk = house.conversation()
    assert ana.send(talk_path(talk, "claim")).status_code == 204
    assert ana.send(talk_path(talk, "reply"), text="hi").status_code == 204
    refused = bo.send(talk_path(talk, "reply"), text="hi")
    assert (refused.status_code, refused.json()["message"]) == (409, "Ana Ruiz has this conversation now.")
    lost = house.browser().post(talk_path(talk, "reply"), data={"text": "hi"}, headers={"X-Fragment": "1"})
    assert lost.status_code == 401


# Red flags


def test_closing_with_an_open_red_flag_needs_a_reason(house: House, ana: Person) -> None:
    talk = house.conversation()
    alert = house.flag(talk)
    assert ana.post(talk_path(talk, "close")).status_code == 400
    assert ana.post(talk_path(talk, f"alerts/{alert}/close"), reason=" ").status_code == 400
    assert state(house, talk).mode == "waiting"
    assert ana.post(talk_path(talk, "close"), reason="Called, is at the hospital").status_code == 303
    assert state(house, talk).mode == "closed"
    with house.store.read() as session:
        assert session.get_one(Alert, alert).close_reason == "Called, is at the hospital"


def test_a_red_flag_is_closed_only_through_its_own_conversation(house: House, ana: Person) -> None:
    alert, other = house.flag(house.conversation()), house.conversation("another")
    assert ana.post(talk_path(other, f"alerts/{alert}/close"), reason="done").status_code == 409
    with house.store.read() as session:
        assert session.get_one(Alert, alert).closed_at is None


def test_a_contact_that_can_be_tapped(house: House, ana: Person) -> None:
    talk = house.conversation("book")
    booking = house.booking(talk)
    for contact, href in {
        "+1 555 010 4477": "tel:+15550104477",
        "ann.lee@mail.example": "mailto:ann.lee@mail.example",
        "mornings, 555 010 4477": "",
        "a@b.example?body=x": "",
    }.items():
        with house.store.write() as session:
            session.execute(update(Booking).where(Booking.id == booking).values(contact=contact))
        ana.post(talk_path(talk, f"bookings/{booking}/contact"))
        side = ana.get(talk_path(talk)).text
        assert re.findall(r'<a href="([^"]*)"><bdi class="contact">', side) == ([href] if href else []), (
            contact
        )


def test_declining_says_that_the_patient_is_not_told(house: House, ana: Person) -> None:
    talk = house.conversation("book")
    house.booking(talk)
    page = ana.get(talk_path(talk)).text
    assert "Mark as declined" in page and "the patient is not told. Write to them." in page


def test_opening_is_written_once_and_ends_no_alarm(house: House, ana: Person, bo: Person) -> None:
    talk = house.conversation()
    alert = house.flag(talk)
    assert "Nobody has looked yet" in ana.get("/staff/?view=urgent").text
    bo.get(talk_path(talk))
    bo.get(talk_path(talk))
    assert [event.actor for event in events(house, talk, "opened")] == ["Bo Lind"]
    with house.store.read() as session:
        assert session.get_one(Alert, alert).seen_by == 2
    queue = ana.get("/staff/?view=urgent").text
    assert re.search(r"Opened by <bdi>Bo Lind</bdi> at \d\d:\d\d, <b>nothing done yet</b>", queue)
    assert 'data-unseen="1"' in queue


@pytest.mark.parametrize("how", ["phoned", "wrote"])
def test_the_alarm_ends_for_everybody_when_somebody_acts(
    house: House, ana: Person, bo: Person, how: str
) -> None:
    talk = house.conversation()
    alert = house.flag(talk)
    if how == "phoned":
        assert "I have phoned" in bo.get(talk_path(talk)).text
        bo.post(talk_path(talk, "phoned"))
    else:
        bo.post(talk_path(talk, "claim"))
        assert 'data-unseen="1"' in ana.get("/staff/?view=urgent").text
        bo.post(talk_path(talk, "reply"), text="Please call us", client_id="a-1")
    with house.store.read() as session:
        found = session.get_one(Alert, alert)
        assert (found.acted_by, found.acted_how, found.closed_at) == (2, how, None)
    queue = ana.get("/staff/?view=urgent").text
    assert 'data-unseen="0"' in queue
    assert re.search(rf"<bdi>Bo Lind</bdi> {how} (to )?the patient at", queue)
    assert [event.actor for event in events(house, talk, "alert_acted")] == ["Bo Lind"]


def test_neither_the_list_nor_a_prefetch_nor_the_live_parts_count_as_looking(
    house: House, ana: Person
) -> None:
    talk = house.conversation()
    alert = house.flag(talk)
    ana.get("/staff/?view=urgent")
    ana.get(talk_path(talk), headers={"Sec-Purpose": "prefetch"})
    assert len(events(house, talk, "opened")) == 1, "a prefetch brings the text too"
    ana.get(f"/staff/fragments/lines?conversation={talk}")
    with house.store.read() as session:
        assert session.get_one(Alert, alert).seen_at is None
    assert len(events(house, talk, "opened")) == 1


# Bookings


def test_booking_moves_on_and_the_slower_one_is_told(house: House, ana: Person, bo: Person) -> None:
    talk = house.conversation()
    path = talk_path(talk, f"bookings/{house.booking(talk)}/state")
    assert ana.post(path, state="contacted", version="1").status_code == 303
    late = bo.post(path, state="declined", version="1")
    assert late.status_code == 409 and "Somebody has changed this request" in late.text
    assert ana.post(path, state="booked", version="2").status_code == 303
    assert ana.post(path, state="nonsense", version="3").status_code == 409
    with house.store.read() as session:
        booking = session.scalars(select(Booking)).one()
    assert (booking.state, booking.version) == ("booked", 3)
    assert [event.data["to"] for event in events(house, talk, "booking")] == ["contacted", "booked"]


@pytest.mark.parametrize("before", ["requested", "contacted", "booked"])
def test_what_a_patient_cancels_is_marked_so_and_can_be_taken_up_again(
    house: House, ana: Person, before: str
) -> None:
    talk = house.conversation()
    path = talk_path(talk, f"bookings/{house.booking(talk)}/state")
    with house.store.write() as session:
        session.execute(update(Booking).values(state=before))
    assert "Patient cancelled" in ana.get(talk_path(talk)).text
    assert ana.post(path, state="cancelled", version="1").status_code == 303
    assert "Margaret Hill" in ana.get("/staff/bookings?state=cancelled").text
    assert f"moved the booking from {before} to cancelled by the patient" in ana.get(talk_path(talk)).text
    assert ana.post(path, state="contacted", version="2").status_code == 303


def test_contact_is_hidden_until_asked_for_and_only_for_who_asked(
    house: House, ana: Person, bo: Person
) -> None:
    talk = house.conversation()
    booking = house.booking(talk)
    for path in (talk_path(talk), "/staff/bookings", f"/staff/fragments/conversation?conversation={talk}"):
        assert "555 010 4477" not in ana.get(path).text
    assert ana.post(talk_path(talk, f"bookings/{booking}/contact")).status_code == 303
    assert (
        "555 010 4477" in ana.get(talk_path(talk)).text and "555 010 4477" in ana.get("/staff/bookings").text
    )
    assert "555 010 4477" not in bo.get(talk_path(talk)).text
    assert [event.actor for event in events(house, talk, "contact_shown")] == ["Ana Ruiz"]
    with house.store.write() as session:
        session.execute(update(Event).values(at=now() - timedelta(minutes=6)))
    assert "555 010 4477" not in ana.get(talk_path(talk)).text


# What is shown


def test_hostile_text_is_only_text_everywhere(house: House, ana: Person) -> None:
    talk = house.conversation(XSS)
    house.booking(talk, name=XSS)
    ana.post(talk_path(talk, "note"), text=XSS)
    ana.post(talk_path(talk, "claim"))
    ana.post(talk_path(talk, "reply"), text=XSS)
    pages = [
        talk_path(talk),
        "/staff/?view=mine",
        "/staff/bookings",
        f"/staff/fragments/lines?conversation={talk}",
        f"/staff/fragments/conversation?conversation={talk}",
        f"/staff/?view={XSS}",
        f"/staff/sign-in?next={XSS}&why={XSS}",
    ]
    for path in pages:
        text = ana.get(path).text
        assert "<script>alert" not in text and "<img src=x" not in text and "<svg onload" not in text, path
        assert 'href="javascript:' not in text, path
    assert "&lt;script&gt;alert(1)" in ana.get(talk_path(talk)).text


def test_links_of_reviewed_text_work_and_those_of_patients_do_not(house: House, ana: Person) -> None:
    talk = house.conversation("see [me](https://evil.example)")
    with house.store.write() as session:
        session.add(
            Message(
                conversation_id=talk,
                seq=90,
                sender="system",
                text="Call [911](tel:911) or [x](javascript:alert(1)) <b>now</b>",
                choices=[],
                sources=[],
            )
        )
    page = ana.get(talk_path(talk)).text
    assert '<a href="tel:911" rel="noreferrer noopener">911</a>' in page
    assert 'href="https://evil.example"' not in page and "<b>now</b>" not in page


def test_what_was_understood_stands_beside_the_answer(house: House, ana: Person) -> None:
    talk = house.conversation("why iron")
    with house.store.write() as session:
        inbound = session.scalars(select(Message.inbound_id).where(Message.conversation_id == talk)).one()
        assert inbound is not None
        session.add(
            TurnLog(
                conversation_id=talk,
                inbound_id=inbound,
                action="action_reply",
                intent="ask_iron_link",
                confidence=0.93,
                runners_up=[["ask_iron_link", 0.93], ["ask_iron_test", 0.04]],
                answer_id="ask_iron_link",
                answer_version="3",
                model="m1",
            )
        )
        for seq in (50, 51):
            session.add(
                Message(
                    conversation_id=talk,
                    seq=seq,
                    sender="assistant",
                    text="Iron.",
                    choices=[],
                    sources=[],
                    inbound_id=inbound,
                )
            )
    page = ana.get(talk_path(talk)).text
    assert page.count("Why this answer") == 1, "only the first message of an answer leads there"
    assert page.count('href="#understood-1"') == page.count('id="understood-1"') == 1
    assert page.count("ask_iron_link</code>") == 1, "what was understood is not its own runner-up"
    for part in ("ask_iron_link</code> 93%", "ask_iron_test</code> 4%", "ask_iron_link (version 3)", "m1"):
        assert part in page


def test_delivery_shows_the_worst_part_and_is_honest_about_not_knowing(house: House, ana: Person) -> None:
    talk = house.conversation(channel="telegram")
    ana.post(talk_path(talk, "claim"))
    ana.post(talk_path(talk, "reply"), text="hello")
    assert "Telegram: waiting to be sent" in ana.get(talk_path(talk)).text
    with house.store.write() as session:
        for row in session.scalars(select(Outbox)):
            row.state = "sent"
            session.add(
                Outbox(
                    message_id=row.message_id,
                    conversation_id=talk,
                    channel="telegram",
                    part=1,
                    state="unknown",
                )
            )
    page = ana.get(talk_path(talk)).text
    assert "may not have arrived" in page and "Telegram: sent" not in page


def test_a_conversation_that_is_gone_is_said_so(house: House, ana: Person) -> None:
    answer = ana.get(talk_path("0" * 32))
    assert answer.status_code == 404 and "no longer there" in answer.text
