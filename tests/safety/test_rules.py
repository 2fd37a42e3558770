"""What the rules make of single messages."""

import pytest

from bot.safety import Finding, RedFlagRules
from bot.safety.flags import TIERS


def flags(rules: RedFlagRules, text: str, *earlier: str) -> tuple[str, ...]:
    finding = rules.check(text, earlier)
    return finding.flags if finding else ()


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("My left calf is swollen and hot", "R1"),
        ("I have chest pain and cannot breathe", "R2"),
        ("My face is drooping on one side", "R3"),
        ("My foot suddenly went cold and white", "R4"),
        ("The sore on my heel is full of pus", "R5"),
        ("I wet myself and my groin is numb", "R6"),
        ("I want to kill myself", "R7"),
        ("Since pramipexole I cannot stop gambling", "R8"),
        ("I stopped my gabapentin cold turkey", "R9"),
        ("My toddler swallowed my iron tablets", "R10"),
        ("34 weeks pregnant with a terrible headache and flashing lights", "R11"),
        ("My husband took oxycodone and I cannot wake him", "R12"),
        ("I fell asleep at the wheel on ropinirole", "R13"),
        ("I am having an iron drip and my throat is closing", "R14"),
        ("my tongue is swelling up since I took the gabapentin", "R14"),
        ("hives all over after one pregabalin", "R14"),
        ("my varicose vein is bleeding and will not stop", "R15"),
        ("I keep throwing up blood", "R16"),
        ("my stools are black and sticky like tar", "R16"),
    ],
)
def test_every_flag_in_plain_words(rules: RedFlagRules, text: str, flag: str) -> None:
    assert flag in flags(rules, text)


@pytest.mark.parametrize(
    "text",
    [
        "no chest pain and no shortness of breath",
        "I have never had chest pain, blood when I cough or trouble breathing",
        "my leg is not swollen, red or hot",
        "I did not stop my gabapentin",
        "no thoughts of suicide",
        "I had my iron infusion and did not get a rash",
    ],
)
def test_denied_symptoms_raise_nothing(rules: RedFlagRules, text: str) -> None:
    assert not flags(rules, text)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("I can't breathe", "R2"),
        ("cant breathe", "R2"),
        ("can’t catch my breath", "R2"),
        ("I can't feel when I need to pee", "R6"),
        ("I can't stop gambling since the requip", "R8"),
        ("I don't want to live anymore", "R7"),
        ("no feeling between my legs", "R6"),
        ("not suicidal but I can't go on", "R7"),
        ("no fever, but my left leg is swollen and red", "R1"),
        ("I haven't slept and my chest hurts", "R2"),
    ],
)
def test_not_every_not_denies(rules: RedFlagRules, text: str, flag: str) -> None:
    assert flag in flags(rules, text)


@pytest.mark.parametrize(
    "text",
    [
        "I had a blood clot in my leg ten years ago",
        "what if I get chest pain",
        "does pramipexole cause gambling",
        "what are the signs of a stroke",
        "can restless legs lead to suicide",
        "can you have an allergic reaction to an iron infusion",
    ],
)
def test_past_imagined_and_general_questions_raise_nothing(rules: RedFlagRules, text: str) -> None:
    assert not flags(rules, text)


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("I had a clot in 2015 and now my left leg is swollen again", "R1"),
        ("does pramipexole cause gambling? I have lost all my savings on slots", "R8"),
        ("can I just stop my ropinirole", "R9"),
        ("what if I take all my pills and end it", "R7"),
    ],
)
def test_what_happens_now_counts_beside_past_and_questions(rules: RedFlagRules, text: str, flag: str) -> None:
    assert flag in flags(rules, text)


@pytest.mark.parametrize(
    "text",
    [
        "my legs are killing me",
        "I'm dying for a good night's sleep",
        "I nearly died of boredom in the waiting room",
        "you take my breath away",
        "it drives me mad that I cannot fall asleep",
        "getting cold feet about the treatment",
        "I bet it is my iron",
    ],
)
def test_manners_of_speaking_raise_nothing(rules: RedFlagRules, text: str) -> None:
    assert not flags(rules, text)


def test_a_symptom_split_over_messages(rules: RedFlagRules) -> None:
    assert not flags(rules, "my leg is swollen")[1:]
    assert "R2" in flags(rules, "breathe", "hi", "i cant")
    assert "R13" in flags(rules, "while i was driving", "on ropinirole for a year", "fell asleep yesterday")


def test_what_was_raised_before_is_not_raised_by_a_harmless_message(rules: RedFlagRules) -> None:
    assert not flags(rules, "ok thank you", "my left calf is swollen and hot")
    assert not flags(rules, "my legs are restless too", "my left calf is swollen and hot")


def test_about_somebody_else(rules: RedFlagRules) -> None:
    finding = rules.check("my husband can't breathe")
    assert finding and "R2" in finding.flags and "for them" in finding.reply


def test_the_most_urgent_flag_comes_first(rules: RedFlagRules) -> None:
    finding = rules.check("I stopped my ropinirole last week and today I have chest pain")
    assert finding and finding.flags == ("R2", "R9") and finding.tier == "emergency"


def test_the_crisis_line_stays_when_something_else_is_more_urgent(rules: RedFlagRules) -> None:
    finding = rules.check("I took all my pills because I want to die")
    assert (
        finding
        and finding.flags[0] == "R10"
        and "{crisis_link}" in finding.reply
        and "{poison_link}" in finding.reply
    )


def test_self_harm_is_answered_without_advice_on_restless_legs(rules: RedFlagRules) -> None:
    finding = rules.check("these legs make me want to die")
    assert finding and finding.tier == "support"
    assert "legs" not in finding.reply.lower() and "{crisis_link}" in finding.reply


def test_the_worse_form_of_a_flag(rules: RedFlagRules) -> None:
    mild, bad = (
        rules.check("I stopped my ropinirole yesterday"),
        rules.check("stopped my ropinirole, now I have fever, am stiff and confused"),
    )
    assert mild and mild.tier == "prescriber"
    assert bad and bad.tier == "emergency" and "R9" in bad.flags


@pytest.mark.parametrize(
    "text",
    [
        "I CAN'T BREATHE!!!",
        "😭😭 i cant breathe 😭",
        "i\ncant\nbreathe",
        "i cant breatheeeee",
        "  I   can't   breathe  ",
    ],
)
def test_capitals_emoji_and_line_breaks(rules: RedFlagRules, text: str) -> None:
    assert "R2" in flags(rules, text)


@pytest.mark.parametrize("text", ["", " ", "???", "👍", "12", "a" * 4096, "no " * 1300, "(((" * 500])
def test_odd_texts_do_no_harm(rules: RedFlagRules, text: str) -> None:
    assert not flags(rules, text)


def test_a_flag_in_the_middle_of_a_long_text(rules: RedFlagRules) -> None:
    story = "I have walked around the house every night for years and nothing I try makes it easier. "
    assert "R2" in flags(rules, story * 20 + "Today I have chest pain and cannot breathe. " + story * 20)
    assert not flags(rules, story * 45)


def test_a_whole_leg_that_is_blue_and_swollen_is_the_worse_form(rules: RedFlagRules) -> None:
    finding = rules.check("my whole left leg is swollen and purple")
    assert finding and finding.flags[0] == "R1" and finding.tier == "emergency"


def test_replies_hold_placeholders_and_no_numbers(rules: RedFlagRules) -> None:
    for flag in rules.book.flags.values():
        for text in (flag.now, flag.rest, flag.other, flag.worse):
            assert not any(char.isdigit() for char in text), flag.name
        assert "_link}" in flag.now or flag.name in ("R8", "R13"), flag.name
        assert flag.tier in TIERS


def test_nothing_of_a_message_is_kept_by_the_matcher(rules: RedFlagRules) -> None:
    rules.check("Zbigniewina has chest pain")
    assert "zbigniewina" not in rules.matcher.vocab.strings


def test_a_finding_is_what_the_rest_of_the_house_expects(rules: RedFlagRules) -> None:
    finding = rules.check("chest pain")
    assert isinstance(finding, Finding) and finding.tier in TIERS and finding.reply


def test_what_the_body_is_in_danger_of_is_said_under_the_crisis_line(rules: RedFlagRules) -> None:
    found = rules.finding({"R7": False, "R9": False})
    assert found.flags[0] == "R7"
    assert rules.book.flags["R7"].now.strip() in found.reply
    assert rules.book.flags["R9"].now.strip() in found.reply
