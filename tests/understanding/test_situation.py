"""Who and what a message is about beside its topic."""

from __future__ import annotations

import pytest

from bot.understanding.situation import find_context


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("I'm 30 weeks pregnant and can't sleep", {"pregnant": "yes"}),
        ("I am on dialysis three times a week", {"kidney": "yes"}),
        ("i take ropinirole", {"dopamine": "yes"}),
        ("been on Lyrica for two years", {"gabapentinoid": "yes"}),
        ("my methadone is not working", {"opioid": "yes"}),
        ("im on requip and gabapentin", {"dopamine": "yes", "gabapentinoid": "yes"}),
        ("and if I’m pregnant?", {"pregnant": "yes"}),
    ],
)
def test_facts(text: str, facts: dict[str, str]) -> None:
    assert find_context(text).facts == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("no, not pregnant", {"pregnant": "no"}),
        ("sorry, I'm not pregnant", {"pregnant": "no"}),
        ("I don't take gabapentin", {"gabapentinoid": "no"}),
        ("i'm not on dialysis", {"kidney": "no"}),
        ("I have no kidney disease", {"kidney": "no"}),
        ("no i'm not taking any opioids", {"opioid": "no"}),
    ],
)
def test_corrections(text: str, facts: dict[str, str]) -> None:
    assert find_context(text).facts == facts


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("what if i get pregnant", "pregnant"),
        ("i'm trying to get pregnant", "pregnant"),
        ("when i was pregnant with my first i had this", "pregnant"),
        ("is ropinirole safe", "dopamine"),
        ("does gabapentin help", "gabapentinoid"),
        ("would methadone help me", "opioid"),
        ("my doctor says they dont like giving pramipexole any more", "dopamine"),
        ("how is mirapex different", "dopamine"),
        ("arent opioids addictive", "opioid"),
        ("a friend is on buprenorphine", "opioid"),
        ("is it common with bad kidneys", "kidney"),
    ],
)
def test_what_is_only_asked_or_past_or_of_a_stranger_is_no_fact(text: str, mention: str) -> None:
    found = find_context(text)
    assert mention not in found.facts
    assert mention in found.mentions


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("is that safe for my son", "child"),
        ("my 8 year old says his legs feel funny", "child"),
        ("what can my husband take", "other"),
        ("my mum is on dialysis, her legs never stop", "other"),
        ("not for my son, for me", "self"),
        ("it's my son not me", "child"),
        ("I meant my husband", "other"),
        ("my wife is pregnant", "other"),
    ],
)
def test_subject(text: str, subject: str) -> None:
    assert find_context(text).facts.get("subject") == subject


@pytest.mark.parametrize(
    "text",
    [
        "my mum had it too, do i have it",
        "my dad had parkinsons and now my legs are going",
        "my husband rubs my calves",
        "my nan says eat liver",
        "I snap at my kids because i'm tired",
        "will my kids get it",
        "is it harmful to my unborn baby",
        "my wife says i kick her",
    ],
)
def test_family_that_only_comes_into_the_story_is_not_the_subject(text: str) -> None:
    assert "subject" not in find_context(text).facts


@pytest.mark.parametrize("text", ["no wait, not pregnant", "oops, I'm not pregnant"])
def test_a_correction_takes_the_fact_back(text: str) -> None:
    assert find_context(text).facts == {"pregnant": "no"}


def test_a_relatives_medicine_is_not_the_patients() -> None:
    assert find_context("my dad takes ropinirole for parkinsons, will my legs need it too").facts == {}


def test_children_in_general_are_a_mention() -> None:
    found = find_context("does that apply to children")
    assert found.facts == {} and found.mentions == ["child"] and found.elliptical


@pytest.mark.parametrize(
    "text",
    [
        "and in pregnancy?",
        "and if i'm pregnant?",
        "is that safe for my son",
        "what about on dialysis",
        "and for kids?",
        "no, not pregnant",
        "no wait, not pregnant",
        "sorry, mistake, i'm not on dialysis",
        "while breastfeeding?",
    ],
)
def test_messages_that_lean_on_what_was_said(text: str) -> None:
    assert find_context(text).elliptical


@pytest.mark.parametrize(
    "text",
    [
        "what is horizant",
        "is ropinirole safe",
        "does gabapentin help",
        "kidney disease",
        "im pregnant what can i do about restless legs",
        "i take ropinirole and now i gamble",
        "can pregnant women take iron",
        "what can i take while pregnant for my legs",
        "I'm pregnant. is gabapentin ok?",
        "i am 20 weeks gone, does lyrica help",
        "tell me more",
        "pregnant",
        "",
    ],
)
def test_messages_with_a_topic_of_their_own(text: str) -> None:
    assert not find_context(text).elliptical


def test_each_fact_says_where_it_was_read() -> None:
    text = "Hello, I'm pregnant and I take Requip"
    found = find_context(text)
    assert {key: text[slice(*found.spans[key])].lower() for key in found.facts} == {
        "pregnant": "pregnant",
        "dopamine": "requip",
    }


@pytest.mark.parametrize(
    "text",
    [
        "can i have pregabalin",
        "could we try the rotigotine patch",
        "should i start lyrica",
        "is it ok if i take requip",
        "may i use methadone",
    ],
)
def test_who_asks_whether_they_may_take_it_does_not_take_it(text: str) -> None:
    assert find_context(text).facts == {}


def test_what_stands_before_a_comma_is_no_taking_of_it() -> None:
    assert "dopamine" not in find_context("now my own calves, can i have pramipexole").facts


@pytest.mark.parametrize(
    "text",
    ["i take requip, can i have wine", "can i have wine while i take requip", "is wine ok with my requip"],
)
def test_who_takes_it_and_asks_about_something_else_takes_it(text: str) -> None:
    assert find_context(text).facts == {"dopamine": "yes"}


@pytest.mark.parametrize(
    "text",
    ["how about pregabalin", "could i take mirapex", "and neurontin?", "what about the methadone then"],
)
def test_a_medicine_asked_for_by_name_leans_on_nothing(text: str) -> None:
    assert not find_context(text).elliptical


@pytest.mark.parametrize(
    "text",
    ["and with pregabalin?", "what if i'm on mirapex", "no, i don't take methadone", "while on lyrica?"],
)
def test_a_medicine_that_is_only_a_circumstance_leans(text: str) -> None:
    assert find_context(text).elliptical


@pytest.mark.parametrize(
    "text",
    ["what about my own legs", "and magnesium for me", "now my own rls please", "is that ok for me too?"],
)
def test_back_to_oneself(text: str) -> None:
    assert find_context(text).facts["subject"] == "self"


@pytest.mark.parametrize(
    "text", ["what is good for my son and not bad for me", "so is it for my husband, or for me?"]
)
def test_a_relative_beside_oneself_is_not_forgotten(text: str) -> None:
    assert find_context(text).facts.get("subject") != "self"


@pytest.mark.parametrize(
    "text", ["i'm 16 and can't sleep", "im 12", "i am only 14, my legs jump", "I'm 17 years old"]
)
def test_who_is_under_age_is_a_child(text: str) -> None:
    assert find_context(text).facts == {"subject": "child"}


@pytest.mark.parametrize(
    "text",
    ["i'm 16 weeks along", "i am 71 and can't sleep", "im 15 stone", "i am 12 hours in", "i'm 10 mg short"],
)
def test_other_numbers_are_no_age(text: str) -> None:
    assert "subject" not in find_context(text).facts


@pytest.mark.parametrize(
    "text",
    ["will our kids have that as well", "so my daughters might get it", "my children would inherit it then"],
)
def test_heirs_are_neither_subject_nor_situation(text: str) -> None:
    found = find_context(text)
    assert found.facts == {} and found.mentions == []


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("my 70 year old mum has it, what can she take", "other"),
        ("what can my 45 year old husband take", "other"),
        ("is it safe for my 45-year-old husband", "other"),
        ("my 25 year old daughter can't sleep for it", "other"),
        ("my son is 34, can he take iron", "other"),
        ("my 80 year old is up all night", "other"),
        ("my 8 year old says his legs feel funny", "child"),
        ("is iron ok for my 10 year old son", "child"),
        ("our 17yo daughter kicks at night", "child"),
        ("my daughter is 12, her legs twitch", "child"),
        ("my son is 20 kg, can he take iron", "child"),
        ("im a 16 year old girl and my legs jump", "child"),
        ("I'm a 70 year old woman with restless legs", None),
        ("i am 45 years old, is that normal", None),
        ("my 70 year old legs never rest", None),
        ("can a 10 year old have rls", None),
    ],
)
def test_only_who_is_under_18_is_a_child(text: str, subject: str | None) -> None:
    assert find_context(text).facts.get("subject") == subject


def test_a_child_by_age_in_general_is_a_mention() -> None:
    assert find_context("can a 10 year old have rls").mentions == ["child"]
    assert find_context("can a 70 year old get rls").mentions == []


@pytest.mark.parametrize(
    ("text", "facts", "mentions"),
    [
        ("pregablin side effects", {}, ["gabapentinoid"]),
        ("can i have it with my gabapenton", {"gabapentinoid": "yes"}, []),
        ("i take rope in a roll", {"dopamine": "yes"}, []),
        ("im on ropinarol and percoset", {"dopamine": "yes", "opioid": "yes"}, []),
        ("is it ok with my oramorph", {"opioid": "yes"}, []),
        ("i don't take lirica", {"gabapentinoid": "no"}, []),
        ("does gabba pent in help", {}, ["gabapentinoid"]),
        ("what about horizent", {}, ["gabapentinoid"]),
        ("is a strong painkiller any good", {}, ["opioid"]),
        ("i live at a van park", {}, []),
    ],
)
def test_a_medicine_is_known_however_it_is_spelt(
    text: str, facts: dict[str, str], mentions: list[str]
) -> None:
    found = find_context(text)
    assert found.facts == facts and found.mentions == mentions


def test_a_mistyped_medicine_is_found_where_it_stands() -> None:
    text = "Hello, can I have it with my Gabapenton?"
    assert text[slice(*find_context(text).spans["gabapentinoid"])] == "Gabapenton"


def test_it_takes_any_text() -> None:
    for text in ("", "?", "İ" * 50, "😀", "a" * 5000, "my " * 2000):
        find_context(text)
