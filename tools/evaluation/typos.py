"""Typing errors made on purpose, the same ones each time."""

from __future__ import annotations

import random
import re

_NEIGHBOURS = {
    "q": "wa", "w": "qes", "e": "wrd", "r": "etf", "t": "ryg", "y": "tuh", "u": "yij", "i": "uok", "o": "ipl", "p": "ol",
    "a": "qsz", "s": "awdx", "d": "sefc", "f": "drgv", "g": "fthb", "h": "gyjn", "j": "hukm", "k": "jil", "l": "kop",
    "z": "asx", "x": "zsdc", "c": "xdfv", "v": "cfgb", "b": "vghn", "n": "bhjm", "m": "njk",
}  # fmt: skip
_LEAST = 4


def with_typos(text: str, share: float, seed: int = 7) -> str:
    """``text`` with one typing error in ``share`` of its words of four letters and more: a letter swapped,
    lost, doubled, or hit beside."""
    dice = random.Random(f"{seed} {text}")
    words = [
        match.span() for match in re.finditer(r"[A-Za-z]+", text) if match.end() - match.start() >= _LEAST
    ]
    chosen = set(dice.sample(words, k=min(len(words), round(share * len(words)))))
    made, end = [], 0
    for span in words:
        if span in chosen:
            made += [text[end : span[0]], _mistyped(text[slice(*span)], dice)]
            end = span[1]
    return "".join([*made, text[end:]])


def _mistyped(word: str, dice: random.Random) -> str:
    at = dice.randrange(len(word) - 1)
    how = dice.choice(("swap", "lose", "double", "beside"))
    if how == "swap" and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if how == "lose":
        return word[: at + 1] + word[at + 2 :]
    if how == "double":
        return word[: at + 1] + word[at:]
    return word[: at + 1] + dice.choice(_NEIGHBOURS.get(word[at + 1].lower(), "e")) + word[at + 2 :]
