"""Training the Rasa model and the second safety net when something that they depend on has changed, and only then."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

from bot.errors import ConfigError

MODEL = "restless-legs"
_INPUTS = (
    "config.yml",
    "domain.yml",
    "requirements.lock",
    "data/nlu",
    "data/stories",
    "bot/brain",
    "bot/spelling.py",
    "bot/lexicon.txt",
    "data/safety",
    "bot/safety/net.py",
)
_LATE = {
    "client.py",
    "training.py",
    "rasa_cli.py",
    "reply.py",
    "bands.py",
    "quiet.py",
    "whole_turns.py",
}  # part of the brain, but not of the model


def fingerprint(root: Path) -> str:
    """A digest of everything that a trained model depends on."""
    digest = hashlib.sha256()
    for name in _INPUTS:
        path = root / name
        files = sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py", ".tsv")) if path.is_dir() else [path]
        for file in files:
            if file.name not in _LATE and file.exists():
                digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def train_if_needed(root: Path) -> bool:
    """Train, unless the model at hand fits. Returns whether it trained. Prints what it does.

    Raises:
        ConfigError: training failed; names the log file and repeats its last lines.
    """
    models, wanted = root / "models", fingerprint(root)
    stamp, model = models / "fingerprint", models / f"{MODEL}.tar.gz"
    if model.exists() and stamp.exists() and stamp.read_text() == wanted:
        return False
    models.mkdir(exist_ok=True)
    stamp.unlink(missing_ok=True)
    log = models / "training.log"
    rasa = ["rasa", "train", "--data", "data/nlu", "data/stories", "--out", "models", "--fixed-model-name", MODEL]
    begun = time.monotonic()
    with log.open("w") as out:
        for words in (["bot", *rasa], ["bot.safety.net"]):
            process = subprocess.Popen([sys.executable, "-m", *words], cwd=root, stdout=out, stderr=subprocess.STDOUT)
            try:
                _show(process, begun)
            except BaseException:
                process.terminate()
                raise
            if process.returncode != 0:
                break
    if process.returncode != 0 or not model.exists():
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise ConfigError(f"Training failed. The whole log is in {log.relative_to(root)}; its end:\n{tail}")
    for old in models.glob("*.tar.gz"):
        if old != model:
            old.unlink()
    stamp.write_text(wanted)
    print(f"  models trained in {time.monotonic() - begun:.0f} s", flush=True)
    return True


def _show(process: subprocess.Popen[bytes], begun: float) -> None:
    """Wait for the end and show that something is going on."""
    shown = -1
    while process.poll() is None:
        seconds = int(time.monotonic() - begun)
        if sys.stdout.isatty():
            print(f"\r  training the models (about a minute) ... {seconds} s ", end="", flush=True)
        elif seconds // 15 != shown:
            shown = seconds // 15
            print(f"  training the models (about a minute) ... {seconds} s", flush=True)
        time.sleep(0.5)
    if sys.stdout.isatty():
        print("\r" + " " * 60 + "\r", end="", flush=True)
