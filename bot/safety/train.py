"""``python -m bot.safety.train``: trains the red-flag classifier and saves it in ``models/``."""

from bot.safety.classifier import RedFlagClassifier
from bot.safety.rules import RedFlagRules

if __name__ == "__main__":
    RedFlagClassifier(RedFlagRules.load()).train().save()
