"""Signing in and staying signed in. The browser holds a random token; the database holds its hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.texts import text
from bot.errors import AssistantError, RefusedError
from bot.settings import settings
from bot.staff.auth.accounts import clean_email, verify
from bot.staff.auth.roles import may_open
from bot.store import audit
from bot.store.engine import Store, one_at_a_time
from bot.store.models import SignInAttempt, Staff, StaffSession

FREE_TRIES = 5  # wrong passwords for one account before it slows down
_FIRST_WAIT = timedelta(seconds=15)  # doubles with every further wrong password
_LONGEST_WAIT = timedelta(minutes=5)
ADDRESS_TRIES, ADDRESS_SPAN = 20, timedelta(minutes=5)
_FORGET = timedelta(hours=24)
_TOUCH_EVERY = timedelta(seconds=20)


class SignedOutError(AssistantError):
    """There is no session, or it is over. ``why`` is ``none``, ``expired`` or ``disabled``."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class SignedIn:
    """Who asks."""

    staff: Staff
    csrf: str
    token_hash: str

    def may(self, path: str) -> bool:
        """Whether their role opens the address, for the links to it."""
        return self.staff.role in may_open(path)


def hashed(token: str) -> str:
    """The form in which a session's token is stored: its SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find(session: Session, token: str) -> SignedIn:
    """Who the token belongs to.

    Raises:
        SignedOutError: nobody, or no longer.
    """
    found = session.get(StaffSession, hashed(token)) if token else None
    if found is None:
        raise SignedOutError("expired" if token else "none")
    if _is_over(found):
        raise SignedOutError("expired")
    staff = session.get(Staff, found.staff_id)
    if staff is None or staff.disabled_at is not None:
        raise SignedOutError("disabled")
    return SignedIn(staff, found.csrf, found.token_hash)


def _is_over(found: StaffSession) -> bool:
    moment = now()
    idle = timedelta(minutes=settings().session_idle_minutes)
    return moment - found.seen_at > idle or moment - found.created_at > timedelta(
        hours=settings().session_hours
    )


def touch(store: Store, who: SignedIn) -> None:
    """A person did something: the idle time begins anew."""
    late = now() - _TOUCH_EVERY
    with store.read() as session:
        if not session.scalar(
            select(StaffSession.token_hash).where(
                StaffSession.token_hash == who.token_hash, StaffSession.seen_at < late
            )
        ):
            return
    with store.write() as session:
        session.execute(
            update(StaffSession).where(StaffSession.token_hash == who.token_hash).values(seen_at=now())
        )


def sign_in(
    store: Store, email: str, password: str, *, address: str, old_token: str = "", where: str = ""
) -> str:
    """Check the password and begin a session; returns its token. That it began is in the audit.

    The try is written down before the password is looked at, so that many at once count as many.

    Args:
        where: the page, if it is not the sign-in page.
    Raises:
        RefusedError: 401, the same for a wrong password and an unknown account; 429, too many tries;
            403, the password is right but the account is switched off.
    """
    email = clean_email(email)[:254]
    with store.write() as session:
        tries = _count_try(session, email, address)
        staff = session.scalars(select(Staff).where(Staff.email == email)).first()
    if not verify(staff, password) or staff is None:
        raise RefusedError("wrong", text("staff.refused.wrong_password"), status=401)
    with store.write() as session:
        session.execute(
            delete(SignInAttempt).where(
                or_(SignInAttempt.id.in_(tries), SignInAttempt.key == f"account:{email}")
            )
        )
        current = session.get(Staff, staff.id)
        if current is None or current.disabled_at is not None:
            raise RefusedError("disabled", text("staff.refused.switched_off"), status=403)
        token = begin(session, staff.id, old_token=old_token)
        by = audit.of_staff(staff.id)
        audit.record(session, "signed_in", actor=by, detail=where, address=address)
        return token


def begin(session: Session, staff_id: int, *, old_token: str = "") -> str:
    """A new session with a new token; the one that the browser had before is over."""
    moment = now()
    old = moment - timedelta(hours=settings().session_hours)
    session.execute(
        delete(StaffSession).where(
            or_(StaffSession.token_hash == hashed(old_token), StaffSession.created_at < old)
        )
    )
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            token_hash=hashed(token),
            staff_id=staff_id,
            csrf=secrets.token_urlsafe(24),
            created_at=moment,
            seen_at=moment,
        )
    )
    session.flush()
    return token


def sign_out(session: Session, who: SignedIn) -> None:
    """End this session; others of the same person go on."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == who.token_hash))


def _count_try(session: Session, email: str, address: str) -> list[int]:
    """Write down a try by account and by address; returns the rows' ids.

    Raises:
        RefusedError: 429, with the seconds to wait. A refused try does not count, so nobody waits for ever.
    """
    one_at_a_time(
        session, f"account:{email}"
    )  # else many tries at once would all count the same few before them
    one_at_a_time(session, f"address:{address}")
    moment = now()
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < moment - _FORGET))
    by_address = session.scalars(
        select(SignInAttempt.at)
        .where(SignInAttempt.key == f"address:{address}", SignInAttempt.at > moment - ADDRESS_SPAN)
        .order_by(SignInAttempt.at)
    ).all()
    if len(by_address) >= ADDRESS_TRIES:
        _wait(by_address[len(by_address) - ADDRESS_TRIES] + ADDRESS_SPAN, moment)
    failures, last = session.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(SignInAttempt.key == f"account:{email}")
    ).one()
    if failures >= FREE_TRIES:
        _wait(last + min(_FIRST_WAIT * 2 ** min(failures - FREE_TRIES, 10), _LONGEST_WAIT), moment)
    rows = [
        SignInAttempt(key=f"account:{email}", at=moment),
        SignInAttempt(key=f"address:{address}"[:300], at=moment),
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _wait(until: datetime, moment: datetime) -> None:
    seconds = (until - moment).total_seconds()
    if seconds > 0:
        if seconds < 90:
            wait = text("staff.refused.seconds", number=f"{seconds:.0f}")
        else:
            wait = text("staff.refused.minutes", number=f"{seconds / 60:.0f}")
        raise RefusedError(
            "too_many",
            text("staff.refused.too_many_tries", wait=wait),
            status=429,
            retry_after=max(1, round(seconds)),
        )
