"""``/readyz``: what an answer needs, and what is only worth knowing."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bot.app import make_app
from bot.rasa_server.client import RasaClient
from bot.safety import RedFlagCheck
from bot.safety.classifier import RedFlagClassifier
from bot.safety.rules import RedFlagRules
from bot.settings import settings
from bot.store.engine import Store, make_engine


async def there(_: object) -> bool:
    return True


async def away(_: object) -> bool:
    return False


def ready(
    folder: Path, monkeypatch: pytest.MonkeyPatch, classifier: RedFlagClassifier | None, *, rasa: bool = True
) -> tuple[int, dict[str, str]]:
    monkeypatch.setattr(RasaClient, "has_model", there if rasa else away)
    monkeypatch.setattr(RasaClient, "has_actions", there)
    monkeypatch.setattr(
        RedFlagCheck, "load", staticmethod(lambda: RedFlagCheck(RedFlagRules.load(), classifier))
    )
    engine = make_engine(f"sqlite:///{folder / 'house.db'}")
    answer = TestClient(make_app(settings(), Store(engine))).get("/readyz")
    engine.dispose()
    return answer.status_code, answer.json()


def loaded() -> RedFlagClassifier:
    classifier = RedFlagClassifier(RedFlagRules.load())
    classifier._model = object()  # type: ignore[assignment]
    return classifier


def test_all_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, said = ready(tmp_path, monkeypatch, loaded())
    assert (status, said) == (
        200,
        {"status": "ready", "database": "ready", "rasa": "ready", "actions": "ready", "red_flags": "ready"},
    )


def test_a_missing_classifier_is_said_and_holds_nothing_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = RedFlagClassifier(RedFlagRules.load()).read(tmp_path / "nowhere.npz")
    for classifier in (lost, None):
        status, said = ready(tmp_path, monkeypatch, classifier)
        assert (status, said["status"]) == (200, "ready")
        assert "trained classifier is missing" in said["red_flags"]


def test_what_an_answer_needs_still_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status, said = ready(tmp_path, monkeypatch, loaded(), rasa=False)
    assert (status, said["status"]) == (503, "not ready") and "Rasa" in said["rasa"]
