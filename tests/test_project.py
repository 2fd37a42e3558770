"""The parts of the Rasa project fit one another: intents, phrasings, answers, rules, actions and buttons."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk.executor import ActionExecutor

import actions
from bot.content.answers import FLOWS, TEACHING, answers
from bot.conversation.intake import ALWAYS
from bot.conversation.turn import _for_brain
from bot.settings import ROOT
from bot.store.models import Inbound

#: Intents with a flow of their own.
IN_FLOWS = {"book_appointment", "change_appointment", "talk_to_staff", "check_symptoms", "delete_my_data"}
#: Intents of the one rule that are no answer of data/answers: they lean on what was said before.
LEANING = {
    "ask_more",
    "ask_repeat",
    "ask_sources",
    "affirm",
    "deny",
    "nlu_fallback",
    "follow_up",
    "facet_question",
    "own_question",
}
#: Buttons that a channel offers and answers itself; they never reach Rasa.
OF_A_CHANNEL = {"consent_yes", "consent_no", "delete_yes", "delete_no"}
DEFAULT_ACTIONS = {"action_deactivate_loop", "action_listen"}
#: A button's key as it stands in our code and pages.
_KEY = re.compile(r"""["']?key["']?\s*[:=]\s*f?["']([\w{}]+)["']""")


@cache
def loaded(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def intents() -> set[str]:
    return set(loaded("domain.yml")["intents"])


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for path in sorted((ROOT / "data/stories").glob("*.yml"))
        for rule in loaded(str(path.relative_to(ROOT)))["rules"]
    ]


def steps(rule: dict[str, Any], kind: str) -> list[str]:
    return [step[kind] for step in rule["steps"] if kind in step]


def phrasings() -> dict[str, list[str]]:
    """Every intent's examples, from all files.

    Two entries of one intent in one file are an error of their own.
    """
    made: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data/nlu").glob("*.yml")):
        here: set[str] = set()
        for entry in loaded(str(path.relative_to(ROOT)))["nlu"]:
            if "intent" in entry:
                assert entry["intent"] not in here or "metadata" in entry, (
                    f"{entry['intent']} stands twice in {path.name}"
                )
                here.add(entry["intent"])
                made[entry["intent"]] = made.get(entry["intent"], []) + [
                    line[2:].strip() for line in entry["examples"].splitlines() if line.startswith("- ")
                ]
    return made


def replied() -> list[str]:
    """The intents of the one rule that ``action_reply`` answers."""
    (rule,) = [rule for rule in rules() if steps(rule, "action") == ["action_reply"]]
    return [step["intent"] for part in rule["steps"] if "or" in part for step in part["or"]]


def test_one_rule_answers_every_intent_without_a_flow() -> None:
    assert len(replied()) == len(set(replied())), "an intent stands twice"
    assert set(replied()) == intents() - IN_FLOWS
    assert set(replied()) - LEANING <= set(answers())


def test_each_reviewed_answer_can_be_asked_for() -> None:
    teaching = {answer.id for answer in answers().values() if answer.group in TEACHING}
    assert teaching <= intents() - IN_FLOWS


def test_each_intent_of_a_flow_has_its_rule() -> None:
    begun = {intent for rule in rules() for intent in steps(rule, "intent")}
    assert begun >= IN_FLOWS


def test_each_intent_has_phrasings_and_each_phrasing_an_intent() -> None:
    assert set(phrasings()) == intents() - {"nlu_fallback"}
    few = {name: len(set(found)) for name, found in phrasings().items() if len(set(found)) < 25}
    assert not few, f"fewer than 25 different phrasings: {few}"


def test_the_actions_of_the_domain_are_the_registered_ones() -> None:
    executor = ActionExecutor()
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"actions.{module.name}")
    executor.register_package("actions")
    assert set(executor.actions) == set(loaded("domain.yml")["actions"])


def test_the_rules_name_only_what_the_domain_has() -> None:
    domain = loaded("domain.yml")
    known = {*domain["actions"], *domain["forms"], *DEFAULT_ACTIONS}
    assert {action for rule in rules() for action in steps(rule, "action")} <= known
    assert {intent for rule in rules() for intent in steps(rule, "intent")} <= intents()


@pytest.mark.parametrize("form", ["booking_form", "self_check_form"])
def test_each_slot_of_a_form_is_filled_by_us_alone_and_asked_by_an_action(form: str) -> None:
    domain = loaded("domain.yml")
    for slot in domain["forms"][form]["required_slots"]:
        assert domain["slots"][slot]["mappings"] == [{"type": "custom"}]
        assert f"action_ask_{slot}" in domain["actions"]
    assert f"validate_{form}" in domain["actions"]


def test_no_slot_steers_the_dialogue() -> None:
    """A slot that influences it would need rules for each of its values; the actions read slots instead."""
    assert [
        name
        for name, slot in loaded("domain.yml")["slots"].items()
        if slot["influence_conversation"] is not False
    ] == []


def keys_in_code() -> dict[str, str]:
    """Button keys written into code and pages, with where."""
    files = [
        path
        for folder in ("actions", "bot")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".html")
    ]
    return {
        key: str(path.relative_to(ROOT))
        for path in files
        for key in _KEY.findall(path.read_text(encoding="utf-8"))
    }


def test_each_button_is_an_intent_or_says_its_words() -> None:
    offered = {key: answer.place for answer in answers().values() for key in answer.follow_ups}
    offered |= {key: "bot/content/answers.py FLOWS" for key in FLOWS} | {
        key: "bot/conversation/intake.py ALWAYS" for key in ALWAYS
    }
    code = keys_in_code()
    assert {"talk_to_staff", "say_not_sure", "say_{key}"} <= set(code), (
        "the pattern no longer finds the buttons in the code"
    )
    named = {key: where for key, where in code.items() if key in offered or "_" in key or key in intents()}
    wrong = {
        key: where
        for key, where in (offered | named).items()
        if key not in intents() and not key.startswith("say_")
    }
    assert set(wrong) == OF_A_CHANNEL, wrong
    assert {where for key, where in wrong.items()} == {"bot/channels/telegram/commands.py"}


@pytest.mark.parametrize(
    ("choice", "label", "sent"),
    [
        ("ask_iron_link", "Iron", "/ask_iron_link"),
        ("say_not_sure", "Not sure", "Not sure"),
        (None, "/restart", "restart"),
    ],
)
def test_only_a_button_that_is_an_intent_reaches_rasa_as_a_command(
    choice: str | None, label: str, sent: str
) -> None:
    assert _for_brain(Inbound(text=label, choice=choice)) == sent


def test_each_button_of_a_teaching_answer_leads_on() -> None:
    alone = [
        answer.id
        for answer in answers().values()
        if answer.group in TEACHING and answer.id in answer.follow_ups
    ]
    assert not alone, "an answer's button leads to itself"


def test_every_action_class_speaks_through_say() -> None:
    """``dispatcher.utter_message`` stands in one place, so that every message has the same form."""
    users = [
        path.name
        for path in Path(inspect.getfile(actions)).parent.glob("*.py")
        if "utter_message" in path.read_text(encoding="utf-8")
    ]
    assert users == ["say.py"]
