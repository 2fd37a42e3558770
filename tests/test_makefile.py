"""What ``make`` deletes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from bot.settings import ROOT, Settings


def test_clean_never_touches_the_patients_database(tmp_path: Path) -> None:
    """``var/`` holds what patients wrote, and the rest can be made again."""
    data = Settings.model_fields["data_dir"].default
    shutil.copy(ROOT / "Makefile", tmp_path)
    made_again = [tmp_path / name for name in (".venv", "models", ".rasa", "results")]
    for folder in [*made_again, tmp_path / data]:
        folder.mkdir()
        (folder / "file").write_text("x")
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / data / "file").read_text() == "x"
    assert not [folder.name for folder in made_again if folder.exists()]
