"""The Rasa component round ``bot.understanding.situation``: who and what the message is about beside its
topic."""

from __future__ import annotations

from typing import Any, Dict, List, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.understanding.situation import find_context
from bot.understanding.told import medicines_named, told


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR], is_trainable=False)
class ContextFinder(GraphComponent):
    """Facts become entities (and so slots); ``mentions``, ``elliptical``, ``told`` and ``medicines`` are
    read by the actions."""

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "ContextFinder":
        return cls()

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            found = find_context(message.get(TEXT) or "")
            entities = [
                {
                    ENTITY_ATTRIBUTE_TYPE: key,
                    ENTITY_ATTRIBUTE_VALUE: value,
                    ENTITY_ATTRIBUTE_START: found.spans[key][0],
                    ENTITY_ATTRIBUTE_END: found.spans[key][1],
                    EXTRACTOR: "ContextFinder",
                }
                for key, value in found.facts.items()
            ]
            message.set(ENTITIES, [*message.get(ENTITIES, []), *entities], add_to_output=True)
            message.set("mentions", found.mentions, add_to_output=True)
            message.set("elliptical", found.elliptical, add_to_output=True)
            message.set("medicines", medicines_named(message.get(TEXT) or ""), add_to_output=True)
            message.set("told", told(message.get(TEXT) or ""), add_to_output=True)
        return messages
