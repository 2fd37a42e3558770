"""What the widget's API takes and gives out, as its OpenAPI page shows it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, model_validator

from bot.conversation.text import MAX_CHARACTERS


class Begin(BaseModel):
    """A visitor agrees and begins."""

    consent: bool
    locale: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,16}$")] = Field(
        "en", description="The language of the page. Taken and not kept: there is one language so far."
    )


def _whole(value: Any) -> Any:
    """A text box may cut an emoji in two; what is left is no character, and the message is kept all the
    same."""
    return (
        value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if isinstance(value, str)
        else value
    )


class Say(BaseModel):
    """A message: free text, or the key of a button."""

    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{8,64}$")] = Field(
        description="A UUID made by the browser. The same one again changes nothing and gets the same answer."
    )
    text: Annotated[str | None, BeforeValidator(_whole)] = Field(
        None, description=f"At most {MAX_CHARACTERS} characters."
    )
    choice: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")] | None = None

    @model_validator(mode="after")
    def _one(self) -> Say:
        if (self.text is None) == (self.choice is None):
            raise ValueError("send either text or choice")
        return self


class Choice(BaseModel):
    """A button: its key goes back, its label is shown."""

    key: str
    label: str


class SourceLink(BaseModel):
    """Where an answer comes from."""

    title: str
    url: str


class Call(BaseModel):
    """A number to call or to text, in words that say whom it reaches."""

    href: str = Field(description="`tel:` or `sms:`.")
    label: str


class UrgentState(BaseModel):
    """A red flag stands: shown above the chat until a person, or the patient's confirmed word, ends it."""

    calm: bool = Field(description="A person in a crisis: no alarm in colour or voice.")
    grave: bool = Field(description="An emergency or a crisis, not only something for today.")
    text: str
    calls: list[Call]


class ShownMessage(BaseModel):
    """One message of the conversation."""

    seq: int
    sender: Literal["patient", "assistant", "staff", "system"] = Field(alias="from")
    name: str | None = Field(description="The staff member's name, where one speaks.")
    text: str
    choices: list[Choice]
    sources: list[SourceLink]
    urgent: bool
    calm: bool = Field(description="Urgent, and said without alarm.")
    calls: list[Call] = Field(description="Whom an urgent message asks to call, first what comes first.")
    client_id: str | None
    at: str


class News(BaseModel):
    """The state of a conversation and the messages after a number."""

    mode: Literal["assistant", "waiting", "staff", "closed"]
    staff: str | None = Field(description="Who of the clinic has the conversation, in mode `staff`.")
    typing: bool = Field(description="Whether an answer of the assistant is on its way.")
    urgent: UrgentState | None = Field(description="What stands while a red flag does.")
    proposed: list[Choice] = Field(
        description="Times for an appointment that can still be taken, and a way to decline. They stay below what is said later."
    )
    messages: list[ShownMessage]


class Begun(News):
    """A conversation that was begun, with its token."""

    token: str


class Taken(BaseModel):
    """The number of the message that was taken in."""

    seq: int


class Problem(BaseModel):
    """A refusal in plain words."""

    error: str
    message: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 413, 415, 422, 429, 503)
}
