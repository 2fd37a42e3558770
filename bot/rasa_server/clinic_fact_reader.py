"""The Rasa component round ``bot.understanding.clinic_fact``: which fact about the clinic a message asks
for."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.clauses import halves
from bot.understanding.clinic_fact import ClinicFact, ClinicFactModel
from bot.understanding.encoder import encoder
from bot.understanding.reading import prepared

FILE = "clinic_fact.npz"
FIELDS = ("clinic_fact", "clinic_fact_also")
#: At least this sure: a part of a message asks for a fact of its own.
BESIDE = 0.6
#: The topics under which a fact is asked; for other messages nothing is read.
TOPICS = frozenset({"ask_clinic", "ask_cost"})


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=True)
class ClinicFactReader(GraphComponent):
    """Fills ``clinic_fact`` (``name`` and ``confidence``) where the message, or its second question, is
    about the clinic, and ``clinic_fact_also`` where it asks for two facts."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ClinicFactReader:
        return cls(model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ClinicFactReader:
        """The trained component.

        Raises:
            EncoderError: the sentence encoder is another one than at training; its vectors would not fit.
        """
        with model_storage.read_from(resource) as folder:
            model = ClinicFactModel.load(folder / FILE, encoder())
        return cls(model_storage, resource, model)

    def __init__(self, storage: ModelStorage, resource: Resource, model: ClinicFactModel | None) -> None:
        self._storage, self._resource, self._model = storage, resource, model

    def train(self, training_data: TrainingData) -> Resource:
        questions = [
            (prepared(m.get(TEXT)), fact)
            for m in training_data.training_examples
            if m.get(TEXT) and (fact := ((m.get("metadata") or {}).get("intent") or {}).get("fact"))
        ]
        self._model = ClinicFactModel(encoder()).fit(questions)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder / FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT)
            if self._model is None or not text or not _asks_clinic(message):
                continue
            facts = self._two_facts(text) or [self._model.read(prepared(text))]
            for field, found in zip(FIELDS, facts, strict=False):
                fact = {"name": found.name, "confidence": round(found.confidence, 4)}
                message.set(field, fact, add_to_output=True)
        return messages

    def _two_facts(self, text: str) -> list[ClinicFact]:
        """The facts of a message that names two side by side ("your address, and what do I bring")."""
        assert self._model is not None
        read = [self._model.read(prepared(piece)) for piece in halves(text)]
        sure = list({found.name: found for found in read if found.confidence >= BESIDE}.values())
        return sure[: len(FIELDS)] if len(sure) > 1 else []

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data


def _asks_clinic(message: Message) -> bool:
    """Whether the clinic is the topic read, or the second one, or stands right behind the first."""
    ranking = [row.get("name") for row in (message.get("intent_ranking") or [])[:3]]
    also = (message.get("also") or {}).get("name")
    return not TOPICS.isdisjoint({*ranking, also})
