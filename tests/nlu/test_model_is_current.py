"""The model in use is the one that belongs to the files at hand: a change of these trains anew, nothing
else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.rasa_server import training

RASA, CLASSIFIER, AFTER_FLAG = (model.file for model in training.MODELS)
FILES = {
    "config.yml": {RASA},
    "domain.yml": {RASA},
    "requirements.lock": {RASA, CLASSIFIER, AFTER_FLAG},
    "data/nlu/iron.yml": {RASA, CLASSIFIER, AFTER_FLAG},
    "data/stories/rules.yml": {RASA},
    "data/safety/r01.tsv": {CLASSIFIER},
    "data/safety/after_flag.yml": {CLASSIFIER, AFTER_FLAG},
    "bot/safety/after_flag.py": {CLASSIFIER, AFTER_FLAG},
    "bot/safety/r01_clot.yml": {CLASSIFIER},
    "bot/rasa_server/intent_classifier.py": {RASA},
    "bot/rasa_server/follow_up_reader.py": {RASA},
    "bot/understanding/encoder.py": {RASA, CLASSIFIER, AFTER_FLAG},
    "bot/language/lexicon.txt": {RASA, CLASSIFIER, AFTER_FLAG},
    "bot/language/contractions.tsv": {RASA, CLASSIFIER, AFTER_FLAG},
    "bot/language/word_forms.yml": {RASA, CLASSIFIER, AFTER_FLAG},
    "data/medicines.yml": {RASA, CLASSIFIER, AFTER_FLAG},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with models that fit it."""
    for name in (*FILES, "bot/rasa_server/client.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "models").mkdir()
    for model in training.MODELS:
        (tmp_path / "models" / model.file).write_bytes(b"a model")
        (tmp_path / "models" / f"{model.file}.fingerprint").write_text(training.fingerprint(tmp_path, model))
    return tmp_path


class Started(Exception):
    """Training was about to begin."""


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which models were about to be trained."""
    names: list[str] = []

    def start(commands: dict[Path, list[str]], *_: object) -> None:
        names.extend(log.name.removesuffix(".log") for log in commands)
        raise Started

    monkeypatch.setattr(training, "_run_all", start)
    return names


def test_a_model_that_fits_is_kept(project: Path) -> None:
    assert training.train_if_needed(project) is False


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_trains_what_depends_on_it_and_the_old_model_no_longer_counts_as_fitting(
    name: str, project: Path, begun: list[str]
) -> None:
    (project / name).write_text("changed")
    for _ in range(2):  # a training that broke off is begun again at the next start
        begun.clear()
        with pytest.raises(Started):
            training.train_if_needed(project)
        assert set(begun) == FILES[name]


def test_a_model_of_unknown_origin_is_not_trusted(project: Path) -> None:
    assert training.is_current(project)
    (project / "models" / f"{RASA}.fingerprint").unlink()
    assert not training.is_current(project)
    with pytest.raises(Started):
        training.train_if_needed(project)


def test_what_is_no_part_of_the_model_does_not_train(project: Path) -> None:
    (project / "bot/rasa_server/client.py").write_text("changed")
    assert training.train_if_needed(project) is False
