"""Red flags: signs of an emergency in a message. They are looked for before anything else is done with it.

What the words of this room mean:

- A **red flag** (``R1`` to ``R16``) is one kind of emergency: its title, its **tier** (how urgent it is) and
  what the patient is told. Each has one ``.yml`` file here; ``flags`` and ``tiers.yml`` have what all of them
  share.
- ``rule_files`` reads and checks those files. A **concept** is a list of **phrases**, written in the notation
  of ``phrases``; a **rule** names concepts that must stand close to each other in a message.
- ``matcher`` finds the phrases in a message, ``scope`` tells which words of it are denied, past or imagined,
  ``judge`` decides with both whether a rule fires, and ``rules.RedFlagRules`` gives the flags that the fired
  rules raise.
- ``classifier.RedFlagClassifier`` is the trained part beside the rules; ``train`` makes its file in
  ``models/``.
- ``verdict.RedFlagCheck`` asks both and is what the rest of the house calls. It returns a
  ``finding.Finding``.
"""

from bot.safety.finding import Finding
from bot.safety.flags import TIER_TITLES, TIERS, Flag
from bot.safety.rule_files import flags
from bot.safety.rules import RedFlagRules
from bot.safety.verdict import RedFlagCheck

__all__ = ["TIERS", "TIER_TITLES", "Finding", "Flag", "RedFlagCheck", "RedFlagRules", "flags"]
