"""The thresholds between "answer", "did you mean" and "I can't answer that"."""

#: At least this sure: the answer is given.
ANSWER = 0.45
#: At least this likely: the topic is offered as a button.
SUGGEST = 0.06
#: At least this sure: a part of a message counts as a question of its own.
ALSO = 0.6
