"""What no reviewed text answers is listed for the clinician who writes next, by how many patients asked
it."""

from __future__ import annotations

import re
from itertools import count

from bot.answers_command import table
from bot.clock import now
from bot.content.answers import TEACHING, answers
from bot.content.facets import facet_kinds, facets
from bot.staff.open_questions import open_questions
from bot.store.engine import Store
from bot.store.models import Conversation, Inbound, TurnLog
from tests.staff.conftest import House, Person

Cell = tuple[str, str]
#: Two cells of topic and facet without a text, and one that has one.
GAPS: list[Cell] = [
    (line.id, facet)
    for line in answers().values()
    if line.group in TEACHING and line.id in facets()
    for facet in facet_kinds()
    if facet not in facets()[line.id].facets
][:2]
WRITTEN: Cell = next(
    (topic, next(iter(own.facets))) for topic, own in facets().items() if topic in answers() and own.facets
)
_numbers = count()


def asked(store: Store, cell: Cell, *, patients: int, times: int = 1, open: bool = True) -> None:
    for _ in range(patients):
        with store.write() as session:
            session.add(talk := Conversation(channel="widget", consent_at=now()))
            session.flush()
            inbound = Inbound(
                conversation_id=talk.id,
                channel="widget",
                external_id=f"q{next(_numbers)}",
                text="-",
                seq=1,
                state="done",
            )
            session.add(inbound)
            session.flush()
            facts = {"asks": cell[1], **({"open": cell[1]} if open else {})}
            session.add_all(
                TurnLog(
                    conversation_id=talk.id,
                    inbound_id=inbound.id,
                    action="action_reply",
                    ordinal=ordinal,
                    answer_id=cell[0],
                    facts=facts,
                )
                for ordinal in range(times)
            )


def test_gaps_come_by_how_many_patients_met_them(store: Store) -> None:
    asked(store, GAPS[0], patients=1, times=3)
    asked(store, GAPS[1], patients=2)
    asked(store, WRITTEN, patients=5)  # it has a text by now
    asked(store, GAPS[0], patients=4, open=False)  # it was answered
    with store.read() as session:
        found = open_questions(session)
    assert [(gap.topic, gap.facet, gap.patients) for gap in found] == [(*GAPS[1], 2), (*GAPS[0], 1)]
    printed = table(found)
    assert [line.split()[-2] for line in printed[1:]] == ["2", "1"]


def test_the_console_shows_them_and_says_when_nothing_is_open(house: House, bo: Person) -> None:
    assert "Nothing is open" in bo.get("/staff/open-questions").text
    assert "Nothing is open" in table([])[0]
    asked(house.store, GAPS[0], patients=3)
    rows = re.findall(r"<tr><td>(.*?)</td><td>(\d+)</td>", bo.get("/staff/open-questions").text)
    assert [(facet_kinds()[GAPS[0][1]].name in named, number) for named, number in rows] == [(True, "3")]
