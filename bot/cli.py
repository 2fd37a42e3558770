"""The command line: ``python -m bot COMMAND``."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from importlib import import_module
from pathlib import Path

from bot.errors import AssistantError

#: Commands whose module brings its own arguments and ``run``; it is read only when it is called.
_MODULES = {
    "answers": ("bot.answers_page", "every reviewed text on one page, for a clinician to read and sign"),
    "evaluate": ("bot.evaluation", "how well patients are understood, on a file of sentences"),
}


def main(argv: list[str] | None = None) -> None:
    """Run one command. Faults of the caller end in one plain line and exit code 2."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # one thread each: steadier, and the models are small
        os.environ.setdefault(name, "1")
    if arguments[:1] in (["rasa"], ["rasa-server"]):
        from bot.brain import rasa_cli

        rasa_cli.serve() if arguments[0] == "rasa-server" else rasa_cli.main(arguments[1:])
        return
    parser = _parser(arguments)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except AssistantError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _parser(arguments: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The restless legs assistant.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, help: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help)
        made.set_defaults(run=run)
        return made

    command("serve", _serve, "the front door: website, widget, Telegram and console")
    command("actions", _actions, "the action server (rasa-sdk), on loopback")
    command("run", _run, "set up what is missing, then start all three processes")
    command("migrate", _migrate, "bring the database to the newest form")
    command("train", _train, "train the Rasa model if anything it depends on has changed")
    for name, (module, help) in _MODULES.items():
        own = commands.add_parser(name, help=help)
        if name in arguments[:1]:
            import_module(module).add_arguments(own)
            own.set_defaults(run=import_module(module).run)
    commands.add_parser("rasa-server", help="the Rasa server, on loopback")
    commands.add_parser("rasa", help="Rasa's own command line: rasa shell, rasa test, rasa data validate ...")

    staff = commands.add_parser("staff", help="accounts of the console").add_subparsers(required=True, metavar="COMMAND")
    add = staff.add_parser("add", help="add an account; the password is asked, or read from standard input")
    add.add_argument("email")
    add.add_argument("--name", required=True)
    add.add_argument("--role", choices=["admin", "staff"], default="staff")
    add.set_defaults(run=_staff_add)
    listed = staff.add_parser("list", help="list the accounts")
    listed.set_defaults(run=_staff_list)
    return parser


def _serve(_: argparse.Namespace) -> None:
    from bot.serve import serve

    serve()


def _actions(_: argparse.Namespace) -> None:
    from actions.server import serve

    serve()


def _run(_: argparse.Namespace) -> None:
    from bot.run import run

    run()


def _migrate(_: argparse.Namespace) -> None:
    from bot.store.engine import store
    from bot.store.migrate import migrate

    migrate(store().engine)


def _train(_: argparse.Namespace) -> None:
    from bot.brain.training import train_if_needed

    train_if_needed(Path.cwd())


def _staff_add(options: argparse.Namespace) -> None:
    from bot.staff.accounts import add_staff
    from bot.store.engine import store
    from bot.store.migrate import migrate

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if sys.stdin.isatty() and getpass.getpass("Once more: ") != password:
        sys.exit("The two passwords differ. Nothing was added.")
    migrate(store().engine)
    with store().write() as session:
        add_staff(session, options.email, options.name, options.role, password)
    print(f"{options.name} can sign in now.")


def _staff_list(_: argparse.Namespace) -> None:
    from sqlalchemy import select

    from bot.store.engine import store
    from bot.store.models import Staff

    with store().read() as session:
        for person in session.scalars(select(Staff).order_by(Staff.name)):
            print(f"{person.email}\t{person.name}\t{person.role}\t{'disabled' if person.disabled_at else 'active'}")
