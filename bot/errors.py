"""Errors that this project raises, as one tree.

AssistantError
  ConfigError          a file or setting is wrong; the text says which and what is expected
  RefusedError         a request that we do not take, with a code and plain words for the person
    NotAllowedError    a transition that the mode table does not have, or one that somebody was quicker with
  BrainUnavailable     Rasa is down, slow, or answered junk
"""

from __future__ import annotations


class AssistantError(Exception):
    """Base of all errors of this project."""


class ConfigError(AssistantError):
    """A file or a setting is wrong."""


class RefusedError(AssistantError):
    """A request that is not taken.

    Args:
        code: a short stable name for programs, such as ``too_long``.
        message: plain words for the person who asked.
        status: the HTTP status that fits.
        retry_after: seconds after which to try again, or ``None``.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.retry_after = code, message, status, retry_after


class NotAllowedError(RefusedError):
    """Somebody was quicker, or the conversation is not in the state that this needs."""

    def __init__(self, message: str) -> None:
        super().__init__("not_allowed", message, status=409)


class BrainUnavailable(AssistantError):
    """Rasa gave no usable answer: it is down, slow, or answered junk.

    Carries a short reason, never patient text.
    """
