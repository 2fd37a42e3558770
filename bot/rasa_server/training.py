"""Training the Rasa model and the red-flag classifier when something that they depend on has changed, and
only then."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError
from bot.settings import ROOT

MODEL = "restless-legs"
_CODE = ("data/medicines.yml", "bot/language", "bot/understanding")
_SHARED = ("requirements.lock", "data/nlu", *_CODE)
_RASA_PARTS = (
    "bot/rasa_server/follow_up_reader.py",
    "bot/rasa_server/intent_classifier.py",
    "bot/rasa_server/situation_extractor.py",
    "config.yml",
    "domain.yml",
    "data/stories",
)
_LATE = {"thresholds.py", "verdict.py", "finding.py"}  # read when a model is used, not when it is trained


@dataclass(frozen=True)
class _Model:
    """A model that is trained: its file, what it depends on, and the command that makes it."""

    file: str
    inputs: tuple[str, ...]
    command: tuple[str, ...]


# Rasa's own validation is part of `make check`; here it would only make everybody wait.
_RASA = (
    "bot",
    "rasa",
    "train",
    "--data",
    "data/nlu",
    "data/stories",
    "--out",
    "models",
    "--fixed-model-name",
    MODEL,
    "--skip-validation",
)
MODELS = (
    _Model(f"{MODEL}.tar.gz", (*_SHARED, *_RASA_PARTS), _RASA),
    _Model("safety.npz", (*_SHARED, "data/safety", "bot/safety"), ("bot.safety.train",)),
    _Model(
        "after_flag.npz",
        (*_SHARED, "data/safety/after_flag.yml", "bot/safety/after_flag.py"),
        ("bot.safety.after_flag",),
    ),
)


def fingerprint(root: Path, model: _Model = MODELS[0]) -> str:
    """A digest of everything that a trained model depends on."""
    return _digest(root, model.inputs)


def code_fingerprint() -> str:
    """A digest of what our components call.

    Rasa keeps trained components and knows only their own class and data.
    """
    return _digest(ROOT, _CODE)


def _digest(root: Path, names: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for name in names:
        path = root / name
        files = (
            sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py", ".tsv", ".txt"))
            if path.is_dir()
            else [path]
        )
        for file in files:
            if file.name not in _LATE and file.exists():
                digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def stale(root: Path) -> list[_Model]:
    """The models that are missing, or were trained from something else than what is at hand."""
    folder = root / "models"
    return [
        model
        for model in MODELS
        if not (folder / model.file).exists() or _stamp(folder, model) != fingerprint(root, model)
    ]


def train_if_needed(root: Path) -> bool:
    """Train the models that do not fit what is at hand, side by side.

    Returns whether any was trained. Prints what it does.

    Raises:
        ConfigError: training failed; names the log file and repeats its last lines.
    """
    folder = root / "models"
    wanted = {model: fingerprint(root, model) for model in stale(root)}
    if not wanted:
        return False
    folder.mkdir(exist_ok=True)
    begun = time.monotonic()
    for model in wanted:
        _stamp_file(folder, model).unlink(missing_ok=True)
    _run_all(
        {folder / f"{model.file}.log": [sys.executable, "-m", *model.command] for model in wanted},
        root,
        begun,
    )
    for model in wanted:
        if not (folder / model.file).exists():
            raise ConfigError(
                f"Training wrote no {model.file}. The whole log is in {folder.name}/{model.file}.log."
            )
        _stamp_file(folder, model).write_text(wanted[model])
    for old in folder.glob("*.tar.gz"):
        if old.name != MODELS[0].file:
            old.unlink()
    print(f"  models trained in {time.monotonic() - begun:.0f} s", flush=True)
    return True


def is_current(root: Path) -> bool:
    """Whether the Rasa model at hand fits the files at hand."""
    return (root / "models" / MODELS[0].file).is_file() and _stamp(root / "models", MODELS[0]) == fingerprint(
        root
    )


def _stamp_file(folder: Path, model: _Model) -> Path:
    return folder / f"{model.file}.fingerprint"


def _stamp(folder: Path, model: _Model) -> str:
    file = _stamp_file(folder, model)
    return file.read_text() if file.is_file() else ""


def _run_all(commands: dict[Path, list[str]], root: Path, begun: float) -> None:
    """Run commands side by side, each writing into its log, and show that something is going on until all
    have ended well."""
    running: dict[Path, subprocess.Popen[bytes]] = {}
    try:
        for log, words in commands.items():
            with log.open("w") as out:
                running[log] = subprocess.Popen(words, cwd=root, stdout=out, stderr=subprocess.STDOUT)
        _show(list(running.values()), begun)
    finally:
        for process in running.values():
            if process.poll() is None:
                process.terminate()
    for log, process in running.items():
        if process.returncode != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise ConfigError(
                f"Training failed. The whole log is in {log.relative_to(root)}; its end:\n{tail}"
            )


def _show(processes: list[subprocess.Popen[bytes]], begun: float) -> None:
    """Wait until all have ended, or one has failed, and show that something is going on."""
    shown = -1
    while any(process.poll() is None for process in processes) and not any(
        process.poll() for process in processes
    ):
        seconds = int(time.monotonic() - begun)
        if sys.stdout.isatty():
            print(f"\r  training the models (about a minute) ... {seconds} s ", end="", flush=True)
        elif seconds // 15 != shown:
            shown = seconds // 15
            print(f"  training the models (about a minute) ... {seconds} s", flush=True)
        time.sleep(0.5)
    if sys.stdout.isatty():
        print("\r" + " " * 60 + "\r", end="", flush=True)
