"""Typing errors as thumbs make them: the same ones on every run."""

import random


def mutate(text: str, rng: random.Random) -> str:
    """One error in every third long word, at least one: a letter lost, doubled, swapped with the next, or
    a wrong one."""
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    rng.shuffle(long)
    for at in long[: max(1, len(long) // 3)]:
        word = words[at]
        spot = rng.randrange(1, len(word) - 1)
        kind = rng.randrange(4)
        if kind == 0:
            word = word[:spot] + word[spot + 1 :]
        elif kind == 1:
            word = word[:spot] + word[spot] + word[spot:]
        elif kind == 2:
            word = word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :]
        else:
            word = word[:spot] + rng.choice("aeiourstn") + word[spot + 1 :]
        words[at] = word
    return " ".join(words)
