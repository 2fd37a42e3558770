"""The model in use is the one that belongs to the files at hand: a change of these trains anew, nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.brain import training

FILES = (
    "config.yml",
    "domain.yml",
    "requirements.lock",
    "data/nlu/iron.yml",
    "data/stories/rules.yml",
    "bot/brain/classifier.py",
    "bot/lexicon.txt",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a model that fits it."""
    for name in (*FILES, "bot/brain/client.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / f"{training.MODEL}.tar.gz").write_bytes(b"a model")
    (tmp_path / "models" / "fingerprint").write_text(training.fingerprint(tmp_path))
    return tmp_path


class Started(Exception):
    """Training was about to begin."""


@pytest.fixture(autouse=True)
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise Started

    monkeypatch.setattr(training.subprocess, "Popen", start)


def test_a_model_that_fits_is_kept(project: Path) -> None:
    assert training.train_if_needed(project) is False


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_trains_anew_and_the_old_model_no_longer_counts_as_fitting(name: str, project: Path) -> None:
    (project / name).write_text("changed")
    for _ in range(2):  # a training that broke off is begun again at the next start
        with pytest.raises(Started):
            training.train_if_needed(project)


def test_a_model_of_unknown_origin_is_not_trusted(project: Path) -> None:
    (project / "models" / "fingerprint").unlink()
    with pytest.raises(Started):
        training.train_if_needed(project)


def test_what_is_no_part_of_the_model_does_not_train(project: Path) -> None:
    (project / "bot/brain/client.py").write_text("changed")
    assert training.train_if_needed(project) is False
