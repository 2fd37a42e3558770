"""What patients say. The right answers are not written down here: they are learnt before anything breaks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from tests.chaos.ledger import Step

#: As patients say them: "it" is restless legs, whatever was asked before.
QUESTIONS = (
    "why does iron matter for my legs",
    "does it run in families",
    "is magnesium any good",
    "does stress make it worse",
    "and what about alcohol in the evening",
    "can pregnancy cause restless legs",
    "does coffee make it worse",
    "can smoking make it worse",
    "is there a cure for restless legs",
    "which doctor should i see",
    "how do i get ready for the visit",
    "does exercise help",
    "what is augmentation",
    "do compression socks help",
    "what can i do on a long flight",
    "how common is it",
    "does it lead to parkinsons",
    "how is it diagnosed",
    "what foods have iron",
    "is it just leg cramps",
)
RED_FLAGS = ("i have crushing chest pain and cannot breathe", "my calf is swollen and hot on one side")
STAFF = Step(choice="talk_to_staff")
CONTACT = {
    "name": "Marguerite Oyelaran",
    "contact": "+1 555 010 0142",
    "times": "tuesday mornings before ten",
    "reason": "aching legs since spring",
}
BOOKING = (
    Step(choice="book_appointment"),
    Step(text=CONTACT["name"]),
    Step(text=CONTACT["contact"]),
    Step(text=CONTACT["times"]),
    Step(text=CONTACT["reason"]),
    Step(text="yes"),
    Step(text="yes please send it"),
)
CHECK = (
    Step(text="can you check my symptoms with a few questions"),
    *(Step(text=word) for word in ("yes", "no", "not sure", "yes", "no")),
)
SCRIPTS = {"booking": BOOKING, "check": CHECK}


class Lessons:
    """The answers while all is well: by question, and by place in a script."""

    def __init__(self) -> None:
        self.questions: list[Step] = []
        self.scripts: dict[str, list[Step]] = {}

    def learn_question(self, text: str, answers: Sequence[str]) -> None:
        if answers and not any(name in ("nlu_fallback", "unavailable") for name in answers):
            self.questions.append(Step(text=text, expect=tuple(answers)))

    def learn_script(self, name: str, answers: Sequence[Sequence[str]]) -> None:
        self.scripts[name] = [
            replace(step, expect=tuple(said)) for step, said in zip(SCRIPTS[name], answers, strict=True)
        ]

    def make(self, channel: str, turns: int, dice: random.Random) -> tuple[str, list[Step]]:
        """A conversation of ``turns`` messages: (what kind it is, what is said)."""
        kinds = [
            name
            for name, steps in self.scripts.items()
            if len(steps) <= turns and (name, channel) != ("booking", "telegram")
        ]
        kind = dice.choice([*kinds, "questions", "questions"])
        if kind != "questions":
            steps = list(self.scripts[kind])
            return kind, steps + dice.sample(self.questions, k=turns - len(steps))
        steps: list[Step] = []
        for _ in range(turns):
            roll = dice.random()
            fresh = [question for question in self.questions if not steps or question.text != steps[-1].text]
            step = (
                Step(text=dice.choice(RED_FLAGS), urgent=True)
                if roll < 0.07
                else STAFF
                if roll < 0.13
                else dice.choice(fresh)
            )
            steps.append(step)
        if any(step.urgent for step in steps):
            # What is answered after a red flag, even if it was asked before, may be answered with the flag in
            # mind.
            steps = [replace(step, expect=None) for step in steps]
        return kind, steps
