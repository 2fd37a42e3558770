"""The classifier by itself, and what is made of a message's parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.language.normalise import bare
from bot.understanding.encoder import DIMENSIONS, encoder
from bot.understanding.encoder_file import EncoderError
from bot.understanding.intent_model import Guess, IntentModel
from bot.understanding.reading import FALLBACK, Reading, combine, prepared
from bot.understanding.thresholds import ANSWER, likely_topics


def test_it_ranks_with_falling_confidence(small: IntentModel) -> None:
    (guess,) = small.guess(["is my iron low"])
    confidences = [confidence for _, confidence in guess.ranking]
    assert guess.ranking[0][0] == "ask_iron_link"
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)


def test_nothing_in_nothing_out(small: IntentModel) -> None:
    assert small.guess([]) == []


def test_a_saved_model_guesses_the_same(small: IntentModel, tmp_path: Path) -> None:
    small.save(tmp_path / "m.npz")
    again = IntentModel.load(tmp_path / "m.npz", encoder())
    for text in ("is it iron", "coffee at night", "zebra"):
        (one,), (two,) = small.guess([text]), again.guess([text])
        assert [name for name, _ in one.ranking] == [name for name, _ in two.ranking]
        assert one.ranking[0][1] == pytest.approx(two.ranking[0][1], abs=0.02)


def test_a_model_of_another_encoder_is_refused(small: IntentModel, tmp_path: Path) -> None:
    class Other:
        digest = "another"

        def encode(self, texts: list[str]) -> np.ndarray:
            return np.zeros((len(texts), DIMENSIONS))

    small.save(tmp_path / "m.npz")
    with pytest.raises(EncoderError, match="train again"):
        IntentModel.load(tmp_path / "m.npz", Other())


def test_openings_and_brands_are_put_aside() -> None:
    assert bare("hi there, is requip safe for me") == "is ropinirole safe for me"
    assert bare("good morning") == "good morning"
    assert prepared("Does Neurontin help?") == "does gabapentin help?"


def guess(*ranking: tuple[str, float], second: float = 0.0) -> Guess:
    return Guess(list(ranking), 0.0, second)


def test_below_the_threshold_the_intent_is_a_fallback() -> None:
    assert Reading([("ask_cure", ANSWER - 0.01)], None, 0.0).intent == FALLBACK
    assert Reading([("ask_cure", ANSWER)], None, 0.0).intent == "ask_cure"


@pytest.mark.parametrize("name", ["book_appointment", "change_appointment", "talk_to_staff"])
def test_what_begins_something_must_be_surer(name: str) -> None:
    assert Reading([(name, 0.59)], None, 0.0).intent == FALLBACK
    assert Reading([(name, 0.6)], None, 0.0).intent == name
    assert likely_topics(
        [
            (name, 0.59),
            ("thank", 0.2),
            ("ask_cure", 0.1),
            ("out_of_scope_other", 0.05),
            ("ask_iron_test", 0.03),
        ]
    ) == [
        name,
        "ask_cure",
    ]


def test_two_sure_parts_give_two_topics_in_their_order() -> None:
    whole = guess(("ask_caffeine", 0.7), ("ask_alcohol", 0.2))
    pieces = [
        ("can i drink wine", guess(("ask_alcohol", 0.95))),
        ("can i drink coffee", guess(("ask_caffeine", 0.9))),
    ]
    reading = combine("can i drink wine and can i drink coffee", whole, pieces)
    assert reading.ranking[0][0] == "ask_alcohol"
    assert reading.also == ("ask_caffeine", 0.7)


def test_asking_on_is_no_second_question() -> None:
    whole = guess(("ask_iron_link", 0.9), ("ask_causes", 0.05))
    pieces = [("my iron is low", guess(("ask_iron_link", 0.9))), ("is that why?", guess(("ask_causes", 0.9)))]
    assert combine("my iron is low, is that why?", whole, pieces).also is None


def test_manners_are_no_second_question() -> None:
    whole = guess(("ask_cure", 0.9), ("thank", 0.05))
    pieces = [("thanks.", guess(("thank", 0.99))), ("can it be cured?", guess(("ask_cure", 0.95)))]
    reading = combine("thanks. can it be cured?", whole, pieces)
    assert (reading.ranking[0][0], reading.also) == ("ask_cure", None)


def test_a_sure_part_saves_a_message_that_is_not_understood_as_a_whole() -> None:
    whole = guess(("ask_mood", 0.1), ("ask_cure", 0.05))
    pieces = [
        ("long story.", guess(("ask_mood", 0.2))),
        ("what about magnesium?", guess(("ask_magnesium", 0.95))),
    ]
    assert combine("long story. what about magnesium?", whole, pieces).ranking[0][0] == "ask_magnesium"


def test_what_is_surely_out_of_scope_stays_so() -> None:
    whole = guess(("out_of_scope_medical", 0.95), ("ask_lifestyle", 0.02))
    pieces = [
        ("morning sickness all day", guess(("out_of_scope_medical", 0.9))),
        ("any tips", guess(("ask_lifestyle", 0.9))),
    ]
    assert combine("morning sickness all day, any tips", whole, pieces).also is None


def test_a_part_that_is_surely_ours_is_answered_beside_what_is_not() -> None:
    whole = guess(("out_of_scope_medical", 0.9), ("ask_symptoms", 0.05))
    pieces = [
        ("after my hip operation,", guess(("out_of_scope_medical", 0.9))),
        ("my legs crawl all night until i walk", guess(("ask_symptoms", 0.95))),
    ]
    reading = combine("after my hip operation, my legs crawl all night until i walk", whole, pieces)
    assert reading.ranking[0][0] == "ask_symptoms"


def test_a_part_makes_the_whole_surer() -> None:
    whole = guess(("ask_clinic", 0.3), ("book_appointment", 0.3))
    pieces = [
        ("what time do you open", guess(("ask_clinic", 0.95))),
        ("can i book for thursday?", guess(("book_appointment", 0.9))),
    ]
    reading = combine("what time do you open, can i book for thursday?", whole, pieces)
    assert reading.ranking[0] == ("ask_clinic", 0.95)
    assert reading.also == ("book_appointment", 0.9)
