"""Accounts of the people who work here: adding, passwords, switching off."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.clock import now
from bot.content.texts import text
from bot.conversation.held import release_all
from bot.errors import RefusedError
from bot.staff.auth.roles import CARE, ROLES
from bot.store.models import Conversation, SignInAttempt, Staff, StaffSession

MIN_PASSWORD = 12
MAX_PASSWORD = 256

# What is left of a bad password once digits, signs and the usual swaps (0 for o, 3 for e) are undone.
_COMMON_WORDS = """
password passwort passw admin administrator welcome letmein changeme qwerty qwertyuiop qwertyasdf asdfghjkl
zxcvbnm qazwsx qazwsxedc iloveyou monkey dragon football baseball princess sunshine superman batman master
secret login hello trustno starwars whatever clinic doctor nurse reception receptionist staff hospital restless
restlesslegs truffles veins summer winter spring autumn january monday test testing temp temporary default
guest user access abc abcdef abcdefgh abcdefghijkl abcd aaa correcthorsebatterystaple
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_SWAPS = str.maketrans("013457@$!", "oieastasi")

_hasher = PasswordHasher()  # argon2id, 64 MiB, 3 passes: RFC 9106, second recommended option
_slots = threading.BoundedSemaphore(4)  # 64 MiB each: a burst of sign-ins must not eat the memory


def clean_email(email: str) -> str:
    """The e-mail address as it is kept: trimmed and in lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def add_staff(session: Session, email: str, name: str, role: str, password: str) -> Staff:
    """Add an account.

    Raises:
        RefusedError: the address, name, role or password will not do, or the address has an account already.
    """
    email, name = clean_email(email), " ".join(name.split())
    if len(email) > 254 or not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise RefusedError("email", text("staff.refused.email"))
    if not name or len(name) > 120:
        raise RefusedError("name", text("staff.refused.name"))
    _check_role(role)
    check_password(password, email=email, name=name)
    if session.scalar(select(Staff.id).where(Staff.email == email)):
        raise RefusedError("duplicate", text("staff.refused.duplicate", email=email), status=409)
    staff = Staff(email=email, name=name, role=role, password_hash=_hash(password))
    session.add(staff)
    session.flush()
    return staff


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise RefusedError(
            "unknown_role", text("staff.refused.role", roles=text("staff.refused.roles_or").join(ROLES))
        )


def set_role(session: Session, staff_id: int, role: str, *, by: Staff) -> str:
    """Give an account another role, from its next request on; returns the one before.

    Who may no longer see patients holds none.

    Raises:
        RefusedError: there is no such role or account, or it is the last admin's.
    """
    _check_role(role)
    staff = session.get(Staff, staff_id, with_for_update=True)
    if staff is None:
        raise RefusedError("gone", text("staff.refused.account_gone"), status=404)
    if role != "admin":
        _refuse_last_admin(session, staff)
    before, staff.role = staff.role, role
    if role not in CARE:
        release_all(session, staff, "switched_off", actor=by.name)
    session.flush()
    return before


def _refuse_last_admin(session: Session, staff: Staff) -> None:
    others = (
        select(func.count())
        .select_from(Staff)
        .where(Staff.role == "admin", Staff.disabled_at.is_(None), Staff.id != staff.id)
    )
    if staff.role == "admin" and not session.scalar(others):
        raise RefusedError("last", text("staff.refused.last_admin"), status=409)


def by_email(session: Session, email: str) -> Staff:
    """The account of an address.

    Raises:
        RefusedError: there is none.
    """
    found = session.scalars(select(Staff).where(Staff.email == clean_email(email))).first()
    if found is None:
        raise RefusedError("gone", text("staff.refused.no_account", email=clean_email(email)), status=404)
    return found


def check_password(password: str, *, email: str = "", name: str = "") -> None:
    """Refuse a password that is easy to guess.

    Long rather than complicated, as NIST SP 800-63B has it.

    Raises:
        RefusedError: it is too short, too long, or one of the common ones.
    """
    if len(password) < MIN_PASSWORD:
        raise RefusedError(
            "password",
            text("staff.refused.password_short", least=MIN_PASSWORD),
        )
    if len(password) > MAX_PASSWORD:
        raise RefusedError("password", text("staff.refused.password_long", most=MAX_PASSWORD))
    plain = password.lower()
    letters = re.sub(r"[^a-z]", "", plain)
    core = re.sub(r"^[^a-z]+|[^a-z]+$", "", plain)
    swapped = re.sub(r"[^a-z]", "", core.translate(_SWAPS))
    own = {part for part in re.split(r"[^a-z]+", f"{email} {name}".lower()) if len(part) > 3}
    guesses = {letters, swapped, _unrepeated(letters), _unrepeated(swapped)}
    if len(set(plain)) < 5 or plain.isdigit() or guesses & (_COMMON | own) or plain in (email, name.lower()):
        raise RefusedError(
            "password",
            text("staff.refused.password_easy"),
        )


def _unrepeated(letters: str) -> str:
    """``abcabc`` is ``abc``."""
    for size in range(1, len(letters) // 2 + 1):
        if len(letters) % size == 0 and letters[:size] * (len(letters) // size) == letters:
            return letters[:size]
    return letters


def set_password(session: Session, staff: Staff, password: str, *, keep: str = "") -> None:
    """Give ``staff`` a new password and end their sessions, but for the one whose token hash is ``keep``."""
    check_password(password, email=staff.email, name=staff.name)
    kept = session.get(Staff, staff.id, populate_existing=True)
    if kept is None:
        raise RefusedError("gone", text("staff.refused.account_gone"), status=404)
    kept.password_hash = _hash(password)
    session.execute(
        delete(StaffSession).where(StaffSession.staff_id == staff.id, StaffSession.token_hash != keep)
    )
    session.flush()


def reset_password(session: Session, email: str, password: str) -> Staff:
    """A new password for somebody who is locked out: their sessions end, and their wrong tries are
    forgotten, so that it works at once."""
    staff = by_email(session, email)
    set_password(session, staff, password)
    session.execute(delete(SignInAttempt).where(SignInAttempt.key == f"account:{staff.email}"))
    return staff


def end_sessions(session: Session, staff: Staff | None) -> int:
    """Sign somebody out everywhere, or everybody; returns how many sessions that were."""
    doomed = (
        delete(StaffSession)
        if staff is None
        else delete(StaffSession).where(StaffSession.staff_id == staff.id)
    )
    return len(session.scalars(doomed.returning(StaffSession.token_hash)).all())


def verify(staff: Staff | None, password: str) -> bool:
    """Whether the password is right. Takes as long for an account that does not exist."""
    known = staff.password_hash if staff else _nobody()
    try:
        with _slots:
            right = _hasher.verify(known, _normal(password[: MAX_PASSWORD + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return right and staff is not None


def set_disabled(session: Session, staff_id: int, disabled: bool, *, by: Staff | None = None) -> Staff:
    """Switch an account off or on again. A session of it is refused at its next request, and what it holds
    goes back.

    Args:
        by: who does it, or ``None`` on the command line.
    Raises:
        RefusedError: it is one's own account, or the last admin's.
    """
    staff = session.get(Staff, staff_id, with_for_update=True)
    if staff is None:
        raise RefusedError("gone", text("staff.refused.account_gone"), status=404)
    if disabled and by is not None and staff.id == by.id:
        raise RefusedError("own", text("staff.refused.own_account"), status=409)
    if disabled:
        _refuse_last_admin(session, staff)
    staff.disabled_at = now() if disabled else None
    if disabled:
        release_all(session, staff, "switched_off", actor=by.name if by else "system")
    session.flush()
    return staff


def everyone(session: Session) -> Sequence[tuple[Staff, int]]:
    """All accounts, each with how many conversations it holds."""
    held = (
        select(func.count())
        .select_from(Conversation)
        .where(Conversation.claimed_by == Staff.id)
        .correlate(Staff)
        .scalar_subquery()
    )
    rows = session.execute(select(Staff, held).order_by(Staff.disabled_at.is_not(None), Staff.name))
    return [(staff, count) for staff, count in rows]


def colleagues(session: Session, staff: Staff) -> list[Staff]:
    """Whom ``staff`` can hand a conversation to, by name."""
    others = select(Staff).where(
        Staff.disabled_at.is_(None), Staff.id != staff.id, Staff.role.in_(sorted(CARE))
    )
    return list(session.scalars(others.order_by(Staff.name)))


def _hash(password: str) -> str:
    with _slots:
        return _hasher.hash(_normal(password))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


@cache
def _nobody() -> str:
    return _hash("nobody has this password")
