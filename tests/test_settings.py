"""Settings: every one is in ``.env.example`` with a word about it, and a wrong one is said plainly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.rasa_server.command_line import environment
from bot.setting_names import FOR_RASA
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
        ("RLA_PUBLIC_URL", "javascript:alert(1)", "https://chat.clinic.example"),
        ("RLA_PUBLIC_URL", "chat.clinic.example", "https://"),
        ("RLA_PUBLIC_URL", "https://chat.clinic.example/chat?x=1", "nothing after it"),
        ("RLA_PUBLIC_URL", "https://user:secret@chat.clinic.example", "nothing after it"),
        ("RLA_PUBLIC_URL", "https://a b.example", "https://"),
        ("RLA_ALLOWED_ORIGINS", "*", "every site"),
        ("RLA_ALLOWED_ORIGINS", "https://ok.example,https://*.example", "every site"),
        ("RLA_ALLOWED_ORIGINS", "null", "https://"),
        ("RLA_ALLOWED_ORIGINS", "https://clinic.example/page", "the name alone"),
        ("RLA_TRUSTED_PROXIES", "*", "believe everybody"),
        ("RLA_TRUSTED_PROXIES", "0.0.0.0/0", "so wide"),
        ("RLA_TRUSTED_PROXIES", "0.0.0.0/1", "so wide"),
        ("RLA_TRUSTED_PROXIES", "127.0.0.1,::/0", "so wide"),
        ("RLA_TRUSTED_PROXIES", "proxy.example", "127.0.0.1"),
        ("RLA_DATABASE_URL", "mysql://user:secret@db/x", "postgresql://"),
        ("RLA_DATABASE_URL", "postgresql://user:secret@db:no/x", "postgresql://"),
        ("RLA_DATABASE_URL", "sqlite://", "whole path"),
        ("RLA_DATABASE_URL", "sqlite:///:memory:", "whole path"),
        ("RLA_REDIS_URL", "cache.example:6379", "redis://"),
        ("RLA_DRAIN_TIMEOUT", "inf", "600"),
        ("RLA_LEASE_SECONDS", "nan", "RLA_LEASE_SECONDS"),
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


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RLA_PUBLICURL", "RLA_PUBLIC_URL"),
        ("RLA_SECURE_COOKIE", "RLA_SECURE_COOKIES"),
        ("rla_databse_url", "RLA_DATABASE_URL"),
        ("TELEGRAM_BOT_TOKN", "TELEGRAM_BOT_TOKEN"),
        ("RLA_XYZZY", ""),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest_right_one(
    name: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its default would stay in force, and nobody would know."""
    settings.cache_clear()
    monkeypatch.setenv(name, "secret")
    with pytest.raises(SystemExit) as stopped:
        settings()
    said = f"A setting is wrong:\n  {name}: there is no such setting" + (
        f"; did you mean {meant}?" if meant else ""
    )
    assert str(stopped.value) == said
    monkeypatch.delenv(name)
    (tmp_path / "env").write_text(f"# a file\n{name}=secret\n")
    monkeypatch.setitem(Settings.model_config, "env_file", str(tmp_path / "env"))
    with pytest.raises(SystemExit, match=f"env: {name}: there is no such setting"):
        settings()


def test_two_processes_cannot_have_one_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_RASA_PORT", "8000")
    settings.cache_clear()
    with pytest.raises(SystemExit, match="RLA_PORT, RLA_RASA_PORT and RLA_ACTIONS_PORT must be three"):
        settings()


def test_names_of_other_programs_and_those_that_rasa_reads_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TELEGRAM_CHAT_ID", "PORT", "RLA_RASA_DATABASE", "RLA_ACTION_ENDPOINT"):
        monkeypatch.setenv(name, "x")
    settings.cache_clear()
    assert settings().port == 8000


@pytest.mark.parametrize("file", [".ci/run", "tests/e2e/conftest.py", "tests/chaos/house.py"])
def test_what_the_tests_set_for_themselves_stops_no_command(
    file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CI exports its own names before everything; refused, not even a training would begin."""
    found = set(re.findall(r"RLA_[A-Z_]+[A-Z]", (ROOT / file).read_text(encoding="utf-8")))
    assert found
    for name in found - names().keys():
        monkeypatch.setenv(name, "1")
    settings.cache_clear()
    settings()


def test_every_name_that_rasa_reads_is_allowed_for() -> None:
    assert set(environment(Settings())) & {
        name for name in environment(Settings()) if name.startswith("RLA_")
    } == (FOR_RASA)


@pytest.mark.parametrize("content", [b"RLA_PORT=\xff\xfe", None])
def test_an_env_file_that_cannot_be_read_is_said_in_one_line(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "env"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    monkeypatch.setitem(Settings.model_config, "env_file", str(file))
    settings.cache_clear()
    if content is None:  # a folder of that name is no file of settings
        assert settings().port == 8000
        return
    with pytest.raises(SystemExit, match="env: is not written in UTF-8"):
        settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RLA_PUBLIC_URL", "http://localhost:8000"),
        ("RLA_PUBLIC_URL", "https://[2001:db8::1]:8443"),
        ("RLA_ALLOWED_ORIGINS", "https://a.example/ , http://localhost:3000"),
        ("RLA_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,::1"),
        ("RLA_REDIS_URL", "rediss://:secret@cache.example:6380/0"),
        ("RLA_DATABASE_URL", "postgresql://u:p@/d?host=/run/postgresql"),
    ],
)
def test_what_is_sound_is_taken(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    settings.cache_clear()
    assert settings()


def test_a_slash_at_the_end_of_our_address_does_not_double_in_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLA_PUBLIC_URL", "https://chat.clinic.example/")
    assert Settings().address == "https://chat.clinic.example"


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
