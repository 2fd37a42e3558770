"""``python -m tests.validate``: Rasa's own check of its files, every warning a failure, in a short verdict.

Rasa's ``--fail-on-warnings`` lets some of its warnings pass (an intent without a phrasing, an intent in no
rule), so the warnings it prints count too.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_SAYS = (" WARNING ", " ERROR ", "rasa/shared/utils/io.py", "Error: ", "Exception: ")
_COLOUR = re.compile(r"\x1b\[\d*m")


def main() -> int:
    """Check ``domain.yml``, ``data/nlu`` and ``data/stories``; returns the exit code."""
    command = [
        *(sys.executable, "-m", "bot", "rasa", "data", "validate", "--fail-on-warnings"),
        *("--domain", "domain.yml", "--data", "data/nlu", "data/stories"),
    ]
    with tempfile.TemporaryDirectory(prefix="rla-validate-") as made:
        environment = {**os.environ, "RLA_DATA_DIR": made}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    said = [_COLOUR.sub("", line) for line in lines if any(word in line for word in _SAYS)]
    if done.returncode == 0 and not said:
        print("rasa data validate: no warnings")
        return 0
    print("\n".join(["rasa data validate:", *(said or lines[-20:])]), file=sys.stderr)
    return done.returncode or 1


if __name__ == "__main__":
    sys.exit(main())
