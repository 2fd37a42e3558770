"""What in the booking form is no answer to its question: other questions, wishes, "back", "book" once more.

The forms look for an answer first and for these second: what a person is called, or when they have time,
often looks like some topic to the classifier, and a form that is left by mistake costs the patient everything
filled in so far.
"""

from __future__ import annotations

import re

from bot.bookings.reading.message import FALLBACK, Message
from bot.content.answers import TEACHING, answers
from bot.understanding.thresholds import SURE

_FILLERS = r"^(?:(?:hi|hello|ok|okay|but|and|so|sorry|wait|first|well|yes|no|thanks|hm+)[,. ]+)*"
_QUESTION = re.compile(
    rf"\?\s*$|{_FILLERS}(?:what|why|how|when|where|who|which|at what|since when|can|could|should|would|will|is|are|do|does|did|am|tell me|explain)\b",
    re.IGNORECASE,
)
_WH = re.compile(rf"{_FILLERS}(?:what|why|how|when|where|who|which|at what)\b", re.IGNORECASE)
_PERSON = re.compile(
    r"\b(?:humans?|(?:real |live )?person|people|staff|some(?:one|body)|any(?:one|body)|agent|operator|receptionist|representative|nurse|doctor)\b",
    re.IGNORECASE,
)
_REACHING = re.compile(
    r"\b(?:talk|speak|chat|connect|transfer|put me|get me|give me|let me|want|need|prefer|rather|bring|pass|fetch|reach)\b",
    re.IGNORECASE,
)
_BYE = re.compile(
    r"\b(?:bye|goodbye|good ?night|see (?:you|ya)|farewell|cheerio|take care|ciao)\b", re.IGNORECASE
)
_CHECK = re.compile(
    r"\b(?:check|test|quiz|screen|assess|examine|diagnose|go through|run|self.?check|self.?test|symptom|questions?|questionnaire)\b",
    re.IGNORECASE,
)
_THEM = re.compile(r"\b(?:test|check|screen) (?:them|him|her|it)\b", re.IGNORECASE)
_IS_IT = re.compile(
    rf"{_FILLERS}(?:do you (?:think|reckon|believe)|(?:is|was|could|can|might) (?:that|it|this)\b|(?:so )?no\b.{{0,12}}\b(?:rls|restless)|how (?:do|can|would|will|could) (?:i|we|you) (?:know|tell)|(?:so )?do i have it|(?:so )?have i got it)",
    re.IGNORECASE,
)
_HAVE_IT = re.compile(
    r"\b(?:do i have|have i got|am i having|i have)\b.{0,20}\b(?:rls|restless|it|this)\b|\bno (?:rls|restless)",
    re.IGNORECASE,
)
_TELLS = re.compile(
    rf"{_FILLERS}(?:when|where|which|whenever) (?:i|we|my|it|they|i'?m|the)\b[^?]*$", re.IGNORECASE
)
_BACK = re.compile(
    r"^(?:please |can (?:i|we|you) |let me |let'?s )*(?:go |step |one )*(?:back|undo|previous)(?: one| a step| please| step| question)*\W*$",
    re.IGNORECASE,
)
_OVER = re.compile(
    r"^(?:please |can (?:i|we) |let me |let'?s |i (?:want|would like|'d like) to )*(?:re-?start|start (?:it )?(?:over|again|anew|afresh)|begin again|from the (?:start|beginning|top)|start from the (?:start|beginning|top))\b(?: please| from the (?:start|beginning|top)| again)*\W*$",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\bwhy\b.{0,40}\b(?:you|i|we|that)\b.{0,30}\b(?:ask|need|want|know|give|tell|say|necessary|required|name|number|phone|e-?mail)\b|^(?:but |and )?(?:why|what for)\b[^\w]*$"
    r"|^what (?:should|do|can|must) i (?:write|say|put|type|enter)\b",
    re.IGNORECASE,
)
_RATHER_NOT = re.compile(
    r"\b(?:don'?t|do not|won'?t|will not|not) (?:want|wish|like)?(?: to)? ?(?:say|tell|telling|saying|give|giving|share)\b|rather not|prefer not|none of your business",
    re.IGNORECASE,
)
_WHEN_CALLED = re.compile(
    r"\b(?:when|how (?:soon|long|quickly|fast)|what time)\b.{0,30}\b(?:call|ring|phone|reply|answer|get back|contact|write back|hear|be in touch|respond)\b"
    r"|^(?:so )?(?:will|do|are) (?:you|they|someone|somebody|the staff)\b.{0,15}\b(?:call|ring|phone|get back|contact|write)",
    re.IGNORECASE,
)
_BY_PHONE = re.compile(
    r"\b(?:can|could|may|rather|prefer|want|like|let me|instead)\b.{0,25}\b(?:(?:by|over|on) (?:the )?(?:tele)?phone|(?:call|phone|ring) (?:you|the clinic|them|in)\b|do (?:this|it|that) by phone)"
    r"|\bwhat(?:'?s| is) your (?:tele)?(?:phone )?number\b",
    re.IGNORECASE,
)
_BOOKING = re.compile(r"\b(?:book|booking|appointments?|schedule|visit)\b", re.IGNORECASE)
_ROUND_BOOKING = re.compile(
    r"\b(?:i|we|want|would|'?d|like|need|to|please|pls|can|could|you|me|us|my|a|an|the|it|that|this|one|make|get|have|set|up|arrange|request|for|in|now|ok|okay|yes|just|hi|hello|again|so)\b|['’]d\b",
    re.IGNORECASE,
)  # fmt: skip


def is_question(text: str) -> bool:
    """Whether a message is worded as a question; "when I sit ..." only tells something."""
    return bool(_QUESTION.search(text.strip())) and not _TELLS.match(text.strip())


def on_topic(message: Message) -> bool:
    """Whether the message surely means something that a reviewed answer teaches."""
    line = answers().get(message.intent or "")
    return bool(line and line.group in TEACHING and message.confidence >= SURE)


def asks_for_person(text: str) -> bool:
    """Whether a human is asked for in words; the classifier alone takes "call me" for that, which is how a
    form is answered."""
    return bool(_PERSON.search(text) and (_REACHING.search(text) or len(text.split()) <= 3))


def asks_if_rls(message: Message) -> bool:
    """Whether "is that restless legs?" is asked, and not for the five questions, which would end the form."""
    wants_check = _CHECK.search(message.text) and not _THEM.search(message.text)
    short = len(message.text.split()) <= 12 or message.text.lower().startswith("do you think")
    return (
        not message.pressed
        and not wants_check
        and short
        and bool(
            _IS_IT.search(message.text.strip()) or _THEM.search(message.text) or _HAVE_IT.search(message.text)
        )
    )


def goes_back(text: str) -> bool:
    """Whether the message asks for the question before."""
    return bool(_BACK.match(text.strip()))


def starts_over(text: str) -> bool:
    """Whether the message asks to begin the form again."""
    return bool(_OVER.match(text.strip()))


def only_books(text: str) -> bool:
    """Whether nothing but "book an appointment" is said."""
    return bool(_BOOKING.search(text)) and not re.search(
        r"\w", _ROUND_BOOKING.sub("", _BOOKING.sub("", text))
    )


def about_the_form(slot: str, text: str) -> str | None:
    """The line for a question about the form itself."""
    if _WHY.search(text) and len(text.split()) <= 14:
        return "booking_why_yes" if slot in ("booking_consent", "booking_confirm") else "booking_why"
    if _RATHER_NOT.search(text) and slot in ("booking_name", "booking_contact"):
        return "booking_why"
    if _WHEN_CALLED.search(text):
        return "booking_when_called"
    if _BY_PHONE.search(text) and not any(character.isdigit() for character in text):
        return "booking_by_phone"
    return None


def interrupts(slot: str, message: Message, *, own_words: bool = False) -> bool:
    """Whether a message that answers nothing is something else than a failed answer to the booking form's
    question.

    A pressed button of another topic always is. Typed text is if it is a wish in so many words, or is
    understood as another topic and is worded as a question. ``own_words`` is for a field that takes any
    words: what a visit is about is often a topic in itself, so there only a real question counts.
    """
    text, intent = message.text.strip(), message.intent
    if message.pressed:
        return intent not in ("affirm", "deny", "book_appointment", None)
    if intent in ("affirm", "deny", "thank", "greet", "book_appointment", None):
        return False
    if intent == "change_appointment" and slot == "booking_confirm":
        return False
    if own_words:
        declined = intent == FALLBACK or intent.startswith("out_of_scope")
        if intent in ("check_symptoms", "talk_to_staff", "goodbye"):
            return False
        return bool(_WH.search(text)) if declined else is_question(text)
    if intent == "talk_to_staff":
        return asks_for_person(text)
    if intent == "goodbye":
        return bool(_BYE.search(text))
    if intent == "check_symptoms":
        return bool(_CHECK.search(text))
    if intent in ("delete_my_data", "complain", "ask_privacy", "ask_if_bot") and message.confidence >= 0.6:
        return True
    return is_question(text) or (slot != "booking_times" and on_topic(message))
