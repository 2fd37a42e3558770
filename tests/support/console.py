"""A conversation in front of the console, for browser tests: it is begun, taken and looked at."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page
from sqlalchemy import select

from bot.clock import now
from bot.conversation.messages import add_message
from bot.staff import desk
from bot.store.engine import Store
from bot.store.models import Alert, Booking, Conversation, Inbound, Staff
from bot.store.modes import change_mode


def talk(
    store: Store, *lines: str, mode: str = "waiting", flag: str = "", book: bool = False, name: str = ""
) -> str:
    """A conversation that waits, or is with Dana (``staff``); returns its path in the console."""
    with store.write() as session:
        made = Conversation(channel="widget", consent_at=now())
        session.add(made)
        session.flush()
        inbound = Inbound(
            conversation_id=made.id, channel="widget", external_id=made.id, text="x", seq=1, state="done"
        )
        session.add(inbound)
        session.flush()
        for text in lines or ("can I talk to a person",):
            line = add_message(session, made, "patient", text, inbound_id=inbound.id)
        change_mode(session, made, "hand_over", actor="patient", reason="asked")
        if flag:
            session.add(
                Alert(
                    conversation_id=made.id,
                    inbound_id=inbound.id,
                    flags=["R2"],
                    tier=flag,
                    seq=line.seq,
                    raised_at=now(),
                )
            )
        if book:
            booking = {
                "name": name,
                "contact": "+1 555 010 4477",
                "times": "Tuesdays",
                "reason": "legs",
                "consent_at": now(),
            }
            session.add(Booking(conversation_id=made.id, inbound_id=inbound.id, **booking))
        if mode == "staff":
            desk.claim(session, made.id, person(session, "Dana Whitfield"))
        return f"/staff/conversations/{made.id}"


def person(session: Any, name: str) -> Staff:
    return session.scalars(select(Staff).where(Staff.name == name)).one()  # type: ignore[no-any-return]


def sam_takes(store: Store, path: str) -> None:
    with store.write() as session:
        desk.take_over(session, path.rsplit("/", 1)[1], person(session, "Sam Ortiz"), "her break")


def news(page: Page) -> None:
    """A change that another process made is found without a notification after half a minute; this finds
    it now."""
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def in_view(place: Locator) -> bool:
    return bool(
        place.evaluate(
            "node => { const r = node.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && r.height > 0 }"
        )
    )


def too_wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
