"""What a short message asks of the subject before it: "side effects?", "can she just stop it", "how long does that take".

The classifier sees one message only, so a message without a topic word of its own gets here whatever it was taken for. Pure
functions and one small table; the words that are said stand in ``data/answers``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.content.answers import Answer, answers
from bot.language.normalise import spelt_out
from bot.understanding.situation import EMPTY_WORDS, MEDICINE_WORDS

LONG, SHORT = 12, 8  # words: with a pronoun, and without one


@dataclass(frozen=True)
class Aspect:
    """One thing to be asked of a subject: how it is asked, and which paragraphs of a reviewed answer speak of it."""

    name: str
    asked: re.Pattern[str]
    told: re.Pattern[str] | None = None


def _aspect(name: str, asked: str, told: str | None = None) -> Aspect:
    return Aspect(name, re.compile(asked), re.compile(told, re.IGNORECASE) if told else None)


#: Read from the top: the first that fits is meant.
ASPECTS = (
    _aspect(
        "cost",
        r"\b(?:costs?|costly|pric\w+|pay\w*|paid|insur\w+|expensive|cheap\w*|afford\w*|cover(?:ed|s)?|buy\w*|bought|purchase|order|sold|sell|"
        r"where (?:can|do|could|would|to) (?:i |we |you |one )?(?:get|find))\b",
    ),
    _aspect(
        "stop",
        r"\b(?:stop\w*|quit\w*|c[ao]m(?:e|ing) off|get(?:ting)? off|go(?:ing)? off|wean\w*|cold turkey|give (?:it|them|that) up|discontinu\w*|"
        r"(?:leave|cut) (?:it|them|that) out)\b",
    ),
    _aspect(
        "often",
        r"\bhow often\b|\b(?:every|each) (?:single )?(?:day|night|evening|week)\b|\bdaily\b|\btimes (?:a|per) (?:day|week)\b",
        r"\bhow often\b|\bmost days\b|\b(?:each|every) day\b|\bregular",
    ),
    _aspect(
        "long",
        r"\bkick\w* in\b|\bwhen\b.*\b(?:work|working|works|help|helps|effect|notice|better|relief)\b|\bhow (?:long|soon|fast|quickly|many (?:weeks|days|months|years))\b|"
        r"\b(?:last|lasts|lasting|recover\w*|heal\w*|wears? off|downtime|go(?:es)? away|comes? back|permanent\w*|for ?ever|for life|rest of my life)\b",
        r"\bweeks before\b|\bwork slowly\b|\btakes? (?:some )?(?:weeks|months)\b|\beffect is short\b|\bfor a while\b|\bwas short\b|\bat first\b|\bfor how long\b",
    ),
    _aspect(
        "dose",
        r"\b(?:dos(?:e|es|age|ing)|how (?:much|many)|mgs?|milligrams?|miss(?:ed|ing)?|forg[eo]t\w*|skip\w*|doubl\w+|twice|two|three|extra|half|"
        r"rough(?:ly)?|numbers?|figures?|amounts?|ballpark|another one|second one|one more|take more|take less|strength)\b",
    ),
    _aspect("drive", r"\b(?:drive|driving|behind the wheel|machin\w+|operate)\b", r"\bnot drive\b|\bdriving\b"),
    _aspect(
        "addictive",
        r"\baddict\w*|\bhooked\b|\bhabit[ -]forming\b|\bdepend(?:ent|ence|ency)\b|\bget used to\b",
        r"\baddict|\bdependence|\bhooked\b",
    ),
    _aspect("hurt", r"\b(?:hurts?|hurting|pain\w*|sore|sting\w*|uncomfortable|unpleasant)\b"),
    _aspect("common", r"\b(?:common|rare|likely|odds|chances?|percent\w*|frequent)\b", r"\b(?:is|are) (?:very |quite )?common\b|\bone in (?:three|four|five)\b"),
    _aspect(
        "upset",
        r"\bconstipat\w*|\b(?:nausea\w*|nauseous|queasy|diarrh\w*|bloat\w*|upset|throw up|block (?:me|him|her) up|bind (?:me|him|her) up)\b",
        r"\bupset your stomach\b",
    ),
    _aspect(
        "risk",
        r"\bside.?effects?\b|\b(?:risk\w*|safe\w*|danger\w*|harm\w*|toxic\w*|reactions?|downsides?|drawbacks?|go wrong|wrong with|problems?|weight|fat|nasty|do to (?:me|you|him|her|us)|"
        r"sleepy|drowsy|dizzy|tired|sick|worse|bad for (?:me|you|him|her)|is (?:that|it|this) bad|complications?|precautions?|careful)\b",
        r"\bthey can cause\b|\bside effect|slow your breathing|\bnot safe for everyone|\bdo harm\b|\bcan hurt you\b|\ballergic\b|\bnew urges to\b|"
        r"\bpoison\b|\bdangerous\b|\bcarry risks\b|\brisks\b.*\bfor me\b|\bheavy or sore\b",
    ),
    _aspect(
        "night",
        r"\b(?:at night|in the (?:evening|morning|afternoon)|before bed|at bedtime|what time|time of day|late)\b",
        r"\bin the evening\b|\bbefore bed\b|\bbedtime\b|\bmidday\b|\bmorning test\b|\bat night\b",
    ),
    _aspect(
        "know",
        r"\bhow (?:do|does|would|will|can|could) (?:i|you|we|one|he|she) (?:know|tell|notice|spot|recogni[sz]e)\b|\bsigns?\b|\b(?:do|have) i (?:have|got) (?:it|that)\b|"
        r"\bwhat does (?:it|that) look like\b",
        r"\bsigns are\b|\bnew urges to\b",
    ),
    _aspect("treat", r"\b(?:treat\w*|done about|do about|against (?:it|that)|instead|alternatives?|other options?)\b", r"\bother ways to treat\b"),
    _aspect(
        "kind",
        r"\bwhich\b|\bwhat (?:kind|type|brand|sort|size|make|model)\b|\bbrands?\b|\bhow tight\b|\bbest\b|\bkinds?\b",
        r"\bone kind\b|\bis one brand\b|\bordinary\b",
    ),
    _aspect(
        "works",
        r"\b(?:do(?:es)? (?:it|that|this|they|those) (?:really |actually |even )?(?:work|help)|worth (?:it|a try)|any good|prove[ns]?|proof|effective|evidence)\b",
        r"\bstud(?:y|ies)\b|\bproof\b|\btrial\b|\bwe do not know if\b|\bnot shown\b",
    ),
    _aspect(
        "why",
        r"\bwhy\b|\bhow come\b|\bhow (?:does|do|would) (?:it|that|this|they) (?:\w+ )?work\b|\bwhat does (?:it|that) do\b|\bthe reason\b",
        r"\bno one knows\b|\bseems? to drive\b|\bacts? on\b|\bwe do not know if\b|\bnot (?:a )?proven\b|\bno (?:good )?proof\b|\btend to start\b",
    ),
    _aspect(
        "may",
        r"\b(?:can|should|could|may|must|shall|would) (?:i|we|he|she|they|you) (?:still |really |even |just )?(?:take|use|try|have|do|need|get|start|wear|keep)\b|"
        r"\bneed (?:it|that|one|them)\b|\bwho (?:should|can)\b",
        r"\bcannot tell you\b|\bask (?:your|the|a|first)\b|\bdo not (?:start|use)\b|\bnot something everyone\b|\bbefore you (?:take|use|decide)\b",
    ),
)  # fmt: skip

#: Medicines and what is taken like one: stopping and amounts are asked of these.
MEDICINES = frozenset(
    {
        "ask_gabapentin",
        "ask_dopamine_medicines",
        "ask_augmentation",
        "ask_opioids",
        "ask_other_medicines",
        "ask_stopping_medicine",
        "ask_dose",
    }
    | {
        "ask_worsening_medicines",
        "ask_iron_supplements",
        "ask_magnesium",
        "ask_supplements",
        "ask_home_remedies",
    }
)
#: Subjects that "it" can mean. After the others "it" is restless legs, which the classifier reads well.
THINGS = MEDICINES | {
    "ask_iron_test", "ask_iron_infusion", "ask_iron_food", "ask_weight_loss_surgery", "ask_nerve_stimulation", "ask_vein_treatment",
    "ask_compression", "ask_new_therapies", "ask_exercise", "ask_sleep_habits", "ask_massage_bath", "ask_distraction", "ask_caffeine",
    "ask_alcohol", "ask_smoking", "ask_stress", "ask_travel", "ask_blood_donation",
}  # fmt: skip
#: Titles that do not read well after "On".
_NOUNS = {
    "ask_what_is_rls": "what restless legs is",
    "ask_symptoms": "what restless legs feels like",
    "ask_diagnosis": "finding out if it is restless legs",
    "ask_causes": "the causes",
    "ask_genetics": "restless legs in families",
    "ask_prevalence": "how common restless legs is",
    "ask_cure": "how restless legs goes on",
    "ask_parkinsons": "Parkinson's and restless legs",
    "ask_other_conditions": "diabetes, MS and other illnesses",
    "ask_leg_cramps": "leg cramps",
    "ask_leg_jerks": "legs that jerk in sleep",
    "ask_other_leg_problems": "other leg problems",
    "ask_worsening_medicines": "medicines that can make restless legs worse",
    "ask_gut_conditions": "celiac and Crohn's disease",
    "ask_iron_infusion": "iron by drip",
    "ask_low_iron_reason": "the reasons for low iron",
    "ask_treatment": "the treatment of restless legs",
    "ask_augmentation": "legs that get worse on a medicine",
    "ask_dose": "the dose",
    "ask_nerve_stimulation": "the nerve-stimulation device",
    "ask_prevention": "preventing it",
    "ask_when_to_seek_care": "seeing a doctor",
    "ask_which_doctor": "the right doctor",
    "ask_emergency_signs": "emergencies",
    "ask_visit_preparation": "the visit",
    "ask_clinic": "the clinic",
    "ask_cost": "the cost",
}
_PRONOUN = re.compile(r"\b(?:it|it's|that|that's|this|they|them|these|those|ones?)\b")
#: Body parts, medicines, remedies, illnesses, tests, people in white: with one of these a message has a topic of its own.
_TOPIC = re.compile(
    rf"\b(?:{MEDICINE_WORDS})\b|"
    r"\b(?:rls|restless|willis|plmd?s?|legs?|feet|foot|calf|calves|arms?|toes?|knees?|thighs?|hips?|backache|(?:my|his|her|the|lower) back|spine|head\w*|heart|chest|stomach|brain|"
    r"veins?|varicose|ablation|sclerotherapy|laser|arter\w+|pad|circulation|bloods?|pressure|cholesterol|clots?|dvt|nerves?|neuropath\w*|numb(?:ness)?|"
    r"cramps?|jerk\w*|twitch\w*|kick(?:s|ed|ing)|kick(?! in)|iron|ferritin|an(?:a)?emi\w*|transferrin|tsat|drips?|infusions?|iv|spinach|diet|foods?|eat\w*|"
    r"magnesium|vitamins?|b12|folate|folic|zinc|potassium|melatonin|valerian|cbd|cannabis|weed|marijuana|soap|tonic|quinine|kratom|"
    r"pregnan\w*|breastfeed\w*|bab(?:y|ies)|midwife|birth|child\w*|kids?|sons?|daughters?|dialysis|kidneys?|renal|"
    r"diabet\w*|ms|sclerosis|parkinson\w*|thyroid|arthritis|fibromyalgia|adhd|depress\w*|anxi\w*|mood|suicid\w*|celiac|crohn\w*|cancer|apnea|menopause|"
    r"period|antidepress\w*|mirtazapine|ssris?|antihistamines?|benadryl|allerg\w+ pills?|statins?|clonazepam|ambien|sleeping pills?|sleep aids?|"
    r"painkillers?|ibuprofen|tylenol|aspirin|paracetamol|acetaminophen|supplements?|herbs?|homeopath\w*|"
    r"coffee|caffeine|tea|cola|chocolate|decaf|alcohol|wine|beer|drinks?|smok\w*|vap\w*|nicotine|cigarettes?|stress\w*|meditat\w*|"
    r"exercis\w*|yoga|run|running|walk\w*|gym|swim\w*|sports?|stretch\w*|massag\w*|bath\w*|heat|ice|stockings?|socks?|compression|pumps?|device|nidra|"
    r"flights?|fly|flying|plane|trips?|cinema|sleep|insomnia|asleep|genes?|genetic\w*|heredit\w*|inherit\w*|famil\w*|cure[ds]?|curable|"
    r"doctors?|neurologists?|specialists?|clinics?|surger\w*|operation|appointments?|book|booking|visit|staff|human|person|emergency|ambulance|hospital|"
    r"symptoms?|diagnos\w*|causes?|ferrous|withdrawal|augmentation|scans?|tests?|tested|weather|jokes?|data|privacy|sources?)\b"
)
_RLS = re.compile(r"\b(?:rls|restless legs?(?: syndrome)?)\b")
_HELPERS = re.compile(r"\b(?:doctors?|doc|gp|prescriber|pharmacist|hospital|ambulance|emergency)\b")
#: Words that may stand beside an aspect and carry no topic.
_SMALL = (
    "you're just really actually anything something else give need might may must should shall much many more most some very quite rather "
    "long time day days night nights put try tried start started begin happen happened make makes made think know tell say said mean means "
    "again always often ever before after until over under without within per up down out off way thing things bit lot probably maybe "
    "hmm oh well why who whose which men man everybody everyone anyone anybody somebody going gonna wanna i'll i'd you'd he'll she'll "
    "they're can't won't doesn't wouldn't shouldn't couldn't hasn't haven't wasn't aren't let cause new next all feel difference gain less lose till moment minute"
)
_FILL = EMPTY_WORDS | frozenset(_SMALL.split())


def plain(text: str) -> str:
    """Lower case, contractions whole, nothing but words and their order."""
    words = spelt_out(re.sub(r"[’`]", "'", text.lower()))
    return " ".join(re.findall(r"[a-z0-9']+", words))


def leans(text: str, *, unknown: int = 0) -> bool:
    """Whether ``text`` has no topic word of its own and is short, or says "it".

    Args:
        unknown: how many words that are neither small nor part of an aspect a short text may have.
    """
    words = plain(text)
    count = len(words.split())
    if not words or _TOPIC.search(words):
        return False
    return (count <= LONG and bool(_PRONOUN.search(words))) or (
        count <= SHORT and len(_others(words)) <= unknown
    )


def leans_on_flag(text: str) -> bool:
    """As ``leans``; after a red flag "does that have to do with rls?" and "i have no doctor" are about the flag too."""
    words = _HELPERS.sub(" ", plain(text))
    return leans(words) or (
        bool(_RLS.search(words)) and bool(_PRONOUN.search(words)) and leans(_RLS.sub(" ", words))
    )


def empty(text: str) -> bool:
    """Whether every word of ``text`` is a small word or belongs to an aspect."""
    words = plain(text)
    return bool(words) and not _others(words)


def _others(words: str) -> list[str]:
    for one in ASPECTS:
        words = one.asked.sub(" ", words)
    return [word for word in words.split() if word not in _FILL and not word.isdigit()]


def aspect(text: str) -> Aspect | None:
    """What is asked of the subject."""
    words = plain(text)
    return next((one for one in ASPECTS if one.asked.search(words)), None)


def target(wanted: Aspect, topic: str, text: str) -> str | None:
    """The answer of another topic that this aspect leads to, if it does."""
    if wanted.name == "cost" or (
        wanted.name == "dose"
        and topic not in MEDICINES
        and re.fullmatch(r"(?:and )?how much(?: is (?:it|that|one))?", plain(text))
    ):
        return "ask_cost"
    if topic in MEDICINES and topic != "ask_home_remedies":
        return {"stop": "ask_stopping_medicine", "dose": "ask_dose"}.get(wanted.name)
    return None


def told(wanted: Aspect | None, topic: Answer) -> list[str]:
    """The paragraphs of a reviewed answer that speak of an aspect, two at most."""
    if wanted is None or wanted.told is None:
        return []
    parts = [*topic.text.split("\n\n"), *topic.more.split("\n\n")]
    return [part for part in parts if wanted.told.search(part)][:2]


def noun(topic: str) -> str:
    """A topic's name as it reads after "On": "iron pills"."""
    title = answers()[topic].title
    return _NOUNS.get(topic, title if title[:2].isupper() else title[0].lower() + title[1:])
