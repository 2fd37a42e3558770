"""A message is looked at sentence by sentence: what lies far apart is not taken together, what was told
before counts."""

from __future__ import annotations

import pytest

from bot.safety import RedFlagCheck, RedFlagRules
from bot.safety.classifier import STORIES, RedFlagClassifier, sentences
from bot.safety.windows import windows

STORY = (
    "My husband walks the dog every evening and I sit with my book. {} "
    "We have a small garden and I like to be out there. The neighbors are kind people. {} "
    "I have tried tea and warm baths. What would you try first?"
)


def test_a_short_message_is_one_part_and_is_looked_at_as_a_whole() -> None:
    assert windows("my left calf is swollen and hot") == ["my left calf is swollen and hot"]
    assert windows("My calf hurts. It is red.")[0] == "My calf hurts. It is red."


def test_a_longer_message_is_looked_at_by_sentences_and_pairs_and_then_as_a_whole() -> None:
    text = STORY.format("I sleep badly.", "My legs twitch.")
    *parts, whole = windows(text)
    assert whole == text and "I sleep badly." in parts
    assert any("I sleep badly. We have a small garden" in part for part in parts)
    assert all(len(part.split()) <= 45 for part in parts)


def test_a_story_is_never_looked_at_as_a_whole() -> None:
    text = f"{STORY} {STORY}".format(*["I sleep badly."] * 4)
    assert text not in windows(text)


def test_a_sentence_that_never_ends_is_cut() -> None:
    parts = windows("i got up and walked and sat down again and then my legs began to hum " * 8)
    assert len(parts) > 4 and all(len(part.split()) <= 60 for part in parts)


@pytest.mark.parametrize("text", ["", " ", "?!", "\n\n\n", "a" * 5000, ". . . . . ."])
def test_odd_texts_do_no_harm(text: str) -> None:
    windows(text)


def test_signs_far_apart_are_not_taken_together(red_flags: RedFlagCheck) -> None:
    assert (
        red_flags.check(STORY.format("One of my calves aches after work.", "The soup was hot and red."))
        is None
    )


@pytest.mark.parametrize(
    ("sentence", "flag"),
    [
        ("Since this morning my left calf is swollen, hot and red.", "R1"),
        ("I have crushing chest pain right now and cannot breathe.", "R2"),
        ("I want to kill myself tonight.", "R7"),
    ],
)
def test_one_urgent_sentence_in_a_long_story_is_seen(
    sentence: str, flag: str, red_flags: RedFlagCheck
) -> None:
    found = red_flags.check(STORY.format("I sleep badly.", sentence))
    assert found and flag in found.flags


def test_a_second_clause_does_not_disarm(red_flags: RedFlagCheck) -> None:
    found = red_flags.check(
        "my toddler swallowed my iron pills, and does iron help children with restless legs?"
    )
    assert found and found.flags[0] == "R10"


def test_a_medicine_told_long_before_still_counts(rules: RedFlagRules) -> None:
    before = ("i take ropinirole", "ok", "thanks", "what about iron", "and tea?")
    told = rules.told((*before, "i fell asleep at the wheel"))
    assert rules.raised("i fell asleep at the wheel", before, told).weak == frozenset()
    assert rules.raised("i fell asleep at the wheel").weak == {"R13"}


@pytest.mark.parametrize(
    ("text", "weak"),
    [("i fell asleep at the wheel", True), ("can i just stop it", True), ("I want to kill myself", False)],
)
def test_a_weak_rule_asks_and_a_strong_one_raises(text: str, weak: bool, rules: RedFlagRules) -> None:
    found = RedFlagCheck(rules, None).check(text)
    assert found and found.ask == weak


@pytest.mark.parametrize(
    ("text", "fires"),
    [
        ("I took 20 gabapentin", True),
        ("took thirty of my iron pills", True),
        ("I took 2 tablets today", False),
        ("I took my gabapentin at 10", False),
        ("I took 25 mg of it for 12 weeks", False),
    ],
)
def test_only_a_great_many_pills_are_too_many(text: str, fires: bool, rules: RedFlagRules) -> None:
    assert ("R10" in rules.raised(text).flags) == fires


def test_the_marked_sentence_of_a_story_is_learnt_as_its_flag() -> None:
    assert "{R2}" in STORIES.read_text(encoding="utf-8")
    learnt = sentences()
    assert not [text for text, _ in learnt if "{" in text or ":mark:" in text]
    assert (
        "I have pressure in the middle of my chest for an hour now, it goes down my left arm, and I sweat.",
        "R2",
    ) in learnt


def test_the_classifier_looks_at_each_part(
    rules: RedFlagRules, classifier: RedFlagClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(RedFlagClassifier, "classify", lambda _, text, **__: asked.append(text))
    text = STORY.format("I sleep badly.", "My legs twitch.")
    RedFlagCheck(rules, classifier).prepare(text)
    assert asked == windows(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("does restless legs raise the risk of suicide", True),
        ("I am not suicidal, just tired", True),
        ("can you overdose on iron from food?", True),
        ("does iron help", False),
        ("I saw a movie about suicide", False),
    ],
)
def test_a_word_of_self_harm_brings_the_crisis_line(text: str, line: bool, red_flags: RedFlagCheck) -> None:
    assert ("{crisis_link}" in red_flags.crisis_line(text)) == line
