"""``python -m bot check`` and what a start looks at: each fault is told in one line, and what is sound is
not."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.check import contents, looks, machine, safe_settings, services
from bot.check.finding import Finding, heed, ok, refuse, warning, wrong
from bot.check.plain import plain
from bot.content.clinic import clinic
from bot.errors import ConfigError
from bot.rasa_server import training
from bot.settings import ROOT, Settings, settings
from bot.store.engine import make_engine
from bot.store.migrate import go_to, known, migrate
from tests.support.findings import levels, said
from tests.support.processes import free_ports
from tests.support.redis_server import Redis

SOUND = "1234567890:AAbbccddeeffgghhiijjkkllmmnnooppqqr"


# --- settings
# ------------------------------------------------------------------------------------------------------


def test_settings_of_a_developer_are_sound() -> None:
    assert levels(safe_settings.settings_fit(Settings())) == [("ok", "settings")]


@pytest.mark.parametrize(
    ("given", "level", "expected"),
    [
        ({"public_url": "https://chat.clinic.example"}, "wrong", "RLA_SECURE_COOKIES=true"),
        ({"public_url": "http://chat.clinic.example"}, "warning", "HTTPS"),
        ({"secure_cookies": True}, "warning", "RLA_PUBLIC_URL"),
        ({"host": "0.0.0.0"}, "warning", "RLA_PUBLIC_URL"),
        ({"allowed_origins": "http://clinic.example"}, "warning", "RLA_ALLOWED_ORIGINS"),
        ({"rate_limits": False}, "warning", "RLA_RATE_LIMITS"),
        ({"rasa_token": "guess"}, "wrong", "RLA_RASA_TOKEN"),
    ],
)
def test_settings_that_are_unsafe_together(given: dict[str, object], level: str, expected: str) -> None:
    found = list(safe_settings.settings_fit(Settings(**given)))
    assert levels(found) == [(level, "settings")]
    assert expected in said(found) and "guess " not in said(found)


@pytest.mark.parametrize(
    "given",
    [
        {"public_url": "https://chat.clinic.example", "secure_cookies": True},
        {"public_url": "http://localhost:8000"},
        {"allowed_origins": "https://clinic.example,http://localhost:3000"},
    ],
)
def test_settings_that_fit(given: dict[str, object]) -> None:
    assert levels(safe_settings.settings_fit(Settings(**given))) == [("ok", "settings")]


MAIL = "smtp+starttls://user:secret@mail.example:587"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("warning", "alerts")]),
        ({"alert_emails": "ann@clinic.example", "smtp_url": MAIL}, [("ok", "mail")]),
        ({"alert_emails": "ann at clinic", "smtp_url": MAIL}, [("wrong", "mail")]),
        ({"alert_emails": "ann@a.example bob@b.example", "smtp_url": MAIL}, [("wrong", "mail")]),
        ({"smtp_url": MAIL}, [("warning", "mail"), ("warning", "alerts")]),
        ({"alert_emails": "ann@clinic.example", "smtp_url": "smtp://mail.example"}, [("warning", "mail")]),
        ({"alert_webhook_url": "https://h.example", "alert_webhook_secret": "x" * 16}, []),
        ({"alert_webhook_url": "https://h.example"}, [("warning", "webhook")]),
        (
            {"alert_webhook_url": "http://h.example", "alert_webhook_secret": "x" * 16},
            [("warning", "webhook")],
        ),
    ],
)
def test_the_ways_of_telling(given: dict[str, object], expected: list[tuple[str, str]]) -> None:
    found = list(safe_settings.alerts_fit(Settings(**given)))
    assert levels(found) == expected
    assert "secret@" not in said(found)


HOOK = {"telegram_webhook_url": "https://chat.clinic.example/telegram/webhook"}


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({}, "ok"),
        ({"telegram_bot_token": SOUND}, "ok"),
        ({"telegram_bot_token": SOUND, **HOOK, "telegram_webhook_secret": "a-secret"}, "ok"),
        ({"telegram_bot_token": "my token"}, "wrong"),
        ({"telegram_bot_token": SOUND.split(":")[1]}, "wrong"),
        ({"telegram_bot_token": SOUND, **HOOK}, "wrong"),
        ({"telegram_bot_token": SOUND, **HOOK, "telegram_webhook_secret": "two words"}, "wrong"),
        (
            {
                "telegram_bot_token": SOUND,
                "telegram_webhook_url": "http://clinic.example",
                "telegram_webhook_secret": "x",
            },
            "wrong",
        ),
        ({"telegram_bot_token": SOUND, "telegram_api_url": "ftp://x"}, "wrong"),
        ({"telegram_bot_token": SOUND, "telegram_api_url": "http://api.example"}, "warning"),
        (HOOK, "warning"),
    ],
)
def test_the_form_of_telegrams_settings(given: dict[str, object], level: str) -> None:
    found = list(safe_settings.telegram_fits(Settings(**given)))
    assert levels(found) == [(level, "telegram")]
    assert SOUND not in said(found) and "my token" not in said(found)


# --- services
# ------------------------------------------------------------------------------------------------------


def test_a_database_is_not_made_by_looking(tmp_path: Path) -> None:
    config = Settings(data_dir=tmp_path / "new")
    assert levels(services.database_there(config)) == [("ok", "database")]
    assert not (tmp_path / "new").exists()


def test_a_database_at_the_newest_an_older_and_a_newer_revision(tmp_path: Path) -> None:
    engine = make_engine(settings().database)
    migrate(engine)
    assert levels(services.database_there(settings())) == [("ok", "database")]
    go_to(engine, known(engine)[0])
    found = list(services.database_there(settings()))
    assert levels(found) == [("warning", "database")] and known(engine)[-1] in said(found)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    found = list(services.database_there(settings()))
    assert levels(found) == [("wrong", "database")] and "newer than this code" in said(found)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "assistant.db").write_text(
        "no database at all, but a long enough line of text to be one" * 50
    )
    assert levels(services.database_there(settings())) == [("wrong", "database")]


def test_a_database_server_that_is_away(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    found = list(
        services.database_there(Settings(database_url=f"postgresql://user:secret@127.0.0.1:{port}/x"))
    )
    assert levels(found) == [("wrong", "database")]
    assert "secret" not in said(found) and "\n" not in said(found)


def test_redis_is_asked_only_where_it_is_set(tmp_path: Path) -> None:
    assert not list(services.redis_there(Settings()))
    (port,) = free_ports(1)
    assert levels(services.redis_there(Settings(redis_url=f"redis://127.0.0.1:{port}"))) == [
        ("warning", "redis")
    ]
    with Redis(tmp_path) as server:
        assert levels(services.redis_there(Settings(redis_url=server.url))) == [("ok", "redis")]


def test_telegram_is_asked_only_online(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(url: str, **_: object) -> SimpleNamespace:
        asked.append(url)
        date = format_datetime(datetime.now(UTC) - timedelta(minutes=10), usegmt=True)
        known_to_it = SOUND in url
        body = {"ok": known_to_it, "result": {"username": "clinic_bot"}}
        return SimpleNamespace(
            status_code=200 if known_to_it else 401, json=lambda: body, headers={"date": date}
        )

    monkeypatch.setattr(services.httpx, "get", answer)
    monkeypatch.setattr(machine, "already_running", lambda _: False)
    config = Settings(telegram_bot_token=SOUND)
    assert "@clinic_bot" not in said(looks.everything(config)) and not asked
    found = looks.everything(config, online=True)
    assert asked == [f"https://api.telegram.org/bot{SOUND}/getMe"]
    assert "knows us as @clinic_bot" in said(found) and SOUND not in said(found)
    assert ("warning", "clock") in levels(found)  # ten minutes apart
    other = list(services.telegram_knows_us(Settings(telegram_bot_token="1" + SOUND[::-1])))
    assert levels(other) == [("wrong", "telegram")]


def test_telegram_that_cannot_be_reached_does_not_show_the_token() -> None:
    (port,) = free_ports(1)
    config = Settings(telegram_bot_token=SOUND, telegram_api_url=f"http://127.0.0.1:{port}")
    found = list(services.telegram_knows_us(config))
    assert levels(found) == [("warning", "telegram")] and SOUND not in said(found)


# --- what may be said
# ----------------------------------------------------------------------------------------------


def test_the_content_of_this_project_is_sound() -> None:
    found = list(contents.contents_fit(settings()))
    assert ("ok", "answers") in levels(found) and "wrong" not in [one.level for one in found]


def test_a_clinic_file_that_is_wrong_or_an_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = yaml.safe_load((ROOT / "clinic.yml").read_text(encoding="utf-8"))

    def look(given: object) -> list[Finding]:
        file = tmp_path / "clinic.yml"
        if given is None:
            file.unlink()
        else:
            file.write_text(yaml.safe_dump(given))
        monkeypatch.setenv("RLA_CLINIC_FILE", str(file))
        settings.cache_clear()
        clinic.cache_clear()
        return list(contents.contents_fit(settings()))

    assert ("warning", "clinic") in levels(look(own))
    assert levels(look({**own, "example": False}))[0] == ("ok", "clinic")
    assert ("warning", "clinic") in levels(look({**own, "example": False, "hours": {}}))
    for bad in ({**own, "time_zone": "Mars/Base"}, {**own, "country": "FR"}, ["no"], None):
        assert levels(look(bad)) == [("wrong", "clinic")]


def test_a_placeholder_that_nothing_fills_is_named_with_its_place() -> None:
    read = contents.answers()
    key, answer = next(iter(read.items()))
    broken = contents.Answers(read | {key: answer.model_copy(update={"text": "Call {clinic_fone}."})})
    broken.cautions, broken.sources = read.cautions, read.sources
    assert list(contents.unfilled(broken, {}, clinic())) == [f"{{clinic_fone}} at {answer.place}"]
    assert not list(contents.unfilled(read, contents.facets(), clinic()))


def test_texts_without_a_signature_are_counted() -> None:
    read = contents.answers()
    signed = contents.Answers(
        {
            key: one.model_copy(update={"state": "approved", "approved_by": "Dr Ann"})
            for key, one in read.items()
        }
    )
    signed.cautions, signed.sources = {}, read.sources
    assert levels(contents._signed(signed, {})) == [("ok", "signatures")]
    some = contents.Answers(dict(list(signed.items())[:3]) | dict(list(read.items())[-2:]))
    some.cautions, some.sources = {}, read.sources
    drafts = sum(one.state == "draft" for one in some.values())
    assert drafts and f"{drafts} of {len(some)} texts" in said(contents._signed(some, {}))


def test_models_that_are_missing_or_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "ROOT", tmp_path)
    assert levels(contents.models_current()) == [("warning", "models")]
    (tmp_path / "models").mkdir()
    for model in training.MODELS:
        (tmp_path / "models" / model.file).write_text("x")
        training._stamp_file(tmp_path / "models", model).write_text(training.fingerprint(tmp_path, model))
    assert levels(contents.models_current()) == [("ok", "models")]
    (tmp_path / "config.yml").write_text("language: en")
    found = list(contents.models_current())
    assert levels(found) == [("warning", "models")] and "safety" not in said(found)


# --- the command, and a start
# --------------------------------------------------------------------------------------


def run_check(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "check", *options],
        cwd=ROOT,
        env={
            **os.environ,
            **dict(
                zip(("RLA_PORT", "RLA_RASA_PORT", "RLA_ACTIONS_PORT"), map(str, free_ports(3)), strict=True)
            ),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_ends_with_one_only_if_something_is_wrong(tmp_path: Path) -> None:
    sound = run_check()
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert sound.stderr == ""
    assert [
        line.split()[0] for line in sound.stdout.splitlines()[:-1] if line.split()[0] not in ("ok", "warning")
    ] == []
    unsafe = run_check(RLA_PUBLIC_URL="https://chat.clinic.example")
    assert (
        unsafe.returncode == 1 and "wrong    settings" in unsafe.stdout and "ok       disk" in unsafe.stdout
    )
    senseless = run_check(RLA_PUBLIC_URL="javascript:alert(1)", RLA_PORT="many")
    assert senseless.returncode == 1
    assert [line[:18].split() for line in senseless.stdout.splitlines()[:-1]] == [["wrong", "settings"]] * 2
    assert "Traceback" not in senseless.stderr + unsafe.stderr


def test_neither_the_check_nor_a_start_waits_for_rasa_or_spacy() -> None:
    script = (
        "import sys, bot.check.command, bot.run\nfrom bot.check import looks\nfrom bot.settings import settings\n"
        "looks.everything(settings())\n"
        "print([name for name in ('rasa', 'spacy', 'numpy', 'onnxruntime', 'sklearn', 'telegram') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr


def test_a_start_says_warnings_once_and_nothing_where_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    heed([ok("disk", "9 GB")])
    assert capsys.readouterr().out == ""
    heed([warning("clinic", "example values", "Fill them in")])
    assert capsys.readouterr().out == "  clinic: example values. Fill them in\n"
    with pytest.raises(ConfigError, match=r"cannot start so:\n  ports: taken\n  disk: full\. Make room$"):
        heed([wrong("ports", "taken"), ok("x", "y"), wrong("disk", "full", "Make room")])
    refuse([warning("clinic", "example", "")])


def test_errors_of_disk_and_database_are_one_line_and_bugs_keep_their_traceback(tmp_path: Path) -> None:
    for open_it in (lambda: (tmp_path / "none" / "x").read_text(), lambda: tmp_path.read_text()):
        with pytest.raises(OSError) as error:
            open_it()
        assert str(tmp_path) in str(plain(error.value)) and "\n" not in str(plain(error.value))
    assert plain(OSError(28, "No space left on device")) == "The disk: No space left on device"
    assert "cannot be used: no route" in str(
        plain(OperationalError("SELECT 'secret'", {}, Exception("no route\nmore")))
    )
    assert plain(IntegrityError("INSERT", {}, Exception("twice"))) is None
    assert plain(KeyError("x")) is None


@pytest.mark.parametrize(
    "words", [["run"], ["serve"], ["staff", "list"], ["migrate"], ["erase", "x"], ["answers"], ["check"]]
)
@pytest.mark.parametrize(
    "given",
    [
        {"RLA_DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/x"},
        {"RLA_DATA_DIR": "/proc/nothing/here"},
        {"RLA_CLINIC_FILE": "/nowhere/clinic.yml"},
        {"RLA_HOST": "203.0.113.7"},
    ],
)
def test_what_an_operator_can_cause_never_ends_in_a_traceback(
    words: list[str], given: dict[str, str]
) -> None:
    if given.get("RLA_HOST") and words[0] not in ("run", "serve", "check"):
        pytest.skip("these do not listen")
    if given.get("RLA_CLINIC_FILE") and words[0] in ("staff", "migrate", "erase", "run"):
        pytest.skip("these do not read it, or only beside the start of the others")
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=ROOT,
        env={**os.environ, "RLA_PORT": str(free_ports(1)[0]), **given},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "Traceback" not in done.stdout + done.stderr and "secret" not in done.stdout + done.stderr
    assert done.returncode == (0 if words == ["answers"] and "RLA_DATABASE_URL" in given else 1), (
        done.stdout + done.stderr
    )
