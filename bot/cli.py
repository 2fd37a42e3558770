"""The command line: ``python -m bot COMMAND``."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bot.check.plain import plain
from bot.check.rights import UMASK
from bot.errors import AssistantError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from bot.store.engine import Store
    from bot.store.models import Staff

#: Commands whose module brings its own arguments and ``run``; it is read only when it is called.
_MODULES = {
    "answers": (
        "bot.answers_command",
        "every reviewed text on one page, for a clinician to read and sign",
    ),
    "audit": ("bot.audit_command", "look whether anybody has changed the audit"),
    "check": ("bot.check.command", "look whether everything that the assistant needs is there"),
    "explain": ("bot.explain", "how a message is read and why it gets its answer, step by step"),
}


def main(argv: list[str] | None = None) -> None:
    """Run one command. Faults of the caller end in one plain line and exit code 2."""
    os.umask(UMASK)
    arguments = list(sys.argv[1:] if argv is None else argv)
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
    ):  # one thread each: steadier, and the models are small
        os.environ.setdefault(name, "1")
    if arguments[:1] in (["rasa"], ["rasa-server"]):
        from bot.rasa_server import command_line

        command_line.serve() if arguments[0] == "rasa-server" else command_line.main(arguments[1:])
        return
    parser = _parser(arguments)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except AssistantError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        said = plain(error)
        if said is None:
            raise
        sys.exit(said)


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The restless legs assistant.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help)
        made.set_defaults(run=run)
        return made

    command("serve", _serve, "the front door: website, channels and console")
    command("actions", _actions, "the action server (rasa-sdk), on loopback")
    command("run", _run, "set up what is missing, then start all three processes")
    migration = command(
        "migrate", _migrate, "bring the database to the newest form, or back to an earlier one"
    )
    migration.add_argument(
        "--to",
        metavar="REVISION",
        help="the revision to go to, such as 0001; stop the assistant and make a backup first",
    )
    command("train", _train, "train the Rasa model if anything it depends on has changed")
    erasing = command("erase", _erase, "delete conversations everywhere, as the patient's own wish would")
    erasing.add_argument(
        "id", nargs="+", metavar="ID", help="the last part of the conversation's address in the console"
    )
    for name, (module, help) in _MODULES.items():
        own = commands.add_parser(name, help=help)
        if name in arguments[:1]:
            import_module(module).add_arguments(own)
            own.set_defaults(run=import_module(module).run)
    commands.add_parser("rasa-server", help="the Rasa server, on loopback")
    commands.add_parser("rasa", help="Rasa's own command line: rasa shell, rasa test, rasa data validate ...")

    staff = commands.add_parser("staff", help="accounts of the console").add_subparsers(
        required=True, metavar="COMMAND"
    )
    add = staff.add_parser("add", help="add an account; the password is asked, or read from standard input")
    add.add_argument("email")
    add.add_argument("--name", required=True)
    add.add_argument(
        "--role", choices=["receptionist", "clinician", "lead", "admin", "auditor"], default="receptionist"
    )
    add.set_defaults(run=_staff_add)
    listed = staff.add_parser("list", help="list the accounts")
    listed.set_defaults(run=_staff_list)
    new = staff.add_parser(
        "password",
        help="give somebody a new password, asked or read from standard input, and end their sessions",
    )
    new.add_argument("email")
    new.set_defaults(run=_staff_password)
    off = staff.add_parser("off", help="switch an account off and end its sessions")
    off.add_argument("email")
    off.set_defaults(run=_staff_off)
    out = staff.add_parser("sign-out", help="end the sessions of one person, or of everybody")
    out.add_argument("email", nargs="?")
    out.set_defaults(run=_staff_sign_out)
    return parser


def _store() -> Store:
    """The store of this process, its database there and in the newest form."""
    from bot.store.engine import store
    from bot.store.migrate import migrate

    migrate(store().engine)
    return store()


def _serve(_: argparse.Namespace) -> None:
    from bot.serve import serve

    serve()


def _actions(_: argparse.Namespace) -> None:
    from actions.server import serve

    serve()


def _run(_: argparse.Namespace) -> None:
    from bot.run import run

    run()


def _migrate(options: argparse.Namespace) -> None:
    from bot.store.engine import store
    from bot.store.migrate import go_to, migrate, stands_at

    engine = store().engine
    before = stands_at(engine)
    if options.to:
        go_to(engine, options.to)
    else:
        migrate(engine)
    print(f"The database is at revision {stands_at(engine)} (before: {before or 'empty'}).")


def _train(_: argparse.Namespace) -> None:
    from bot.rasa_server.training import train_if_needed

    train_if_needed(Path.cwd())


def _erase(options: argparse.Namespace) -> None:
    from bot.conversation.erasure import erase, erase_tracker
    from bot.store import audit

    store = _store()
    with _log_file("erase.log"):
        for name in options.id:
            # Rasa's own file may hold what ours no longer does, if it alone was restored from a backup.
            gone = erase(store, name, by=audit.COMMAND) or erase_tracker(name) > 0
            print(f"{name}: {'erased' if gone else 'not there'}")


@contextmanager
def _log_file(name: str) -> Iterator[None]:
    """Log into a file of the log folder: the terminal is for who typed the command."""
    from bot import logs
    from bot.settings import settings

    folder = settings().data_dir / "log"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a") as file:
        logs.set_up(settings().log_level, file)
        yield


def _password() -> str:
    """The password, asked twice at a terminal, otherwise the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        sys.exit("The two passwords differ. Nothing was changed.")
    return password


def _note(session: Session, action: str, person: Staff | None, detail: str = "") -> None:
    """Into the audit: what was done here to an account, or to all."""
    from bot.store import audit

    on = audit.of_staff(person.id) if person else ""
    with _log_file("staff.log"):
        audit.record(session, action, actor=audit.COMMAND, object=on, detail=detail)


def _staff_add(options: argparse.Namespace) -> None:
    from bot.staff.auth.accounts import add_staff

    password = _password()
    with _store().write() as session:
        made = add_staff(session, options.email, options.name, options.role, password)
        _note(session, "account_added", made, made.role)
    print(f"{options.name} can sign in now.")


def _staff_list(_: argparse.Namespace) -> None:
    from bot.staff.auth.accounts import everyone

    with _store().read() as session:
        for person, _held in everyone(session):
            print(
                f"{person.email}\t{person.name}\t{person.role}\t{'disabled' if person.disabled_at else 'active'}"
            )


def _staff_password(options: argparse.Namespace) -> None:
    from bot.staff.auth.accounts import by_email, reset_password

    store = _store()
    with store.read() as session:
        by_email(session, options.email)  # before a password is typed for nobody
    password = _password()
    with store.write() as session:
        person = reset_password(session, options.email, password)
        _note(session, "password_reset", person)
    off = " The account is switched off, though." if person.disabled_at else ""
    print(f"{person.name} has a new password and is signed out everywhere.{off}")


def _staff_off(options: argparse.Namespace) -> None:
    from bot.staff.auth.accounts import by_email, end_sessions, set_disabled

    with _store().write() as session:
        person = set_disabled(session, by_email(session, options.email).id, True)
        end_sessions(session, person)
        _note(session, "account_off", person)
    print(f"{person.name} can no longer sign in and is signed out everywhere.")


def _staff_sign_out(options: argparse.Namespace) -> None:
    from bot.staff.auth.accounts import by_email, end_sessions

    with _store().write() as session:
        person = by_email(session, options.email) if options.email else None
        ended = end_sessions(session, person)
        _note(session, "sessions_ended", person)
    print(f"Sessions ended: {ended}.")
