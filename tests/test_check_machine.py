"""What the machine must give, who may read our files, and one front door on one folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.check import door_lock, machine, rights
from bot.check.port import port_fault
from bot.errors import ConfigError
from bot.settings import ROOT, Settings, settings
from tests.support.findings import levels, said
from tests.support.processes import free_ports

# --- the machine
# ---------------------------------------------------------------------------------------------------


def ports(monkeypatch: pytest.MonkeyPatch) -> Settings:
    door, rasa, actions = free_ports(3)
    return Settings(port=door, rasa_port=rasa, actions_port=actions)


def test_a_port_that_is_taken_is_named_with_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ports(monkeypatch)
    assert levels(machine.ports_free(config)) == [("ok", "ports")]
    with socket.socket() as other:
        other.bind(("127.0.0.1", config.rasa_port))
        other.listen()
        found = list(machine.ports_free(config))
    assert levels(found) == [("wrong", "ports")] and f"RLA_RASA_PORT={config.rasa_port + 1}" in said(found)


def test_an_address_that_is_not_ours_is_no_port_in_use() -> None:
    for host in ("203.0.113.7", "no.such.host.invalid"):
        assert "is no address of this machine" in str(port_fault(host, free_ports(1)[0], "RLA_PORT"))


def test_our_own_ports_are_as_they_should_be_unless_we_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "already_running", lambda _: True)
    assert levels(machine.ports_free(Settings())) == [("ok", "ports")]
    assert levels(machine.ports_free(Settings(), starting=True)) == [("wrong", "ports")]


@pytest.mark.parametrize(("free", "level"), [(50, "wrong"), (500, "warning"), (50_000, "ok")])
def test_room_on_the_disk(free: int, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=free * 1024 * 1024))
    assert levels(machine.room_left(Settings(data_dir=Path("nowhere/yet")))) == [(level, "disk")]


def test_a_clock_before_our_own_files_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    assert levels(machine.clock_right()) == [("ok", "clock")]
    monkeypatch.setattr(machine, "datetime", SimpleNamespace(now=lambda _: datetime(1970, 1, 2, tzinfo=UTC)))
    assert levels(machine.clock_right()) == [("wrong", "clock")]


# --- rights
# --------------------------------------------------------------------------------------------------------


@pytest.fixture
def own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder of the test's own, so that no test changes the rights of the real one."""
    root = tmp_path / "project"
    (root / "models").mkdir(parents=True)
    monkeypatch.setattr(rights, "ROOT", root)
    return root


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def test_what_is_open_is_closed_and_told_once(tmp_path: Path, own_root: Path) -> None:
    config = Settings(data_dir=tmp_path / "var")
    files = [config.data_dir / name for name in ("assistant.db", "log/web.log", "backup/old.db")]
    files += [own_root / "models" / "restless-legs.tar.gz", own_root / ".env"]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        file.chmod(0o664)
        file.parent.chmod(0o775)
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (config.data_dir / "link").symlink_to(outside)
    found = list(machine.files_closed(config))
    assert levels(found) == [("warning", "rights")]
    assert mode(files[0]) == "0o664"  # it was only looked at
    closed = rights.close_or_refuse(config)
    assert {*files, config.data_dir, files[1].parent, files[2].parent, own_root / "models"} == set(
        closed.closed
    )
    assert [mode(file) for file in files] == ["0o600"] * 5
    assert mode(config.data_dir) == mode(files[1].parent) == mode(own_root / "models") == "0o700"
    assert mode(outside) == "0o644"
    assert rights.close_or_refuse(config).closed == ()
    assert levels(machine.files_closed(config)) == [("ok", "rights")]


def test_a_database_elsewhere_is_closed_too(tmp_path: Path, own_root: Path) -> None:
    file = tmp_path / "elsewhere.db"
    file.write_text("x")
    file.chmod(0o644)
    (own_root / "models").chmod(0o700)
    found = rights.close_or_refuse(Settings(data_dir=tmp_path / "var", database_url=f"sqlite:///{file}"))
    assert found.closed == (file,) and mode(file) == "0o600"


@pytest.mark.parametrize("silent", [True, False])
def test_what_cannot_be_closed_is_refused(
    silent: bool, tmp_path: Path, own_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's file, and a disk that knows no rights."""
    config = Settings(data_dir=tmp_path / "var")
    config.data_dir.mkdir(0o700)
    file = config.data_dir / "assistant.db"
    file.write_text("x")
    file.chmod(0o644)

    def chmod(*_: object, **__: object) -> None:
        if not silent:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", chmod)
    with pytest.raises(ConfigError, match=r"assistant\.db can be read or changed by other users .*chown"):
        rights.close_or_refuse(config)


def test_a_folder_of_others_is_never_taken_for_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start closes the data folder to all others: /tmp or a home folder would be a catastrophe."""
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    file = tmp_path / "file"
    file.write_text("x")
    for folder in (
        Path("/"),
        Path("/var/lib"),
        Path("/tmp"),
        Path.home(),
        ROOT,
        ROOT.parent,
        ROOT / "bot/..",
        sticky,
    ):
        before = folder.stat().st_mode
        assert "folder of other programs" in str(rights.unfit(folder)), folder
        with pytest.raises(ConfigError, match="RLA_DATA_DIR"):
            rights.close_or_refuse(Settings(data_dir=folder))
        assert folder.stat().st_mode == before
    assert "is no folder" in str(rights.unfit(file))
    assert rights.unfit(ROOT / "var") is None and rights.unfit(tmp_path / "new/deep") is None


def test_every_command_makes_files_that_are_ours_alone(tmp_path: Path) -> None:
    """The umask of whoever starts us does not count."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", "staff", "list"],
        cwd=ROOT,
        env=os.environ,
        umask=0,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert mode(tmp_path / "assistant.db") == "0o600"


# --- one front door on one folder
# ----------------------------------------------------------------------------------

HOLDS = (
    "import sys, time\nfrom bot.check import door_lock\nfrom bot.settings import settings\n"
    "with door_lock.held(settings()):\n    print('held', flush=True); time.sleep(60)\n"
)


def test_a_second_front_door_on_the_same_files_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    config = settings()
    first = subprocess.Popen(
        [sys.executable, "-c", HOLDS], cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout is not None and first.stdout.readline() == "held\n"
        with pytest.raises(ConfigError, match=f"process {first.pid}.*PostgreSQL"), door_lock.held(config):
            pass
        assert levels(machine.folder_free(config)) == [("wrong", "folder")]
        elsewhere = Settings(
            data_dir=tmp_path / "other", database_url=f"sqlite:///{tmp_path / 'assistant.db'}"
        )
        elsewhere.data_dir.mkdir()
        with pytest.raises(ConfigError, match="Another front door"), door_lock.held(elsewhere):
            pass
        with door_lock.held(Settings(database_url="postgresql://u:p@h/d")):  # several may share that
            pass
    finally:
        first.kill()  # as a crash would
        first.wait(10)
    with door_lock.held(config):
        assert door_lock.taken(config) is not None
    assert door_lock.taken(config) is None


def test_serving_holds_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot import serve

    seen: list[str | None] = []
    monkeypatch.setattr(serve, "_serve", lambda config: seen.append(door_lock.taken(config)))
    monkeypatch.setattr(serve, "check_port", lambda *_: None)
    monkeypatch.setattr(serve.logs, "set_up", lambda _: None)
    interval = sys.getswitchinterval()
    serve.serve()
    sys.setswitchinterval(interval)
    serve.gc.enable()
    assert len(seen) == 1 and "Another front door" in str(seen[0])
