"""``python -m tests.dialogues.run``: the stories of this folder, run through Rasa with its classifier, and
counted.

Rasa ends well when it finds no story to run, so the number of stories in its report is held against the
files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def names(folder: Path) -> list[str]:
    """The stories in the files that Rasa reads, by name."""
    files = sorted(folder.glob("test_*.yml"))
    return [
        story["story"]
        for file in files
        for story in yaml.safe_load(file.read_text(encoding="utf-8"))["stories"]
    ]


def verdict(report: Path, there: int) -> tuple[int, int]:
    """How many stories passed and failed, from Rasa's report.

    Raises:
        SystemExit: there is no report, or not every story of the files was run.
    """
    if not report.exists():
        sys.exit("Rasa wrote no report.")
    ran = json.loads(report.read_text())["conversation_accuracy"]
    if not there or ran["total"] != there:
        sys.exit(f"{there} stories in the files, but {ran['total']} were run.")
    return ran["correct"], ran["total"] - ran["correct"]


def main(folder: Path = HERE) -> int:
    """Run the stories; returns the exit code."""
    stories = names(folder)
    twice = {name for name in stories if stories.count(name) > 1}
    if twice:
        sys.exit(f"Two stories have the same name: {', '.join(sorted(twice))}")
    with tempfile.TemporaryDirectory(prefix="rla-dialogues-") as made:
        out = Path(made)
        command = [
            *(
                sys.executable,
                "-m",
                "bot",
                "rasa",
                "test",
                "core",
                "--e2e",
                "--fail-on-prediction-errors",
                "--no-plot",
            ),
            *("--stories", str(folder), "--model", "models", "--out", str(out / "results")),
        ]
        environment = {**os.environ, "RLA_DATA_DIR": str(out / "var"), "LOG_LEVEL": "ERROR"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        said = [line for line in (done.stderr + done.stdout).splitlines() if "it/s]" not in line]
        wrong = any("WrongPredictionException" in line for line in said)
        if wrong:
            # Rasa stops at the first wrong story; a second run, which goes on, counts them and shows what was
            # predicted.
            command.remove("--fail-on-prediction-errors")
            subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
            print((out / "results" / "failed_test_stories.yml").read_text(), file=sys.stderr)
        elif done.returncode != 0:
            print("\n".join(said[-20:]), file=sys.stderr)
            return done.returncode
        passed, failed = verdict(out / "results" / "story_report.json", len(stories))
    print(f"dialogues: {passed} passed, {failed} failed")
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
