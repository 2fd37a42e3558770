"""The Rasa component round ``bot.understanding.follow_up``: whether a message leans on the one before, and
its facet."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa_server.training import code_fingerprint
from bot.understanding.encoder import encoder
from bot.understanding.follow_up import FACET_QUESTION, FOLLOW_UP, LEANING_TOPICS, FollowUpModel
from bot.understanding.reading import prepared
from bot.understanding.vector_cache import cached_encoder

FILE = "follow_up.npz"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=True)
class FollowUpReader(GraphComponent):
    """Fills ``leans`` (a probability), ``facet`` (``name`` and ``confidence``) and ``read_as``, the
    corrected text."""

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FollowUpReader:
        return cls(model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FollowUpReader:
        """The trained component.

        Raises:
            EncoderError: the sentence encoder is another one than at training; its vectors would not fit.
        """
        with model_storage.read_from(resource) as folder:
            model = FollowUpModel.load(folder / FILE, encoder())
        return cls(model_storage, resource, model)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str:
        return code_fingerprint()

    def __init__(self, storage: ModelStorage, resource: Resource, model: FollowUpModel | None) -> None:
        self._storage, self._resource, self._model = storage, resource, model

    def train(self, training_data: TrainingData) -> Resource:
        found = [m for m in training_data.training_examples if m.get(TEXT) and m.get(INTENT)]
        with_facet = {
            name: [
                (prepared(m.get(TEXT)), m.get("metadata")["intent"]["facet"])
                for m in found
                if m.get(INTENT) == name
            ]
            for name in (FOLLOW_UP, FACET_QUESTION)
        }
        alone = [
            prepared(m.get(TEXT))
            for m in found
            if m.get(INTENT) not in {FOLLOW_UP, FACET_QUESTION} | LEANING_TOPICS and not _is_frame(m)
        ]
        self._model = FollowUpModel(cached_encoder()).fit(
            with_facet[FOLLOW_UP], with_facet[FACET_QUESTION], alone
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder / FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT)
            if self._model is None or not text or not text.strip():
                continue
            read_as = prepared(text)
            found = self._model.read(read_as)
            message.set("leans", round(found.leans, 4), add_to_output=True)
            facet = {"name": found.facet, "confidence": round(found.confidence, 4)}
            message.set("facet", facet, add_to_output=True)
            message.set("read_as", read_as, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data


def _is_frame(message: Message) -> bool:
    """Whether a sentence is one of many that differ in their subject only (``data/nlu/ways_of_asking.yml``).

    They teach which subject is ours. Whether a message stands alone they would teach wrongly: there are so
    many of them that their few frames outweigh how people ask.
    """
    return bool(((message.get("metadata") or {}).get(INTENT) or {}).get("frame"))
