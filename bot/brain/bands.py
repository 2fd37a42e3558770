"""The thresholds between "answer", "did you mean" and "I can't answer that".

Read off the development sentences (``tests/nlu/dev.tsv``, written apart from the training data).
"""

#: At least this sure: the answer is given.
ANSWER = 0.35
#: At least this likely: the topic is offered as a button.
SUGGEST = 0.04
#: At least this sure: a part of a message counts as a question of its own.
ALSO = 0.60
#: At least this sure: so does a single thing named beside another.
HALF = 0.70
#: At least this sure: nothing else may take the first place.
SURE = 0.80
#: At least this probable: the runner-up was asked about too, when the message names things side by side.
SECOND = 0.10
