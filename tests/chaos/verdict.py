"""What counts as a fault of ours: the ledger against what is stored, and against what patients saw."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.telegram.render import render
from bot.store.engine import Store
from bot.store.models import Alert, Booking, Conversation, Inbound, Message, Outbox, TurnLog
from tests.chaos.ledger import Account, Op
from tests.chaos.scripts import CONTACT
from tests.support.bot_api_wire import Sent


@dataclass
class Verdict:
    """Counts, with a line for each thing that is wrong.

    Args:
        unacknowledged: sent, and neither acknowledged nor refused to the end.
        unanswered: acknowledged and stored, but neither answered, handed over nor set aside.
        wrong: answered with something else than while all was well.
        set_aside: given up on, visibly for patient and staff.
        unknown: Telegram messages that may have been sent; ``unknown_allowed`` were in flight at a fault.
    """

    invoked: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    unanswered: int = 0
    wrong: int = 0
    set_aside: int = 0
    unknown: int = 0
    unknown_allowed: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        bad = self.lost + self.doubled + self.disordered + self.unanswered + self.unacknowledged + self.wrong
        return bad == 0 and self.unknown <= self.unknown_allowed

    def worst(self, count: int) -> list[str]:
        """The gravest findings."""
        return sorted(self.findings, key=lambda text: text.startswith("wrong"))[:count]

    def note(self, what: str, text: str) -> None:
        setattr(self, what, getattr(self, what) + 1)
        self.findings.append(f"{what}: {text}")


def judge(store: Store, accounts: Sequence[Account], sent: Sequence[Sent], unknown_allowed: int) -> Verdict:
    """Compare everything. Call when nothing is on its way any more."""
    verdict = Verdict(unknown_allowed=unknown_allowed)
    by_chat: dict[str, list[Sent]] = defaultdict(list)
    for message in sent:
        by_chat[str(message.chat)].append(message)
    with store.read() as session:
        for account in accounts:
            _Case(session, verdict, account).look(by_chat.get(account.address, []))
    return verdict


class _Case:
    """One conversation."""

    def __init__(self, session: Session, verdict: Verdict, account: Account) -> None:
        self.session, self.verdict, self.account = session, verdict, account
        self.conversation = self._find()
        identifier = self.conversation.id if self.conversation else ""
        self.name = f"{account.channel} {identifier[:8] or account.address} ({account.script})"
        self.lines = self._rows(Message, Message.conversation_id == identifier, Message.seq)
        self.inbox = self._rows(Inbound, Inbound.conversation_id == identifier, Inbound.id)
        self.by_key: dict[str, list[Inbound]] = defaultdict(list)
        for row in self.inbox:
            self.by_key[row.external_id.split(":", 1)[1]].append(row)

    def _rows(self, model: Any, where: Any, order: Any) -> list[Any]:
        return list(self.session.scalars(select(model).where(where).order_by(order)))

    def _find(self) -> Conversation | None:
        if self.account.channel == "telegram":
            where = (Conversation.channel == "telegram", Conversation.external_id == self.account.address)
        else:
            where = (Conversation.token_hash == self.account.address,)
        return self.session.scalars(select(Conversation).where(*where)).first()

    def note(self, what: str, text: str) -> None:
        self.verdict.note(what, f"{self.name}: {text}")

    def look(self, sent: list[Sent]) -> None:
        self._inbound()
        self._order()
        self._answers()
        self._effects()
        if self.account.channel == "widget":
            self._screen()
        else:
            self._outbound(sent)

    def _inbound(self) -> None:
        """Everything acknowledged is stored, once, in the patient's words."""
        for op in self.account.ops:
            self.verdict.invoked += 1
            rows = self.by_key.get(op.key, [])
            if op.refused:
                self.note("lost", f"message {op.number} refused: {op.refused}")
            if op.acknowledged is None:
                self.note("unacknowledged", f"message {op.number} after {op.tries} tries")
                continue
            self.verdict.acknowledged += 1
            patients = [
                line
                for row in rows
                for line in self.lines
                if line.inbound_id == row.id and line.sender == "patient"
            ]
            if not rows or not patients:
                self.note("lost", f"message {op.number} acknowledged and not stored")
            elif len(rows) > 1 or len(patients) > 1:
                self.note("doubled", f"message {op.number} stored {max(len(rows), len(patients))} times")
            elif op.step.text and patients[0].text != op.step.text:
                self.note("lost", f"message {op.number} has other words")
            elif op.seq is not None and op.seq != patients[0].seq:
                self.note(
                    "disordered", f"message {op.number} was promised seq {op.seq} and has {patients[0].seq}"
                )

    def _order(self) -> None:
        """Messages stand as they were sent, lines are numbered without a gap, answers come in the order of
        the messages."""
        stored = [row.id for op in self.account.ops for row in self.by_key.get(op.key, [])[:1]]
        seqs = {line.inbound_id: line.seq for line in self.lines if line.sender == "patient"}
        places = [seqs.get(identifier, 0) for identifier in stored]
        if stored != sorted(stored) or places != sorted(places):
            self.note("disordered", "messages are stored in another order than sent")
        if [line.seq for line in self.lines] != list(range(1, len(self.lines) + 1)):
            self.note("disordered", "line numbers have gaps")
        answered = [line.inbound_id for line in self.lines if line.sender == "assistant" and line.inbound_id]
        if answered != sorted(answered):
            self.note("disordered", f"answers overtake each other: {answered}")

    def _answers(self) -> None:
        """Each message has its answer, once."""
        given_up = False
        for op in self.account.ops:
            for row in self.by_key.get(op.key, [])[:1]:
                said = [line for line in self.lines if line.inbound_id == row.id and line.sender != "patient"]
                if row.state == "pending":
                    self.note("unanswered", f"message {op.number} is still open after {row.attempts} tries")
                elif row.state == "set_aside":
                    given_up = True
                    self.verdict.set_aside += 1
                    if not said or self.conversation.mode not in ("waiting", "staff"):  # type: ignore[union-attr]
                        self.note("unanswered", f"message {op.number} was set aside without a word")
                elif row.note == "answered":
                    self._answer(
                        op, [line for line in said if line.sender == "assistant"], strict=not given_up
                    )
                elif row.note == "red_flag":
                    urgent = sum(line.urgent for line in said)
                    if urgent != 1:
                        self.note(
                            "doubled" if urgent else "unanswered",
                            f"red flag {op.number} answered {urgent} times",
                        )
                if op.step.urgent and row.note != "red_flag":
                    self.note("unanswered", f"red flag {op.number} not seen")

    def _answer(self, op: Op, said: list[Message], *, strict: bool) -> None:
        names = tuple(line.answer_id or "?" for line in said)
        again = [text for text, times in Counter(line.text for line in said).items() if times > 1]
        if not said:
            self.note("unanswered", f"message {op.number} has no answer")
        elif again:
            self.note("doubled", f"message {op.number} {op.step.text!r} answered twice: {names}")
        elif strict and op.step.expect is not None and names != op.step.expect:
            self.note(
                "wrong",
                f"message {op.number} {op.step.text or op.step.choice!r}: {names} instead of {op.step.expect}",
            )

    def _effects(self) -> None:
        """What actions did, they did once, with the words that were meant."""
        identifier = self.conversation.id if self.conversation else ""
        alerts = self._rows(Alert, Alert.conversation_id == identifier, Alert.id)
        flags = sum(op.step.urgent for op in self.account.ops if op.acknowledged)
        if len(alerts) != flags:
            self.note(
                "doubled" if len(alerts) > flags else "lost", f"{len(alerts)} alerts for {flags} red flags"
            )
        turns = Counter(
            (row.inbound_id, row.action, row.ordinal)
            for row in self._rows(TurnLog, TurnLog.conversation_id == identifier, TurnLog.id)
        )
        if any(times > 1 for times in turns.values()):
            self.note("doubled", "an action is logged twice")
        bookings = self._rows(Booking, Booking.conversation_id == identifier, Booking.id)
        wanted = int(
            self.account.script == "booking"
            and any(op.step.expect == ("booking_done",) and op.acknowledged for op in self.account.ops)
        )
        if any(row.state == "set_aside" for row in self.inbox):
            return
        if len(bookings) != wanted:
            self.note(
                "doubled" if len(bookings) > wanted else "lost",
                f"{len(bookings)} booking requests instead of {wanted}",
            )
        for booking in bookings:
            if {key: getattr(booking, key) for key in CONTACT} != CONTACT:
                self.note(
                    "wrong",
                    f"the booking reads {booking.name!r}, {booking.contact!r}, {booking.times!r}, {booking.reason!r}",
                )

    def _screen(self) -> None:
        """The widget showed every line once, in order, and nothing that is not stored."""
        stored = [(line.seq, line.sender, line.text) for line in self.lines]
        if self.account.gaps:
            self.note("disordered", f"{self.account.gaps} lines seen twice or out of order")
        elif self.account.seen != stored:
            known = set(stored)
            gone = [line for line in self.account.seen if line not in known]
            self.note(
                "lost",
                f"{len(gone)} lines seen and not stored, {len(stored) - len(self.account.seen)} stored and not seen",
            )

    def _outbound(self, sent: list[Sent]) -> None:
        """Telegram showed each line once, in order; where nobody can say, the row is marked unknown."""
        rows = self._rows(
            Outbox, Outbox.conversation_id == (self.conversation.id if self.conversation else ""), Outbox.id
        )
        by_line = {line.id: line for line in self.lines}
        rows.sort(key=lambda row: (by_line[row.message_id].seq, row.part))
        said = [line for line in self.lines if line.sender != "patient"]
        if {row.message_id for row in rows} != {line.id for line in said}:
            self.note("lost", "a line was never queued for Telegram")
        left = list(sent)
        for row in rows:
            text = render(by_line[row.message_id])[row.part].text
            place = next(
                (index for index, message in enumerate(left) if str(message.message_id) == row.provider_id),
                None,
            )
            if row.state == "sent":
                if place is None:
                    self.note("lost", f"line {by_line[row.message_id].seq} is marked sent, and nobody saw it")
                elif place > 0:
                    self.note("disordered", f"line {by_line[row.message_id].seq} came too late")
                    del left[place]
                else:
                    del left[0]
            elif row.state == "unknown":
                self.verdict.unknown += 1
                if (
                    left
                    and left[0].text == text
                    and not any(str(left[0].message_id) == other.provider_id for other in rows)
                ):
                    del left[0]
            else:
                self.note("lost", f"line {by_line[row.message_id].seq} is {row.state} ({row.error})")
        for message in left:
            self.note(
                "doubled", f"Telegram shows a message that no row of ours accounts for: {message.text[:60]!r}"
            )
