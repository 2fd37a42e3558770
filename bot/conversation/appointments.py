"""Appointments in the chat: the buttons under a proposal, what a press does, and what is said of it.

A press is answered in intake, so it needs no Rasa. Each button names one appointment, and is good for as long
as that can still be changed, however long ago it was shown.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.clinic import clinic
from bot.content.texts import text
from bot.conversation.inbox import end
from bot.conversation.messages import add_message, locked
from bot.errors import NotAllowedError
from bot.settings import settings
from bot.store import appointments
from bot.store.models import Appointment, Conversation, Inbound, Message, Timer
from bot.store.modes import change_mode

#: The note on a press that was answered here.
NOTE = "appointment"
#: The kind of a timer that reminds the patient, and when on the day before it is due, on the clinic's wall.
REMIND = "appointment_reminder"
_REMIND_AT = time(10)
_KEY = re.compile(r"appt_(take|none|move|cancel|drop|keep)_(\d{1,9})")


def is_button(choice: str | None) -> bool:
    """Whether the key of a button is one of ours."""
    return bool(choice and _KEY.fullmatch(choice))


def label(session: Session, conversation: Conversation, choice: str) -> str | None:
    """The words on a button of ours; ``None`` if it names no appointment of this conversation."""
    what, appointment = _read(session, conversation, choice)
    if appointment is None:
        return None
    if what == "take":
        return clinic().time_text(appointment.starts_at)
    return text(f"appointments.buttons.{what}")


def offer(proposed: Sequence[Appointment]) -> list[dict[str, str]]:
    """The buttons under a proposal: each time, and none of them."""
    times = [_button("take", one, clinic().time_text(one.starts_at)) for one in proposed]
    return [*times, _button("none", proposed[0], text("appointments.buttons.none"))]


def still_offered(session: Session, conversation_id: str) -> list[dict[str, str]]:
    """The buttons of the times that can still be taken; of the newest request, if there are several."""
    found = session.scalars(
        select(Appointment)
        .where(
            Appointment.conversation_id == conversation_id,
            Appointment.state == "proposed",
            Appointment.starts_at > now(),
        )
        .order_by(Appointment.booking_id.desc(), Appointment.starts_at, Appointment.id)
    ).all()
    newest = [one for one in found if one.booking_id == found[0].booking_id]
    return offer(newest) if newest else []


def ways_out(appointment: Appointment) -> list[dict[str, str]]:
    """The buttons under what is booked."""
    return [_button(what, appointment, text(f"appointments.buttons.{what}")) for what in ("move", "cancel")]


def proposal(proposed: Sequence[Appointment]) -> str:
    """What is said with the times; staff may change it."""
    times = "\n".join(
        text(
            "appointments.to_patient.line",
            time=clinic().time_text(one.starts_at),
            minutes=one.minutes,
            person=one.person,
            place=one.place,
        )
        for one in proposed
    )
    return text("appointments.to_patient.proposal", times=times)


def confirmation(appointment: Appointment, name: str = "booked") -> str:
    """When and where, in words.

    Args:
        name: a text of ``appointments.to_patient``.
    """
    return text(
        f"appointments.to_patient.{name}",
        time=clinic().time_text(appointment.starts_at),
        minutes=appointment.minutes,
        person=appointment.person,
        place=appointment.place,
    )


def press(session: Session, conversation: Conversation, inbound: Inbound) -> None:
    """Do what a button says, answer it, and end the message. Its ``label`` was found before."""
    what, appointment = _read(session, conversation, inbound.choice or "")
    if appointment is None:
        return
    {
        "take": _take,
        "none": _decline,
        "move": _ask_to_move,
        "cancel": _ask_whether_to_cancel,
        "drop": _cancel,
        "keep": _stands,
    }[what](session, conversation, appointment)
    end(inbound, NOTE)


def book(session: Session, conversation: Conversation, appointment: Appointment, *, actor: str) -> str:
    """Book a proposed time, without a word to the patient.

    Returns: a line with the patient's link to the calendar file, or "" where patients cannot reach us.
    Raises:
        NotAllowedError: it cannot be booked any more; nothing is changed then.
    """
    with session.begin_nested():
        token = secrets.token_urlsafe(32)
        appointments.accept(session, appointment, actor=actor, link_hash=digest(token))
        _plan_reminder(session, appointment)
    address = settings().public_url.rstrip("/")
    return (
        f"\n\n{text('appointments.to_patient.calendar')} {address}/appointment/{token}.ics" if address else ""
    )


def remind(session: Session, appointment_id: int, moment: datetime) -> str:
    """Remind the patient of an appointment, if it still stands; returns the outcome for the timer."""
    found = session.get(Appointment, appointment_id)
    conversation = locked(session, found.conversation_id) if found else None
    if found is None or conversation is None:
        return "gone"
    session.refresh(found)
    if found.state != "booked" or found.starts_at <= moment:
        return "over"
    if conversation.consent_at is None:
        return "no consent"
    _say(session, conversation, confirmation(found, "reminder"), ways_out(found))
    return "reminded"


def digest(token: str) -> str:
    """The form in which the secret of a link is stored: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _plan_reminder(session: Session, appointment: Appointment) -> None:
    """A timer for the day before; none if that moment has passed."""
    here = clinic().local(appointment.starts_at)
    due = datetime.combine(here.date() - timedelta(days=1), _REMIND_AT, here.tzinfo)
    if due > now():
        timer = Timer(
            kind=REMIND,
            key=f"{REMIND}:{appointment.id}",
            conversation_id=appointment.conversation_id,
            data={"appointment": appointment.id},
            due_at=due,
        )
        session.add(timer)


def _button(what: str, appointment: Appointment, words: str) -> dict[str, str]:
    return dict(key=f"appt_{what}_{appointment.id}", label=words)


def _read(session: Session, conversation: Conversation, choice: str) -> tuple[str, Appointment | None]:
    found = _KEY.fullmatch(choice)
    if not found:
        return "", None
    appointment = session.get(Appointment, int(found[2]))
    mine = appointment is not None and appointment.conversation_id == conversation.id
    return found[1], appointment if mine else None


def _say(
    session: Session, conversation: Conversation, words: str, choices: Sequence[dict[str, str]] = ()
) -> Message:
    return add_message(session, conversation, "system", words, choices=choices, answer_id=NOTE)


def _take(session: Session, conversation: Conversation, appointment: Appointment) -> None:
    try:
        link = book(session, conversation, appointment, actor="patient")
    except NotAllowedError as refused:
        _not_booked(session, conversation, appointment, refused.message)
        return
    _say(session, conversation, confirmation(appointment) + link, ways_out(appointment))


def _not_booked(session: Session, conversation: Conversation, appointment: Appointment, why: str) -> None:
    """The time is gone: offer what is left, say what is booked, or let staff find others."""
    session.refresh(appointment)
    if appointment.state == "booked":
        _stands(session, conversation, appointment)
        return
    if appointment.state == "proposed":
        appointments.change(session, appointment, "withdraw", actor="system", reason=why)
    standing = appointments.of_booking(session, appointment.booking_id)
    if left := [one for one in standing if one.state == "proposed"]:
        _say(session, conversation, text("appointments.to_patient.gone_others"), offer(left))
    elif booked := [one for one in standing if one.state == "booked"]:
        _say(session, conversation, confirmation(booked[0], "gone_booked"), ways_out(booked[0]))
    else:
        _say(session, conversation, text("appointments.to_patient.gone", when=_when_read()))
        change_mode(session, conversation, "hand_over", actor="patient", reason="no_time_suits")


def _decline(session: Session, conversation: Conversation, appointment: Appointment) -> None:
    standing = appointments.of_booking(session, appointment.booking_id)
    for one in standing:
        if one.state == "proposed":
            why = text("appointments.reasons.none_suits")
            appointments.change(session, one, "decline", actor="patient", reason=why)
    booked = [one for one in standing if one.state == "booked"]
    if booked:
        words = confirmation(booked[0], "none_suits_booked")
        _say(session, conversation, f"{words} {_when_read()}", ways_out(booked[0]))
    else:
        appointments.move_booking(session, appointment.booking_id, "requested", actor="patient")
        _say(session, conversation, text("appointments.to_patient.none_suits", when=_when_read()))
    change_mode(session, conversation, "hand_over", actor="patient", reason="no_time_suits")


def _ask_to_move(session: Session, conversation: Conversation, appointment: Appointment) -> None:
    if appointment.state != "booked":
        _stands(session, conversation, appointment)
        return
    _say(session, conversation, f"{confirmation(appointment, 'move')} {_when_read()}")
    change_mode(session, conversation, "hand_over", actor="patient", reason="other_time")


def _ask_whether_to_cancel(session: Session, conversation: Conversation, appointment: Appointment) -> None:
    if appointment.state != "booked":
        _stands(session, conversation, appointment)
        return
    choices = [_button(what, appointment, text(f"appointments.buttons.{what}")) for what in ("drop", "keep")]
    _say(session, conversation, confirmation(appointment, "sure"), choices)


def _cancel(session: Session, conversation: Conversation, appointment: Appointment) -> None:
    if appointment.state != "booked":
        _stands(session, conversation, appointment)
        return
    why = text("appointments.reasons.by_patient")
    appointments.cancel(session, appointment, actor="patient", reason=why)
    appointments.move_booking(session, appointment.booking_id, "cancelled", actor="patient")
    _say(session, conversation, confirmation(appointment, "cancelled"))
    change_mode(session, conversation, "hand_over", actor="patient", reason="visit_cancelled")


def _stands(session: Session, conversation: Conversation, appointment: Appointment) -> None:
    """Say how it stands, and change nothing."""
    shown = next(
        (one for one in appointments.of_booking(session, appointment.booking_id) if one.state == "booked"),
        None,
    )
    if shown:
        _say(session, conversation, confirmation(shown, "stands"), ways_out(shown))
    else:
        _say(session, conversation, text("appointments.to_patient.nothing_booked"))


def _when_read() -> str:
    """When staff read what is written now."""
    moment = now()
    if clinic().is_open(moment):
        return text("appointments.to_patient.read_soon")
    return text("appointments.to_patient.read_later", opening=clinic().opening_text(moment))
