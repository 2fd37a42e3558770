"""Which fact about the clinic is asked, on sentences written apart from the training data."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from bot.content.clinic import FACTS
from bot.settings import ROOT
from bot.understanding.clinic_fact import FACT, ClinicFactModel
from bot.understanding.encoder import encoder
from bot.understanding.encoder_file import EncoderError
from bot.understanding.reading import prepared

ROWS = Path(__file__).with_name("clinic_facts.tsv")


@pytest.fixture(scope="module")
def model() -> ClinicFactModel:
    blocks = yaml.safe_load((ROOT / "data/nlu/clinic_facts.yml").read_text(encoding="utf-8"))["nlu"]
    questions = [
        (prepared(line.strip()[2:]), block["metadata"]["fact"])
        for block in blocks
        for line in block["examples"].splitlines()
        if line.strip()
    ]
    return ClinicFactModel(encoder()).fit(questions)


def rows() -> list[tuple[str, str]]:
    with ROWS.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["fact"]) for row in csv.DictReader(file, delimiter="\t")]


def test_the_fact_that_is_asked_is_found(model: ClinicFactModel) -> None:
    found = [(text, wanted, model.read(prepared(text))) for text, wanted in rows()]
    answered = [(text, wanted, fact) for text, wanted, fact in found if fact.confidence >= FACT]
    wrong = [row for row in answered if row[1] != row[2].name]
    assert {wanted for _, wanted in rows()} <= set(FACTS)
    assert len(answered) - len(wrong) >= 0.6 * len(found), wrong
    assert len(wrong) <= 0.1 * len(found), wrong


def test_a_saved_model_reads_the_same(model: ClinicFactModel, tmp_path: Path) -> None:
    model.save(tmp_path / "fact.npz")
    again = ClinicFactModel.load(tmp_path / "fact.npz", encoder())
    assert again.read("where can i park").name == model.read("where can i park").name == "parking"


def test_a_model_of_another_encoder_is_refused(model: ClinicFactModel, tmp_path: Path) -> None:
    class Other:
        digest = "another"

        def encode(self, texts: list[str]) -> object:
            return texts

        encode_with_parts = encode

    model.save(tmp_path / "fact.npz")
    with pytest.raises(EncoderError, match="train again"):
        ClinicFactModel.load(tmp_path / "fact.npz", Other())  # type: ignore[arg-type]
