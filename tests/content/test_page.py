"""``python -m bot answers``: the page that a clinician reads, prints and signs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import yaml

from bot.cli import main
from bot.content import review_page
from bot.content.answers import FOLDER, answers, load_answers
from bot.content.clinic import clinic
from bot.safety import flags


def plain(html: str) -> str:
    """What a reader sees of ``html``, in one line."""
    return " ".join(
        unescape(
            re.sub(r"<[^>]*>", "", re.sub(r"<(?:p|li|h\d|div|span class=\"url\")", r" \g<0>", html))
        ).split()
    )


def without_links(text: str) -> str:
    filled = re.sub(r"\[([^\]]*)\]\(tel:[^)]*\)", r"\1", clinic().fill(text))
    return " ".join(re.sub(r"^- ", "", filled, flags=re.MULTILINE).split())


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    out = tmp_path_factory.mktemp("page") / "deep" / "answers.html"
    main(["answers", "--out", str(out)])
    yield out.read_text(encoding="utf-8")


def test_every_text_of_every_answer_stands_on_the_page(html: str) -> None:
    seen = plain(html)
    for answer in answers().values():
        for text in (
            answer.text,
            answer.next_step,
            answer.more,
            answer.simple,
            *answer.variants,
            *answer.caution_texts.values(),
        ):
            assert without_links(text) in seen, f"{answer.id}: '{text[:60]}' is missing"
        for remark in answer.needs_clinician_check:
            assert " ".join(remark.split()) in seen
        for link in answers().links(answer):
            assert f'href="{link["url"].replace("&", "&amp;")}"' in html
        assert f"{answer.place}, {answer.id}, version {answer.version}" in seen
    for caution in answers().cautions.values():
        assert without_links(caution.text) in seen


def test_every_red_flag_reply_stands_on_the_page(html: str) -> None:
    seen = plain(html)
    for flag in flags().values():
        for text in (flag.now, flag.worse, flag.other, flag.rest):
            assert without_links(text) in seen, f"{flag.name}: '{text[:60]}' is missing"


def test_every_text_can_be_signed(html: str) -> None:
    total = len(answers()) + len(answers().cautions)
    assert (
        html.count("<article ")
        == html.count("Signature")
        == html.count("Date <span")
        == html.count("Name <span")
        == total
    )
    assert len(set(re.findall(r'<article id="([^"]+)"', html))) == total


def test_the_page_needs_nothing_else_and_leaves_no_placeholder(html: str) -> None:
    assert not re.search(r"<link|<script|<img|<iframe|@import|url\(", html)
    assert not re.search(r"\{[a-z_]+\}", plain(html))
    assert not [anchor for anchor in re.findall(r'href="#([^"]+)"', html) if f'id="{anchor}"' not in html]


def test_the_index_counts_approved_and_drafts(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    shutil.copytree(FOLDER, folder)
    text = (folder / "iron.yml").read_text(encoding="utf-8")
    (folder / "iron.yml").write_text(
        text.replace("  state: draft", '  state: approved\n  approved_by: "Dr. <Lee>"', 2), encoding="utf-8"
    )
    made = review_page.groups(load_answers(folder), clinic())
    iron = next(group for group in made if group.key == "iron")
    assert (iron.count("approved"), iron.count("draft")) == (2, len(iron.sheets) - 2)
    html = review_page.page(made, clinic())
    assert html.count("approved by Dr. &lt;Lee&gt;") == 2 and "<Lee>" not in html
    assert re.search(r"Iron</a></td><td class=\"n\">7</td><td class=\"n\">2</td><td class=\"n\">5</td>", html)


def test_the_command_names_the_file_and_the_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["answers", "--out", str(tmp_path / "a.html")])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == str(tmp_path / "a.html")
    total = len(answers()) + len(answers().cautions)
    assert re.search(rf"All +{total} texts, \d+ approved, \d+ still to be signed", said[-1])


def test_doubtful_red_flags_carry_a_remark() -> None:
    marks = yaml.safe_load((Path(__file__).parent / "claims.yml").read_text(encoding="utf-8"))
    doubtful = {
        key
        for key, value in marks.items()
        if str(key).startswith("R") and str(key) in flags() and {"2nd", "mem"} & set(value)
    }
    beyond_the_table = {"R2", "R10"}  # fainting; medicines other than iron
    red_flags = [answer for answer in answers().values() if answer.group == "red_flags"]
    remarked = {flag for answer in red_flags if answer.needs_clinician_check for flag in answer.red_flags}
    assert doubtful | beyond_the_table <= remarked
