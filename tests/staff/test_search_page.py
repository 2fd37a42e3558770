"""The page of the search: its form, addresses, pages and refusals."""

from __future__ import annotations

import re
from html import unescape

import httpx

from bot.content.answers import answers
from bot.conversation.erasure import erase
from tests.staff.conftest import House, Person, talk_path
from tests.staff.test_queue import order


def look(person: Person, words: str, **filters: str) -> httpx.Response:
    """Post the form, and follow it."""
    sent = person.post("/staff/search", words=words, **filters)
    assert sent.status_code == 303 and words not in sent.headers["location"]
    return person.get(sent.headers["location"])


def test_the_words_stand_in_no_address_and_the_filters_do(house: House, ana: Person) -> None:
    talk = house.conversation("my canary sings")
    other = house.conversation("my canary <sings> on telegram", channel="telegram")
    both = look(ana, "canary  SINGS")
    assert order(both.text) == [other, talk] and 'value="canary SINGS"' in both.text
    assert "&lt;sings&gt;" in both.text and f"{talk_path(talk)}?view=open#line-1" in both.text
    one = look(ana, "canary", channel="telegram")
    assert order(one.text) == [other] and "channel=telegram" in str(one.url) and "canary" not in str(one.url)
    assert order(ana.get("/staff/search").text) == []  # a new search begins without the words
    assert order(ana.get("/staff/search?outcome=waiting").text) == [other, talk]


def test_an_open_red_flag_is_named_in_what_is_found(house: House, ana: Person) -> None:
    talk = house.conversation("my canary sings")
    assert "Emergency" not in look(ana, "canary").text
    house.flag(talk)
    assert "Emergency" in look(ana, "canary").text


def test_a_phone_number_finds_the_request_and_is_not_shown(house: House, ana: Person) -> None:
    talk = house.conversation()
    house.booking(talk)
    page = look(ana, "555 010 4477").text
    assert order(page) == [talk] and "Margaret Hill" in page and "The contact of a request fits" in page
    assert "+1 555 010 4477" not in page


def test_what_was_erased_is_not_found_any_more(house: House, ana: Person) -> None:
    talk = house.conversation("my canary sings")
    house.booking(talk)
    assert order(look(ana, "canary").text) == order(look(ana, "margaret").text) == [talk]
    erase(house.store, talk)
    for said in ("canary", "margaret", "4477", talk[:6]):
        assert "Nothing found" in look(ana, said).text


def test_pages_are_walked_by_links_and_bad_input_is_told(house: House, ana: Person) -> None:
    talks = [house.conversation(f"legs {number}") for number in range(27)]
    first = look(ana, "legs").text
    (link,) = re.findall(r'href="([^"]+)">Page 2', first)
    assert order(first) == talks[:1:-1] and order(ana.get(unescape(link)).text) == talks[1::-1]
    assert look(ana, "legs", since="soon").status_code == 400
    assert ana.post("/staff/search", words="x" * 121).status_code == 400
    assert ana.get("/staff/search?page=0&said=1").status_code == 400


def test_signing_out_forgets_what_was_searched_for(house: House, ana: Person) -> None:
    look(ana, "canary")
    assert "rla_staff_search" in ana.browser.cookies
    ana.post("/staff/sign-out")
    assert "rla_staff_search" not in ana.browser.cookies


def test_the_topics_on_offer_are_those_of_the_answers(house: House, ana: Person) -> None:
    page = ana.get("/staff/search").text
    assert all(f'value="{topic}"' in page for topic in answers())
