"""The page at ``/``: a demonstration only while ``clinic.yml`` says that its values are examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from bot.app import make_app
from bot.content.clinic import clinic
from bot.settings import settings
from bot.store.engine import Store, make_engine


def page(folder: Path, monkeypatch: pytest.MonkeyPatch, **changed: object) -> str:
    """The page of the tests' clinic with other values; ``None`` takes one out."""
    values = yaml.safe_load(settings().clinic_file.read_text(encoding="utf-8")) | changed
    file = folder / "clinic.yml"
    file.write_text(
        yaml.safe_dump({key: value for key, value in values.items() if value is not None}), encoding="utf-8"
    )
    monkeypatch.setenv("RLA_CLINIC_FILE", str(file))
    settings.cache_clear()
    clinic.cache_clear()
    engine = make_engine(f"sqlite:///{folder / 'house.db'}")
    answer = TestClient(make_app(settings(), Store(engine))).get("/")
    engine.dispose()
    assert answer.status_code == 200
    return answer.text


def test_example_values_are_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page(tmp_path, monkeypatch, example=True)
    assert '<aside class="demo"' in text and "are examples" in text
    assert "A demonstration, not a real practice page" in text and "· demonstration</title>" in text


@pytest.mark.parametrize("example", [False, None])
def test_a_real_clinic_is_not_called_a_demonstration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: bool | None
) -> None:
    text = page(tmp_path, monkeypatch, example=example)
    assert "Test Vein Clinic" in text and "gives no medical advice" in text
    assert not re.search(r"demonstration|example", text, re.IGNORECASE)


@pytest.mark.parametrize(("country", "number"), [("US", "911"), ("UK", "999")])
def test_the_emergency_number_is_the_clinics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, country: str, number: str
) -> None:
    text = page(tmp_path, monkeypatch, country=country)
    assert f'<a href="tel:{number}">{number}</a></strong> for chest pain' in text
    assert set(re.findall(r"\b(?:911|999)\b", text)) == {number}
