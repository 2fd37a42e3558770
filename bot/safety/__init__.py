"""Red flags: signs of an emergency in what a patient writes, looked for before anything else is done with the message.

What the words of this room mean:

- A **red flag** (``R1`` to ``R14``) is one kind of emergency: how urgent it is and what the patient is told. Each has one ``.yml`` file here.
- ``rule_files`` reads and checks those files. A **concept** is a list of phrases ("swollen"); a **rule** is a set of concepts that must
  stand close to each other in a message.
- ``matcher`` finds the phrases in a message, ``scope`` tells which words of it are denied, past, imagined or about others, and
  ``rules.RedFlagRules`` decides with both which rules fire.
- ``classifier.RedFlagClassifier`` is the trained part beside the rules; ``train`` makes its file in ``models/`` from ``data/safety``.
- ``verdict.RedFlagCheck`` asks both and is what the rest of the house calls. It returns a ``finding.Finding``.
"""

from bot.safety.finding import Finding
from bot.safety.rules import RedFlagRules
from bot.safety.verdict import RedFlagCheck

__all__ = ["Finding", "RedFlagRules", "RedFlagCheck"]
