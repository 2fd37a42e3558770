"""Settings: every one is in ``.env.example`` with a word about it, and a wrong one is said plainly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import ROOT, SMTP_SCHEMES, Settings, settings

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def names() -> dict[str, str]:
    """Each setting's name in the environment, and its default as one would write it there."""
    made = {}
    for name, field in Settings.model_fields.items():
        default = str(field.default)
        key = name.upper() if name.startswith("telegram_") else f"RLA_{name.upper()}"
        made[key] = {"True": "true", "False": "false"}.get(default, default.removesuffix(".0"))
    return made


def listed() -> dict[str, str]:
    return dict(re.findall(r"^#?((?:RLA|TELEGRAM)_[A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_the_example_lists_every_setting_with_its_default_and_no_other() -> None:
    assert listed() == names()


def test_every_line_of_the_example_is_explained() -> None:
    for block in EXAMPLE.strip().split("\n\n"):
        lines = block.splitlines()
        if re.match(r"#?(RLA|TELEGRAM)_", lines[-1]):
            assert re.match(r"# .*[.?:)a-z0-9]$", lines[0]), f"no comment above {lines[-1]}"


def test_the_example_with_every_line_in_use_gives_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "example"
    file.write_text(re.sub(r"^#((?:RLA|TELEGRAM)_)", r"\1", EXAMPLE, flags=re.MULTILINE))
    for name, field in Settings.model_fields.items():
        if name not in ("data_dir", "clinic_file"):  # the tests set these in the environment
            assert getattr(Settings(_env_file=file), name) == field.default, name


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("RLA_PORT", "eight thousand", "valid integer"),
        ("RLA_PORT", "70000", "65535"),
        ("RLA_RASA_TIMEOUT", "60", "less than 25"),
        ("RLA_LOG_LEVEL", "LOUD", "'INFO'"),
        ("RLA_COUNTRY", "FR", "'EU'"),
        ("RLA_RATE_LIMITS", "perhaps", "boolean"),
        ("RLA_ALERT_MINUTES", "15,5", "rising order"),
        ("RLA_ALERT_MINUTES", "soon", "for example 5,15"),
        ("RLA_SESSION_IDLE_MINUTES", "0", "5"),
        ("RLA_SMTP_URL", "smtp+tls://user:secret@mail.example:587", "smtp+starttls://"),
        ("RLA_SMTP_URL", "mail.example:587", "smtp+starttls://"),
        ("RLA_SMTP_URL", "smtps://", "smtp+starttls://"),
        ("RLA_SMTP_URL", "smtp://mail.example:no", "smtp+starttls://"),
        ("RLA_ALERT_WEBHOOK_URL", "hooks.example/alarm", "https://"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_expected(
    name: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    settings.cache_clear()
    with pytest.raises(SystemExit) as stopped:
        settings()
    said = str(stopped.value)
    assert said.startswith("A setting is wrong:\n")
    assert f"  {name}: " in said
    assert expected in said
    assert "Traceback" not in said and "Value error" not in said and "secret" not in said


def test_whom_to_tell_without_a_mail_server_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the clinic believes that somebody is told of an urgent chat, and nobody is."""
    monkeypatch.setenv("RLA_ALERT_EMAILS", "ann@clinic.example")
    settings.cache_clear()
    with pytest.raises(SystemExit, match=r"RLA_ALERT_EMAILS .* without RLA_SMTP_URL"):
        settings()
    monkeypatch.setenv("RLA_ALERT_EMAILS", " , ")
    assert settings().alert_emails == " , "


@pytest.mark.parametrize("scheme", SMTP_SCHEMES)
def test_a_mail_server_of_each_kind_is_taken(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_SMTP_URL", f"{scheme}://user:password@mail.example:587")
    monkeypatch.setenv("RLA_ALERT_EMAILS", "ann@clinic.example")
    settings.cache_clear()
    assert settings().smtp_url.startswith(scheme)
    assert f"{scheme}://" in EXAMPLE


def test_the_example_says_how_long_a_lease_must_be(monkeypatch: pytest.MonkeyPatch) -> None:
    (factor,) = re.findall(r"([\d.]+) times RLA_RASA_TIMEOUT", EXAMPLE)
    monkeypatch.setenv("RLA_RASA_TIMEOUT", "20")
    monkeypatch.setenv("RLA_LEASE_SECONDS", str(20 * float(factor)))
    assert Settings().lease_seconds == 20 * float(factor)
    monkeypatch.setenv("RLA_LEASE_SECONDS", str(20 * float(factor) - 0.1))
    settings.cache_clear()
    with pytest.raises(SystemExit, match=f"{factor} times RLA_RASA_TIMEOUT"):
        settings()


def test_a_token_given_in_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:x")
    assert Settings().telegram_bot_token == "1:x"


@pytest.mark.parametrize(
    ("given", "ours", "rasas"),
    [
        ("", "sqlite:///DIR/assistant.db", "sqlite:///DIR/rasa.db"),
        ("sqlite:////srv/x.db", "sqlite:////srv/x.db", "sqlite:///DIR/rasa.db"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d", "postgresql://u:p@h/d"),
    ],
)
def test_one_setting_moves_both_databases(
    given: str, ours: str, rasas: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLA_DATABASE_URL", given)
    made = Settings(data_dir=Path("DIR"))
    assert (made.database, made.rasa_database) == (ours, rasas)


def test_rasas_token_is_made_once_and_is_ours_alone(tmp_path: Path) -> None:
    first = Settings(data_dir=tmp_path / "new").brain_token
    assert len(first) >= 32
    assert Settings(data_dir=tmp_path / "new").brain_token == first
    assert (tmp_path / "new" / "rasa_token").stat().st_mode & 0o077 == 0


def test_the_tests_read_no_setting_of_this_machine(tmp_path: Path) -> None:
    assert Settings().data_dir == tmp_path
    assert Settings.model_config["env_file"] is None
