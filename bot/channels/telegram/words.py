"""What the assistant says on Telegram alone. Medical answers are not here: they stand in ``data/answers``.

Places such as ``{clinic_name}`` are filled from ``clinic.yml``.
"""

from __future__ import annotations

INTRO = (
    "Hello. I am the education assistant of {clinic_name}. I answer questions about restless legs.\n\n"
    "I am a computer program, not a doctor. In an emergency, call {emergency_number}.\n\n"
    "Please know before you write: Telegram chats with me are not end-to-end encrypted. They pass through Telegram's "
    "servers, and anyone who can open your phone or your Telegram account can read them. What you write here is "
    "stored, and staff of {clinic_name} can read it. You can have it deleted at any time with /delete.\n\n"
    "Is it all right with you to go on?"
)
KEPT = "I have kept your message and will answer it as soon as you agree."
REMIND = "Before I may answer, I need your agreement. Your messages are kept until you choose. In an emergency call {emergency_number}."
AGREED = "Thank you."
ALREADY_AGREED = "You have agreed already. Just ask me what you would like to know."
DECLINED = (
    "That is fine. I have deleted what you wrote here. If you have a question, you can call {clinic_name} at {clinic_phone}. "
    "In an emergency call {emergency_number}. If you change your mind, send /start."
)
DECLINED_URGENT = (
    "That is fine, I will not answer questions. Your message sounded urgent, so it stays with the clinic staff until they have "
    "seen it. In an emergency call {emergency_number}. To have everything deleted, send /delete."
)
DECLINED_LATER = "That is fine, I will not answer. What you wrote earlier is still stored: /delete removes it. In an emergency call {emergency_number}."
DECLINED_STAFF = (
    "That is fine, I will not answer. Staff of {clinic_name} have this chat on their list and may still write to you. "
    "What you wrote is still stored: /delete removes it. In an emergency call {emergency_number}."
)
STOPPED = (
    "I have stopped and will not answer here until you write again and agree. A request that you sent to the clinic still "
    "stands; call {clinic_phone} to change it. What you wrote is still stored: /delete removes it."
)
STOPPED_STAFF = (
    "I have stopped answering. Staff of {clinic_name} have this chat on their list and may still write to you. "
    "What you wrote is still stored: /delete removes it."
)
HELP = (
    "I answer questions about restless legs. Just write in your own words, or press a button.\n\n"
    "/start begins\n/help shows this\n/stop ends our talk\n/delete deletes everything you wrote here\n\n"
    "I am not a doctor and not for emergencies: then call {emergency_number}. You can reach {clinic_name} at {clinic_phone}."
)
KEEP = "Nothing was deleted. You can go on whenever you like."
NOTHING_KEPT = "There is nothing of yours here to delete."
OLD_BUTTON = "That button is no longer there. Please type what you need."
WORKING = "I am already on it."
EDITED = "I saw that you changed a message. I only answer new messages, so please send it again as a new one."
FORWARDED = "I can only answer what you write yourself. Please ask in your own words."
PHOTO_WITH_WORDS = "I cannot look at pictures or files, so I only read the words that came with it."
PHOTO = "I cannot look at pictures, and our staff do not see them here either. Please tell me in words what you would like to know. In an emergency call {emergency_number}."
VOICE = "I cannot listen to recordings. Please type your question, even a few words will do. In an emergency call {emergency_number}."
VIDEO = "I cannot watch videos. Please tell me in words what you would like to know. In an emergency call {emergency_number}."
FILE = "I cannot open files, and our staff do not see them here either. Please do not send reports here; ask me in words."
STICKER = "Thank you. I only understand words, though. What would you like to know?"
LOCATION = (
    "I do not need to know where you are, and I cannot send help. In an emergency call {emergency_number}."
)
CONTACT = "Please do not send contact details in this chat. If you would like an appointment, tell me, and I will help you ask for one safely."
POLL = "I cannot take part in polls or games. Is there something about restless legs that you would like to know?"
TOO_LONG = "That message is too long for me. Please send it in shorter parts."
UNREADABLE = (
    "Something went wrong with your last message and I could not read it. Our staff can see that. Please type it again in other words. "
    "In an emergency call {emergency_number}."
)

CONSENT_CHOICES = (
    {"key": "consent_yes", "label": "Yes, I agree"},
    {"key": "consent_no", "label": "No, thank you"},
)
DELETE_CHOICES = (
    {"key": "delete_yes", "label": "Yes, delete everything"},
    {"key": "delete_no", "label": "No, keep it"},
)
