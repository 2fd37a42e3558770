"""Work that Rasa does again and again with the same result, done once.

What an action answers is checked against the same form as before, by a validator that is prepared once:
Rasa's call checks the form itself each time, which was 42 % of the Rasa process. The class of an event is
looked up in a table, where Rasa walks through all classes for every event; that was most of a long
conversation's turn. Both give what Rasa's own give.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import rasa.shared.utils.common
from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event


def install() -> None:
    """Put both in the place of Rasa's own, once."""
    if hasattr(RemoteAction._validate_action_result, "prepared"):
        return
    resolve = Event.resolve_by_type

    @cache
    def validator() -> Any:
        form = RemoteAction.action_response_format_spec()
        kind = validator_for(form)
        kind.check_schema(form)
        return kind(form)

    def validate(self: RemoteAction, result: dict[str, Any]) -> bool:
        for error in validator().iter_errors(result):
            raise ValidationError(
                f"What the action server answered for '{self.name()}' has a wrong form: {error.message}"
            ) from None
        return True

    table: dict[str, type[Event]] = {}

    def look_up(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        if type_name not in table:  # the first event, or a class that was defined since
            classes = rasa.shared.utils.common.all_subclasses(Event)
            table.update({kind.type_name: kind for kind in reversed(classes)})  # of two, Rasa takes the first
        return table[type_name] if type_name in table else resolve(type_name, default)

    validate.prepared = True  # type: ignore[attr-defined]
    RemoteAction._validate_action_result = validate
    Event.resolve_by_type = staticmethod(look_up)
