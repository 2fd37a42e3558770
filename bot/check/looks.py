"""All looks together: for ``python -m bot check``, and for a start."""

from __future__ import annotations

import itertools

from bot.check import contents, machine, safe_settings, services
from bot.check.finding import Finding
from bot.settings import Settings


def everything(config: Settings, *, online: bool = False) -> list[Finding]:
    """All that there is to say; with ``online`` also what only Telegram knows."""
    return [
        *safe_settings.settings_fit(config),
        *machine.files_closed(config),
        *services.database_there(config),
        *services.redis_there(config),
        *machine.ports_free(config),
        *(() if machine.already_running(config) else machine.folder_free(config)),
        *contents.models_current(),
        *contents.contents_fit(config),
        *safe_settings.alerts_fit(config),
        *safe_settings.telegram_fits(config),
        *(services.telegram_knows_us(config) if online else ()),
        *machine.clock_right(),
        *machine.room_left(config),
    ]


def before_start(config: Settings) -> list[Finding]:
    """What a start looks at before anything else.

    Its own steps close the rights, train the models and renew the tables.
    """
    return [
        *safe_settings.settings_fit(config),
        *machine.ports_free(config, starting=True),
        *machine.folder_free(config),
        *machine.room_left(config),
        *machine.clock_right(),
        *itertools.filterfalse(_renewed, services.database_there(config)),
        *services.redis_there(config),
        *safe_settings.alerts_fit(config),
        *safe_settings.telegram_fits(config),
    ]


def of_contents(config: Settings) -> list[Finding]:
    """The clinic's file, answers and texts: half a second of reading, which may go on beside the front
    door's start."""
    return list(contents.contents_fit(config))


def _renewed(finding: Finding) -> bool:
    """Whether a start mends it by itself."""
    return finding.what == "database" and finding.level == "warning"
