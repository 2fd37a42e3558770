"""The Rasa component round ``bot.understanding.intent_model``: corrects typos, guesses the intent, gives a
calibrated confidence."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.content.facets import facets
from bot.rasa_server.training import code_fingerprint
from bot.understanding.encoder import encoder
from bot.understanding.follow_up import NO_TOPICS
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import prepared, read, read_after
from bot.understanding.vector_cache import cached_encoder

FILE = "intents.npz"
#: A message read more surely than this is not read once more after the topic before it.
SURELY_ALONE = 0.97


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class PatientClassifier(GraphComponent):
    """Fills ``intent``, ``intent_ranking``, ``also`` and ``rest``. Needs no tokenizer or featurizer before it.

    ``intent`` is ``nlu_fallback`` below the answer threshold (``bot.understanding.thresholds``); the ranking
    holds topics only. ``in_context`` is the likeliest intent after the name of the topic before
    (``metadata.topic``), where the message alone is not sure.
    """

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "PatientClassifier":
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "PatientClassifier":
        """The trained component.

        Raises:
            EncoderError: the sentence encoder is another one than at training; its vectors would not fit.
        """
        with model_storage.read_from(resource) as folder:
            model = IntentModel.load(folder / FILE, encoder())
        return cls(config, model_storage, resource, model)

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        return {"C": 30.0}

    @classmethod
    def required_packages(cls) -> List[Text]:
        return ["onnxruntime", "tokenizers", "sklearn"]

    @classmethod
    def fingerprint_addon(cls, config: Dict[Text, Any]) -> str:
        return code_fingerprint()

    def __init__(
        self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource, model: IntentModel | None
    ) -> None:
        self._config, self._storage, self._resource, self._model = config, storage, resource, model

    def train(self, training_data: TrainingData) -> Resource:
        examples = [
            m
            for m in training_data.intent_examples
            if m.get(TEXT) and m.get(INTENT) and m.get(INTENT) not in NO_TOPICS
        ]
        texts = [prepared(m.get(TEXT)) for m in examples]
        self._model = IntentModel(cached_encoder(), C=self._config["C"]).fit(
            texts, [m.get(INTENT) for m in examples]
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder / FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            text = message.get(TEXT)
            if self._model is None or not text or not text.strip():
                self._set(message, {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}, [], None)
                continue
            reading = read(self._model, text)
            intent = {INTENT_NAME_KEY: reading.intent, PREDICTED_CONFIDENCE_KEY: reading.ranking[0][1]}
            self._set(
                message,
                intent,
                [_row(*pair) for pair in reading.ranking],
                _row(*reading.also) if reading.also else None,
            )
            message.set("rest", list(reading.rest), add_to_output=True)
            topic = (message.get("metadata") or {}).get("topic")
            if topic in facets() and reading.ranking[0][1] < SURELY_ALONE:
                found = read_after(self._model, facets()[topic].asks, text)
                message.set("in_context", _row(*found), add_to_output=True)
        return messages

    @staticmethod
    def _set(
        message: Message,
        intent: Dict[Text, Any],
        ranking: List[Dict[Text, Any]],
        also: Dict[Text, Any] | None,
    ) -> None:
        message.set(INTENT, intent, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set("also", also, add_to_output=True)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data


def _row(name: str, confidence: float) -> Dict[Text, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
