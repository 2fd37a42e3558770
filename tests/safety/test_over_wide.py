"""Sentences that a rule once took for an emergency because one of its lists was too wide, each with a
neighbour that is one."""

from __future__ import annotations

import pytest

from bot.language.stemming import normal_form
from bot.language.tokens import tokenize
from bot.safety import RedFlagCheck, RedFlagRules, rule_files
from bot.safety.phrases import parts, rows

#: Words that say nothing by themselves: an alternative of a list may not consist of one alone.
EMPTY = {
    normal_form(word)
    for word in "and or with now one two since go dose the this that so when from for just it them".split()  # noqa: SIM905
}
#: Lists whose very matter such a word is: the time, what was swallowed, what was stopped.
MEANT = {
    "sudden": {"now", "since", "just", "went", "getting"},
    "fast": {"now", "since", "just", "went", "goes", "getting"},
    "pills": {"dose", "doses"},
    "slowing": {"dose"},
    "loose_medicine": {"dose", "doses", "it", "them"},
    "pill_word": {"dose", "doses", "it", "them"},
}


def test_no_list_holds_a_word_that_says_nothing() -> None:
    """ "a1" was the road and, as "a" is dropped, every "one"; "dosed" was asleep and every "dose"."""
    allowed = {concept: {normal_form(word) for word in words} for concept, words in MEANT.items()}
    faults = []
    for name, file in rule_files.read().items():
        spoken = {
            f"{code} {flag}": phrases
            for code, language in file.languages.items()
            for flag, phrases in language.phrases.items()
        }
        for concept, phrases in (file.things | file.signs | spoken).items():
            for phrase in phrases:
                made = parts(phrase)
                if len(made) != 1 or made[0].concept:
                    continue
                for row in rows(made[0].key):
                    stems = [normal_form(word) for word in row]
                    if len(stems) == 1 and stems[0] in EMPTY - allowed.get(concept, set()):
                        faults.append((name, concept, row))
    assert not faults


MEDICINE_NOT_LIFE = [
    "who should not take it", "i did not take it last night", "should i not take it with coffee", "is it ok to not take it for a day",
    "i can't take it, it makes me sick", "i did not continue the pills", "i did not see the point of the test",
    "I cannot continue the gabapentin", "can't take it with food",
]  # fmt: skip
LIFE = [
    "i can't take it anymore", "I can't take it", "i can't take this much longer", "i cant bear it any more", "I cannot continue",
    "i cannot hold on", "i cannot go on", "I don't see the point of living", "I can't take it any more, the pills do nothing",
]  # fmt: skip


@pytest.mark.parametrize("text", MEDICINE_NOT_LIFE)
def test_a_medicine_not_taken_is_no_wish_to_die(
    text: str, rules: RedFlagRules, red_flags: RedFlagCheck
) -> None:
    assert "R7" not in rules.raised(text).flags
    found = red_flags.check(text)
    assert found is None or "R7" not in found.flags


@pytest.mark.parametrize("text", LIFE)
def test_who_cannot_take_it_any_more_is_heard(text: str, red_flags: RedFlagCheck) -> None:
    found = red_flags.check(text)
    assert found and "R7" in found.flags


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("can i take two requip tonight instead of one", "R13"),
        ("i really do not want to talk with anyone", "R3"),
        ("I don't feel like speaking to a doctor", "R3"),
        ("requip makes me sleepy 1 hour after i take it", "R13"),
        ("im 20 weeks along and had a headache yesterday but its gone", "R11"),
        ("i am 30 weeks and have a headache now and then", "R11"),
        ("my sister had it and took gabapentin", "R10"),
        ("my brother took ropinirole for it", "R10"),
        ("i forgot my pramipexole at 8, take it now?", "R9"),
        ("forgot my gabapentin last night, should i take double today", "R9"),
        ("I missed one ropinirole yesterday evening", "R9"),
        ("neighbour says gabapentin makes you fat and foggy. i'm a bus driver so I cannot be drowsy", "R12"),
        ("neighbour says gabapentin makes you fat and foggy. i'm a bus driver so I cannot be drowsy", "R13"),
        ("i get sleepy driving because i dont sleep", "R13"),
        ("my husband gambles on horses, has done since he was 20", "R8"),
        ("my daughter gave me a laugh about the codeine", "R10"),
        ("on lyrica, not drowsy, breathing well", "R12"),
        ("put the milk in the oven this morning, so tired of these legs", "R4"),
        ("changed the sheets today, my legs kicked them off", "R4"),
        ("the nurse asked me whether I cough blood", "R2"),
    ],
)
def test_an_over_wide_list_raises_nothing(
    text: str, flag: str, rules: RedFlagRules, red_flags: RedFlagCheck
) -> None:
    assert flag not in rules.raised(text).flags
    found = red_flags.check(text)
    assert found is None or flag not in found.flags


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("i fell asleep on the a1 last night", "R13"),
        ("my husband is suddenly not talking right", "R3"),
        ("nodded off on the M25", "R13"),
        ("since requip I get sleepy when driving", "R13"),
        ("20 weeks along with a headache that will not go", "R11"),
        ("I am 30 weeks and have a terrible headache right now", "R11"),
        ("my baby brother swallowed iron pills", "R10"),
        ("my sister took a whole bottle of gabapentin", "R10"),
        ("i forgot my pramipexole for four days", "R9"),
        ("forgot my gabapentin at home, we are on holiday", "R9"),
        ("my husband took gabapentin and is confused and foggy", "R12"),
        ("my husband has gambled every night since the ropinirole", "R8"),
        ("she took oxycodone and is not breathing", "R12"),
        ("my foot is suddenly cold and white as a sheet", "R4"),
    ],
)
def test_its_neighbour_is_still_seen(text: str, flag: str, rules: RedFlagRules) -> None:
    assert flag in rules.raised(text).flags


@pytest.mark.parametrize(
    ("text", "stems"),
    [("a1", ["road"]), ("the m25", ["the", "road"]), ("i-95", ["road"]), ("b12", ["b", "#"]), ("a1c", None)],
)
def test_roads_are_one_word(text: str, stems: list[str] | None) -> None:
    found = tokenize(text).stems
    assert "road" not in found if stems is None else found == [stem for stem in stems if stem != "the"]
