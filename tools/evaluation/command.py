"""``python -m tools.evaluation``: the table, the JSON, the picture."""

from __future__ import annotations

import argparse
import json
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from bot.errors import ConfigError
from bot.rasa_server.training import MODEL, is_current
from bot.safety.classifier import RedFlagClassifier
from bot.safety.rules import RedFlagRules
from bot.safety.verdict import RedFlagCheck
from bot.settings import ROOT
from bot.understanding.encoder import encoder
from bot.understanding.intent_model import IntentModel
from bot.understanding.reading import Reading, prepared, read
from bot.understanding.situation import find_context
from bot.understanding.vector_cache import cached_encoder
from tools.evaluation.facets import ask_facets, read_facet_questions
from tools.evaluation.facets import table as facets_table
from tools.evaluation.flags import Row, flag_report, flag_table, is_flag_file, read_rows, rows_of
from tools.evaluation.hint3 import compare
from tools.evaluation.matrix import draw_matrix
from tools.evaluation.measures import confusions, measure
from tools.evaluation.posts import posts_report, posts_table, read_posts
from tools.evaluation.questions import ROWS, read_questions
from tools.evaluation.questions import report as questions_report
from tools.evaluation.questions import table as questions_table
from tools.evaluation.sentences import Case, read_cases, read_training
from tools.evaluation.stories import read_stories, tell_stories
from tools.evaluation.stories import table as stories_table
from tools.evaluation.talks import play_talks, read_talks, talks_report, talks_table
from tools.evaluation.two_turns import is_pair_file, read_pairs, two_turns
from tools.evaluation.two_turns import table as pairs_table
from tools.evaluation.typos import with_typos

MODELS = ROOT / "models"
_MODEL_FILE = "intents.npz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``evaluate``."""
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        help="tab-separated: text, intents (| alternatives, & both asked), red_flag; or, for red flags alone: text, flags, kind; "
        "or pairs of messages, as --two-turns",
    )
    _add_measures(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--matrix", type=Path, metavar="PNG", help="draw the confusion matrix")
    parser.add_argument(
        "--model",
        type=Path,
        help="a trained model (default: the one in models/ if it is up to date, else train on data/nlu)",
    )
    parser.add_argument(
        "--typos",
        type=float,
        default=0.3,
        metavar="SHARE",
        help="also measure with typos in this share of words; 0 for not",
    )
    parser.add_argument("--train", type=Path, metavar="CSV", help="HINT3 format: train on this file ...")
    parser.add_argument("--test", type=Path, metavar="CSV", help="... and test on this one")


def _add_measures(parser: argparse.ArgumentParser) -> None:
    """What is measured beside single sentences, each with its file."""
    parser.add_argument(
        "--two-turns",
        type=Path,
        metavar="TSV",
        help="pairs of messages (before, topic, text, kind, wanted), played through the whole dialogue",
    )
    parser.add_argument(
        "--talks",
        type=Path,
        nargs="+",
        metavar="YML",
        help="whole conversations, played and printed (tools/evaluation/talks.py)",
    )
    parser.add_argument(
        "--questions",
        type=Path,
        nargs="+",
        metavar="TSV",
        help="questions with their best and other acceptable topics (text, intents, red_flag, source), and how far the confidence is true",
    )
    parser.add_argument(
        "--rows",
        choices=ROWS,
        default="all",
        help="with --questions: which rows of each file, to choose or to report",
    )
    parser.add_argument(
        "--failed", action="store_true", help="with --questions: print every question that failed"
    )
    parser.add_argument(
        "--posts",
        type=Path,
        nargs="+",
        metavar="TSV",
        help="red flags in real texts of any length (text, flag, kind; tools/evaluation/posts.py); --rows as with --questions",
    )
    parser.add_argument("--stories", type=Path, metavar="TSV", help="stories as first messages: text, topics")
    parser.add_argument("--facets", type=Path, metavar="TSV", help="questions: text, topic, facet")


def run(options: argparse.Namespace) -> None:
    """Measure and print.

    Raises:
        ConfigError: a file is missing or not in its format.
    """
    if options.train or options.test:
        if not (options.train and options.test):
            raise ConfigError("give both --train and --test")
        figures = compare(options.train, options.test)
        _print(options.json, figures, [f"{name:<50} {value}" for name, value in figures.items()])
        return
    played = (
        options.two_turns, options.talks, options.questions, options.posts, options.stories, options.facets
    )  # fmt: skip
    if not (options.file or any(played)):
        raise ConfigError(
            "name a file to evaluate, or give --two-turns, --talks, --questions, --posts, --stories, --facets, "
            "or --train and --test"
        )
    if options.file:
        _print(options.json, *_measured(options))
    if options.two_turns:
        found = two_turns(read_pairs(options.two_turns), options.model)
        _print(options.json, found, ["", *pairs_table(found, rows=options.file is None)])
    if options.questions:
        asked = measure_questions(options.questions, options.rows, options.model)
        _print(options.json, asked, questions_table(asked, rows=options.failed))
    if options.posts:
        posts = [post for post in read_posts(options.posts) if post.part(options.rows)]
        found = posts_report(posts, RedFlagCheck.load())
        _print(options.json, found, posts_table(found, rows=options.rows != "even"))
    if options.talks:
        talks = play_talks([talk for path in options.talks for talk in read_talks(path)], options.model)
        _print(options.json, talks_report(talks), talks_table(talks))
    if options.stories:
        found = tell_stories(read_stories(options.stories), options.model)
        _print(options.json, found, stories_table(found))
    if options.facets:
        found = ask_facets(read_facet_questions(options.facets), options.model)
        _print(options.json, found, facets_table(found))


def _print(as_json: bool, report: dict[str, Any], lines: Sequence[str]) -> None:
    print(
        json.dumps(report, indent=2, default=lambda made: made.to_json()) if as_json else "\n".join(lines),
        flush=True,
    )


def _measured(options: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    """The report on ``options.file``, and it as lines to read; what is measured follows from the file's
    columns."""
    if is_pair_file(options.file):
        found = two_turns(read_pairs(options.file), options.model)
        return found, pairs_table(found, rows=True)
    if is_flag_file(options.file):
        flags = red_flags(read_rows(options.file))
        return flags, flag_table(flags)
    cases = read_cases(options.file)
    model, origin = find_model(options.model)
    about = {"file": str(options.file), "model": origin}
    report = evaluate(cases, model, options.typos, options.matrix) | about
    return report, _table(report)


def evaluate(
    cases: Sequence[Case], model: IntentModel, typos: float = 0.0, matrix: Path | None = None
) -> dict[str, Any]:
    """All figures for these cases; ``Share`` objects where so many of so many are counted."""
    readings, times = _read_all(model, [case.text for case in cases])
    report: dict[str, Any] = {"sentences": len(cases), "figures": measure(cases, readings)}
    if typos:
        mistyped, _ = _read_all(model, [with_typos(case.text, typos) for case in cases])
        report["with typos"] = {"share of words": typos, "figures": measure(cases, mistyped)}
    report["red flags"] = red_flags(rows_of(cases))
    report["worst confusions"] = [
        {"asked": a, "answered": b, "times": n} for a, b, n in confusions(cases, readings)
    ]
    report["milliseconds"] = {
        "p50": round(float(np.percentile(times, 50)), 1),
        "p95": round(float(np.percentile(times, 95)), 1),
    }
    if matrix:
        draw_matrix(cases, readings, matrix)
    return report


def measure_questions(paths: Sequence[Path], rows: str, archive: Path | None) -> dict[str, Any]:
    """What becomes of the questions in these files, as ``tools.evaluation.questions.report`` gives it."""
    asked = [question for path in paths for question in read_questions(path, rows)]
    model, origin = find_model(archive)
    readings, _ = _read_all(model, [question.text for question in asked])
    rules = RedFlagRules.load()
    check = RedFlagCheck(rules, RedFlagClassifier(rules).read())
    return questions_report(asked, readings, check.check) | {"model": origin}


def find_model(archive: Path | None) -> tuple[IntentModel, str]:
    """The classifier of a trained Rasa model, or a new one from ``data/nlu`` where none is up to date; and
    which it was."""
    if archive is None:
        archive = MODELS / f"{MODEL}.tar.gz"
        if not is_current(ROOT):
            training = read_training()
            texts = [prepared(text) for text, _ in training]
            return IntentModel(cached_encoder()).fit(
                texts, [intent for _, intent in training]
            ), "trained now on data/nlu"
    if not archive.is_file():
        raise ConfigError(f"{archive}: there is no such model")
    with tarfile.open(archive) as tar, tempfile.TemporaryDirectory() as folder:
        member = next((name for name in tar.getnames() if Path(name).name == _MODEL_FILE), None)
        content = tar.extractfile(member) if member else None
        if content is None:
            raise ConfigError(f"{archive}: no classifier of ours in this model")
        path = Path(folder) / _MODEL_FILE
        path.write_bytes(content.read())
        return IntentModel.load(path, encoder()), archive.name


def _read_all(model: IntentModel, texts: Sequence[str]) -> tuple[list[Reading], list[float]]:
    """The readings and the milliseconds that each took, one at a time as in use."""
    readings, times = [], []
    read(model, "are my restless legs hereditary?")  # warms up
    for text in texts:
        start = perf_counter()
        find_context(text)
        readings.append(read(model, text))
        times.append(1000 * (perf_counter() - start))
    return readings, times


def red_flags(rows: Sequence[Row]) -> dict[str, Any]:
    """What the rules and the classifier together see in these rows, as
    ``tools.evaluation.flags.flag_report`` gives it."""
    rules = RedFlagRules.load()
    return flag_report(rows, RedFlagCheck(rules, RedFlagClassifier(rules).read()), rules.book.flags)


def _table(report: dict[str, Any]) -> list[str]:
    lines = [f"{report['sentences']} sentences of {report['file']}, model: {report['model']}", ""]
    lines += [f"{name:<48} {figure}" for name, figure in report["figures"].items()]
    if "with typos" in report:
        lines += ["", f"with typos in {report['with typos']['share of words']:.0%} of words"]
        lines += [f"{name:<48} {figure}" for name, figure in report["with typos"]["figures"].items()]
    lines += ["", *flag_table(report["red flags"])]
    times = report["milliseconds"]
    lines += [
        "",
        f"milliseconds a message: p50 {times['p50']}, p95 {times['p95']}",
        "",
        "worst confusions (asked, answered, times)",
    ]
    lines += [f"  {row['asked']} -> {row['answered']}: {row['times']}" for row in report["worst confusions"]]
    return lines
