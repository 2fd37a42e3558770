"""Under "Understood" staff see what the assistant made of each message and why it answered so, in plain
words."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from sqlalchemy import select, update

from bot.content.answers import answers
from bot.staff.understood import Guess
from bot.store.models import Alert, Inbound, TurnLog
from tests.staff.conftest import House, Person, talk_path


def turn(house: House, talk: str, **kept: Any) -> int:
    """Log a turn about the conversation's last message; returns that message's row in the inbox."""
    with house.store.write() as session:
        inbound = session.scalars(
            select(Inbound.id).where(Inbound.conversation_id == talk).order_by(Inbound.id.desc())
        ).first()
        assert inbound is not None
        session.add(TurnLog(conversation_id=talk, inbound_id=inbound, action="action_answer", **kept))
        return inbound


def facts(page: str, seq: int) -> dict[str, str]:
    """What stands under "Understood" about a message, by its name, without the marks of the page."""
    entry = re.search(rf'<details class="understood" id="understood-{seq}".*?</details>', page, re.DOTALL)
    assert entry, f"nothing is shown of message {seq}"
    rows = re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", entry[0], re.DOTALL)
    return {name: unescape(" ".join(re.sub(r"<[^>]+>", " ", value).split())) for name, value in rows}


def test_all_that_was_kept_of_a_turn_is_shown(house: House, ana: Person) -> None:
    talk = house.conversation("does pregablin help?")
    turn(
        house,
        talk,
        intent="ask_iron_link",
        confidence=0.93,
        runners_up=[["ask_iron_link", 0.93], ["ask_iron_test", 0.04]],
        answer_id="ask_iron_link",
        answer_version="3",
        model="m1",
        decided_by="topic",
        read_as="does pregabalin help",
        leaned_on="ask_iron_test",
        facts={"pregnant": "yes", "likes_tea": "mentioned"},
    )
    shown = facts(ana.get(talk_path(talk)).text, 1)
    titles = {key: answers()[key].title for key in ("ask_iron_link", "ask_iron_test")}
    assert shown == {
        "Topic": f"{titles['ask_iron_link']} ask_iron_link 93%",
        "Also likely": f"{titles['ask_iron_test']} ask_iron_test 4%",
        "Read as": "does pregabalin help",
        "Goes on about": f"{titles['ask_iron_test']} ask_iron_test",
        "Heard": "Pregnant or breastfeeding: yes Likes tea: mentioned",
        "Decided by": "It took the topic it was most sure of. topic",
        "Answer": "ask_iron_link (version 3)",
        "Action": "action_answer",
        "Model": "m1",
    }


def test_an_old_turn_of_which_little_was_kept_shows_that_and_no_more(house: House, ana: Person) -> None:
    talk = house.conversation("hm")
    turn(house, talk, runners_up=[])
    assert facts(ana.get(talk_path(talk)).text, 1) == {"Topic": "nothing known", "Action": "action_answer"}


def test_a_message_that_was_read_as_it_stands_is_not_repeated(house: House, ana: Person) -> None:
    talk = house.conversation("Why iron?")
    turn(house, talk, runners_up=[], read_as="why  iron")
    assert "Read as" not in facts(ana.get(talk_path(talk)).text, 1)


def test_a_red_flag_says_what_raised_it_and_how_surely(house: House, ana: Person) -> None:
    talk = house.conversation("hello")
    alert = house.flag(talk)
    with house.store.write() as session:
        kept = {"raised_by": "r02_chest.yml rule 3, classifier", "score": 2.345}
        session.execute(update(Alert).where(Alert.id == alert).values(**kept))
    shown = facts(ana.get(talk_path(talk)).text, 2)
    assert shown["Red flag"] == "Chest or breathing, emergency"
    assert shown["Raised by"] == "r02_chest.yml rule 3, the trained classifier"
    assert shown["Score"].startswith("2.3 ")


def test_it_is_closed_until_it_is_asked_for_and_the_newest_stands_on_top(house: House, ana: Person) -> None:
    talk = house.conversation("first")
    turn(house, talk, runners_up=[], intent="ask_iron_link", confidence=0.4)
    house.flag(talk)
    page = ana.get(talk_path(talk)).text
    side = page[page.index('id="side"') :]
    assert [int(number) for number in re.findall(r'id="understood-(\d+)"', side)] == [2, 1]
    assert "<details open" not in side and " open>" not in side
    assert "(unsure)" in side and '<span class="chip low">unsure</span>' in side


def test_the_side_is_drawn_anew_when_a_turn_comes(house: House, ana: Person) -> None:
    talk = house.conversation("why iron")
    path = f"/staff/fragments/conversation?conversation={talk}"
    before, after = None, None
    for attempt in range(2):
        found = re.search(r'id="side"[^>]* data-state="([^"]+)"', ana.get(path).text)
        assert found
        before, after = after, found[1]
        if attempt == 0:
            turn(house, talk, runners_up=[])
    assert before != after


def test_hostile_words_stay_words(house: House, ana: Person) -> None:
    talk = house.conversation("<b>now</b>")
    turn(house, talk, runners_up=[], read_as="<i>x</i>", facts={"<u>": "<s>"}, decided_by="<em>")
    page = ana.get(talk_path(talk)).text
    assert not re.search(r"<(b|i|u|s|em)>(now|x|&lt;)", page) and "<em>" not in page and "<u>" not in page


def test_a_topic_without_a_title_is_shown_by_its_name() -> None:
    assert (Guess("no_such_topic", None).title, Guess("no_such_topic", None).percent) == ("", "?")
