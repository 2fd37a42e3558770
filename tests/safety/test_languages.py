"""Emergencies in languages that the assistant does not speak: seen, answered with the number in that
language, and told to staff."""

from __future__ import annotations

import csv

import pytest

from actions.unanswerable import foreign
from bot.language.tokens import folded
from bot.safety import RedFlagCheck, RedFlagRules
from bot.safety.classifier import DATA
from bot.safety.phrases import alternatives, parts
from bot.store.models import Alert
from tests.support.talk import Talk

SAID = [
    ("quiero matarme", "R7", "es"),
    ("me quiero morir", "R7", "es"),
    ("ya no quiero vivir más", "R7", "es"),
    ("no puedo respirar", "R2", "es"),
    ("NO PUEDO RESPIRAR!!!", "R2", "es"),
    ("tengo dolor de pecho y no puedo respirar", "R2", "es"),
    ("me duele el pecho", "R2", "es"),
    ("No me siento bien, me duele el corazón", "R2", "es"),
    ("no siento un lado de la cara", "R3", "es"),
    ("mi pierna izquierda está hinchada y roja", "R1", "es"),
    ("mi pie está frío y azul de repente", "R4", "es"),
    ("mi esposo tomó gabapentina y está muy confundido, no despierta", "R12", "es"),
    ("mi hijo se tragó mis pastillas de hierro", "R10", "es"),
    ("je ne peux pas respirer", "R2", "fr"),
    ("j'ai mal à la poitrine", "R2", "fr"),
    ("je manque d'air", "R2", "fr"),
    ("je veux mourir", "R7", "fr"),
    ("ma jambe gauche est gonflée et rouge", "R1", "fr"),
    ("ich will nicht mehr leben", "R7", "de"),
    ("ich kriege keine Luft", "R2", "de"),
    ("mein bein ist dick rot und heiß", "R1", "de"),
    ("mein Gesicht hängt schief", "R3", "de"),
    ("não consigo respirar", "R2", "pt"),
    ("quero morrer", "R7", "pt"),
    ("dor no peito", "R2", "pt"),
]


@pytest.mark.parametrize(("text", "flag", "code"), SAID)
def test_it_is_seen_and_answered_in_that_language_first(
    text: str, flag: str, code: str, red_flags: RedFlagCheck, rules: RedFlagRules
) -> None:
    language = rules.book.languages[code]
    found = red_flags.check(text)
    assert found and flag in found.flags and not found.ask
    first, *rest = found.reply.split("\n\n")
    assert first in (language.now, language.today, language.crisis)
    assert (first == language.crisis) == (found.flags[0] == "R7")
    assert (
        rules.book.flags[found.flags[0]].now.strip() in rest
        or rules.book.flags[found.flags[0]].other.strip() in rest
    )


def test_what_began_in_the_message_before_is_seen(red_flags: RedFlagCheck) -> None:
    found = red_flags.check("el pecho", ("me duele mucho",))
    assert found and "R2" in found.flags and "emergencia" in found.reply


def test_the_crisis_line_stands_beside_the_emergency(red_flags: RedFlagCheck, rules: RedFlagRules) -> None:
    found = red_flags.check("no puedo respirar y quiero morir")
    assert found and found.flags[0] == "R2"
    assert rules.book.languages["es"].now in found.reply and rules.book.languages["es"].crisis in found.reply


@pytest.mark.parametrize(
    "text",
    [
        "no tengo dolor de pecho",
        "hola, buenos días, me duelen las piernas por la noche",
        "tengo las piernas hinchadas por la tarde",
        "meine Beine kribbeln nachts",
        "j'ai les jambes lourdes le soir",
        "je m'appelle Anne",
        "pernas inquietas à noite",
        "quiero una cita",
    ],
)
def test_ordinary_messages_in_them_are_no_alarm(text: str, red_flags: RedFlagCheck) -> None:
    assert red_flags.check(text) is None


def test_no_english_message_is_taken_for_another_language(rules: RedFlagRules) -> None:
    faults = []
    for path in sorted(DATA.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            faults += [row["text"] for row in rows if rules._read(folded(row["text"])).language]
    assert not faults


def test_every_phrase_raises_its_flag(rules: RedFlagRules) -> None:
    """No word of one falls to the speller, to contractions or to a denial."""
    faults = []
    for code, language in rules.book.languages.items():
        assert len([phrase for phrases in language.phrases.values() for phrase in phrases]) >= (
            30 if code == "es" else 20
        )
        assert {"R1", "R2", "R3", "R4", "R7", "R12"} <= set(language.phrases)
        for flag, phrases in language.phrases.items():
            for phrase in phrases:
                rows = [alternatives(part.key)[-1] for part in parts(phrase)]
                text = " ".join(word for row in rows for word in row)
                if flag not in rules.raised(text).flags:
                    faults.append((code, flag, text))
    assert not faults


def test_every_line_names_its_number(rules: RedFlagRules) -> None:
    for language in rules.book.languages.values():
        assert "{emergency_link}" in language.now and "{emergency_link}" in language.today
        assert "{crisis_link}" in language.crisis and "{emergency_link}" in language.crisis
        assert language.needs_clinician_check
        assert not any(char.isdigit() for char in language.now + language.today + language.crisis)


def test_the_words_of_other_languages_are_still_typing_errors_in_english(rules: RedFlagRules) -> None:
    assert "brustschmerzen" not in rules.book.words and "pecho" not in rules.book.words


def test_it_is_urgent_and_staff_are_told(store) -> None:  # type: ignore[no-untyped-def]
    talk = Talk(store, rules=RedFlagRules.load())  # type: ignore[arg-type]
    assert talk.say("quiero matarme").urgent
    assert {flag for alert in talk.rows(Alert, Alert.conversation_id == talk.id) for flag in alert.flags} == {
        "R7"
    }
    assert "[988](tel:988)" in talk.lines[-1][1] and "peligro" in talk.lines[-1][1]


@pytest.mark.parametrize(
    "text",
    [
        "¿Hablan español?",
        "no hablo ingles",
        "ayuda",
        "hola",
        "necesito una cita",
        "aide moi s'il vous plaît",
        "können sie mir helfen",
    ],
)
def test_a_short_message_is_known_as_foreign(text: str) -> None:
    assert foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "my name is José Peña",
        "François Lefèvre",
        "Zoë",
        "I like café crème",
        "what does dolor mean in spanish",
        "hola! quick question about iron",
        "1234",
    ],
)
def test_a_name_or_a_borrowed_word_is_not(text: str) -> None:
    assert not foreign(text)
