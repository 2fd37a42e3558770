"""``python -m tools.evaluation FILE``."""

from __future__ import annotations

import argparse
import os
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # one thread each, as at a clinic
    os.environ.setdefault(name, "1")

from bot.errors import AssistantError  # noqa: E402
from tools.evaluation.command import add_arguments, run  # noqa: E402

parser = argparse.ArgumentParser(
    prog="python -m tools.evaluation", description="How well patients are understood, on a file of sentences."
)
add_arguments(parser)
try:
    run(parser.parse_args())
except AssistantError as error:
    sys.exit(f"{error}")
