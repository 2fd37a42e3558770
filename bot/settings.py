"""Every setting of the assistant, read once from the environment and checked.

Names carry the prefix ``RLA_`` (``RLA_PORT=8000``); the Telegram ones keep the names that its users know.
``.env.example`` lists them all, and a test holds that list against this file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.setting_names import misspelt
from bot.setting_values import has_host, network, redis_address, site, sites, sql_address

ROOT = Path(__file__).resolve().parent.parent
#: How to reach the mail server: plain, encrypted from the start, encrypted after a greeting. Another one
#: would be spoken to in plain.
SMTP_SCHEMES = ("smtp", "smtps", "smtp+starttls")


class Settings(BaseSettings):
    """The settings. Times are in seconds unless the name says otherwise."""

    model_config = SettingsConfigDict(
        env_prefix="RLA_", env_file=".env", extra="ignore", populate_by_name=True
    )

    # Where we listen. Only the front door listens beyond loopback.
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    rasa_port: int = Field(5005, ge=1, le=65535)
    actions_port: int = Field(5055, ge=1, le=65535)
    public_url: str = ""
    allowed_origins: str = ""
    trusted_proxies: str = ""

    # Where things are kept.
    data_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    clinic_file: Path = Path("clinic.yml")
    country: Literal["US", "UK", "EU", ""] = ""

    # How long we wait.
    rasa_timeout: float = Field(18.0, gt=0, lt=25)
    drain_timeout: float = Field(12.0, ge=0, le=600)
    lease_seconds: float = Field(30.0, gt=0, le=3600)

    # Protection.
    rate_limits: bool = True
    secure_cookies: bool = False
    session_idle_minutes: int = Field(15, ge=5, le=60)
    session_hours: int = Field(12, ge=1, le=24)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    rasa_token: str = ""

    # Minutes after which a patient's message that its holder has not answered goes back to the queue; 0: never.
    held_idle_minutes: int = Field(30, ge=0, le=1440)
    # Hours in which what a patient writes after staff wrote last goes to staff, whatever became of the chat; 0: never.
    staff_answer_hours: int = Field(12, ge=0, le=168)

    # The ladder for urgent conversations that nobody looks at.
    alert_minutes: str = "5,15"
    alert_seen_minutes: str = "10,30"
    alert_emails: str = ""
    alert_webhook_url: str = ""
    alert_webhook_secret: str = ""
    smtp_url: str = ""

    # Telegram. Without a token the channel is off, and says so.
    telegram_bot_token: str = Field(
        "", validation_alias=AliasChoices("TELEGRAM_BOT_TOKEN", "telegram_bot_token")
    )
    telegram_webhook_secret: str = Field(
        "", validation_alias=AliasChoices("TELEGRAM_WEBHOOK_SECRET", "telegram_webhook_secret")
    )
    telegram_webhook_url: str = Field(
        "", validation_alias=AliasChoices("TELEGRAM_WEBHOOK_URL", "telegram_webhook_url")
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org", validation_alias=AliasChoices("TELEGRAM_API_URL", "telegram_api_url")
    )

    @field_validator("alert_minutes", "alert_seen_minutes")
    @classmethod
    def _minutes(cls, value: str) -> str:
        parts = [part.strip() for part in value.split(",") if part.strip()]
        steps = [int(part) if part.isdecimal() else 0 for part in parts]
        if any(step < 1 for step in steps) or steps != sorted(steps):
            raise ValueError("write the minutes in rising order, for example 5,15")
        return value

    @field_validator("public_url")
    @classmethod
    def _reached_at(cls, value: str) -> str:
        return site(value)

    @field_validator("allowed_origins")
    @classmethod
    def _embedded_in(cls, value: str) -> str:
        return sites(value)

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: str) -> str:
        for part in value.split(","):
            network(part.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        return sql_address(value)

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        return redis_address(value)

    @model_validator(mode="after")
    def _own_ports(self) -> Settings:
        if len({self.port, self.rasa_port, self.actions_port}) < 3:
            raise ValueError("RLA_PORT, RLA_RASA_PORT and RLA_ACTIONS_PORT must be three different ports")
        return self

    @model_validator(mode="after")
    def _lease(self) -> Settings:
        if self.lease_seconds < self.rasa_timeout * 1.25:
            raise ValueError(
                "RLA_LEASE_SECONDS must be at least 1.25 times RLA_RASA_TIMEOUT, or a turn loses its lease while it runs"
            )
        return self

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        if value and not has_host(value, SMTP_SCHEMES):
            raise ValueError(
                "write smtp+starttls://user:password@mail.example:587, or the same with smtps:// or smtp://"
            )
        return value

    @field_validator("alert_webhook_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not has_host(value, ("https", "http")):
            raise ValueError("write a web address that begins with https://")
        return value

    @model_validator(mode="after")
    def _alerts_can_be_sent(self) -> Settings:
        if any(part.strip() for part in self.alert_emails.split(",")) and not self.smtp_url:
            raise ValueError(
                "RLA_ALERT_EMAILS names whom to tell of urgent chats, but without RLA_SMTP_URL no e-mail can be sent: set both"
            )
        return self

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of our own database."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir / 'assistant.db'}"
        if self.database_url.startswith(("postgresql://", "postgres://")):
            return "postgresql+psycopg://" + self.database_url.split("://", 1)[1]
        return self.database_url

    @property
    def rasa_database(self) -> str:
        """The SQLAlchemy URL of Rasa's tracker store: its own file, or its own tables beside ours."""
        if self.database.startswith("sqlite"):
            return f"sqlite:///{self.data_dir / 'rasa.db'}"
        return "postgresql://" + self.database.split("://", 1)[1]

    @property
    def rasa_url(self) -> str:
        return f"http://127.0.0.1:{self.rasa_port}"

    @property
    def actions_url(self) -> str:
        return f"http://127.0.0.1:{self.actions_port}"

    @property
    def local_url(self) -> str:
        """Where the front door answers on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def brain_token(self) -> str:
        """The token of Rasa's API, shared by our processes: the setting, or one made once and kept in
        ``data_dir``."""
        if self.rasa_token:
            return self.rasa_token
        path = self.data_dir / "rasa_token"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with (
            contextlib.suppress(FileExistsError),
            os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file,
        ):
            file.write(secrets.token_urlsafe(24))
        return path.read_text().strip()

    @property
    def address(self) -> str:
        """What a person types into the browser."""
        return (
            self.public_url
            or f"http://{'localhost' if self.host in ('127.0.0.1', '0.0.0.0') else self.host}:{self.port}"
        )

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(part.strip().rstrip("/") for part in self.allowed_origins.split(",") if part.strip())

    @property
    def alert_steps(self) -> tuple[int, ...]:
        """Minutes of opening hours after which an urgent conversation that nobody acted on is told on."""
        return _steps(self.alert_minutes)

    @property
    def alert_seen_steps(self) -> tuple[int, ...]:
        """The same, counted from when somebody opened it and did nothing."""
        return _steps(self.alert_seen_minutes)


def _steps(minutes: str) -> tuple[int, ...]:
    return tuple(int(part) for part in minutes.split(",") if part.strip())


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        SystemExit: a setting is wrong; the message names it and says what is expected.
    """
    file = Settings.model_config.get("env_file")
    try:
        wrong = misspelt(tuple(Settings.model_fields), Path(str(file)) if file else None)
        if not wrong:
            return Settings()
    except ValidationError as error:
        wrong = [_said(problem) for problem in error.errors()]
    except OSError as error:
        wrong = [f"{file}: cannot be read: {error.strerror}"]
    except UnicodeDecodeError:
        wrong = [f"{file}: is not written in UTF-8"]
    raise SystemExit("A setting is wrong:\n" + "\n".join(f"  {line}" for line in wrong)) from None


def _said(problem: Any) -> str:
    """One fault that pydantic found, as the setting's name and what is expected.

    What was given may be a secret, and is left out.
    """
    name = str(problem["loc"][0]) if problem["loc"] else ""
    name = name if name.isupper() or not name else f"RLA_{name.upper()}"
    return ": ".join(part for part in (name, problem["msg"].removeprefix("Value error, ")) if part)
