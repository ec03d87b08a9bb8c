"""使用手冊: its steps are the acceptance list's, its words are looked for, and everybody may read it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from weasyprint.urls import FatalURLFetchingError

from app.jobs import tidy_up
from app.manual import editions, views
from app.manual.printing import make_missing_files
from tests.manual.chapters import Step, chapters_in

ENGLISH = '<p>Choose</p>\n<p><img class="is-desk" src="en/pictures/A1.1-1280.webp" alt="" /></p>'
STEPS = Path(__file__).resolve().parents[1] / "journeys" / "acceptance_steps.txt"


@pytest.fixture
def an_edition(tmp_path, monkeypatch):
    """A manual of one chapter in both languages."""
    for edition, title, text in (("zh-TW", "公務帳號註冊流程", "<p>點選</p>"), ("en", "Registering", ENGLISH)):
        folder = tmp_path / edition
        (folder / "pictures").mkdir(parents=True)
        chapters = [{"id": "A1", "part": "壹", "title": title}, {"id": "A2", "part": "壹", "title": f"{title} 2"}]
        (folder / "chapters.json").write_text(json.dumps(chapters), "utf-8")
        (folder / "A1.html").write_text(text, "utf-8")
        (folder / "A2.html").write_text(text, "utf-8")
        Image.new("RGB", (8, 8)).save(folder / "pictures" / "A1.1-1280.webp")
    monkeypatch.setattr(editions, "FOLDER", tmp_path)
    monkeypatch.setattr(views, "FOLDER", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget():
    for cached in (editions.chapters_of, editions.text_of, editions._digest_of):
        cached.cache_clear()


@pytest.mark.parametrize("edition", ["zh-TW", "en"])
def test_the_manual_has_every_step_of_the_acceptance_list_in_its_order(edition):
    listed = [line.split()[0] for line in STEPS.read_text("utf-8").splitlines() if line.strip()]
    assert [step.id for chapter in chapters_in(edition) for step in chapter.steps] == listed


def test_a_step_names_the_words_that_are_no_longer_on_its_pages():
    step = Step("A1.2", "點選【申請】，再按【送出】", "", ("申請", "送出"))
    assert step.missing_from("教育公務帳號登入\n申請 單一認證") == ["送出"]
    assert step.missing_from("申請\n送 出") == []


def test_the_words_of_a_way_through_a_menu_are_looked_for_one_by_one():
    words = {step.id: step.words for chapter in chapters_in("zh-TW") for step in chapter.steps}
    assert words["A1.8"] == ("管理員專區", "人事權限管理", "調校申請管理")
    assert words["B4.4"] == ("班級聯絡簿", "<", ">")


def test_most_steps_name_words_of_the_product_in_both_editions():
    for edition in ("zh-TW", "en"):
        steps = [step for chapter in chapters_in(edition) for step in chapter.steps]
        assert sum(bool(step.words) for step in steps) > 50


def test_everybody_reads_the_manual_in_the_own_language(visitor, an_edition):
    assert "公務帳號註冊流程" in visitor.get("/manual/").text
    page = visitor.get("/manual/A1")
    assert page.status_code == 200
    assert "<p>點選</p>" in page.text
    assert re.search(r'href="/manual/A2"', page.text)
    with visitor.session_transaction() as session:
        session["locale"] = "en"
    assert "<p>Choose</p>" in visitor.get("/manual/A1").text


def test_pictures_come_from_the_manuals_folder_alone(visitor, an_edition):
    picture = visitor.get("/manual/zh-TW/pictures/A1.1-1280.webp")
    assert (picture.status_code, picture.content_type) == (200, "image/webp")
    for path in (
        "/manual/B9",
        "/manual/..%2f..%2fREADME",
        "/manual/zh-TW/pictures/missing.webp",
        "/manual/zh-TW/pictures/..%2f..%2fchapters.json",
        "/manual/vi/manual.pdf",
    ):
        assert visitor.get(path).status_code == 404, path


def test_the_whole_manual_is_there_once_the_worker_has_made_it(context, visitor, an_edition):
    assert visitor.get("/manual/en/manual.pdf").status_code == 404
    assert "/manual.pdf" not in visitor.get("/manual/").text
    assert len(make_missing_files()) == 2
    assert "/manual/zh-TW/manual.pdf" in visitor.get("/manual/").text
    answer = visitor.get("/manual/en/manual.pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.data.startswith(b"%PDF-")
    assert make_missing_files() == []


def test_the_worker_prints_the_chapters_of_the_repository(context, visitor):
    tidy_up()
    for edition in editions.EDITIONS:
        answer = visitor.get(f"/manual/{edition}/manual.pdf")
        assert answer.status_code == 200
        assert len(answer.data) > 100_000, "with its pictures"


def test_chapters_that_were_written_anew_get_a_file_of_their_own_and_the_former_goes(context, an_edition):
    former = make_missing_files()
    (an_edition / "en" / "A1.html").write_text("<p>Press</p>", "utf-8")
    forget()
    (written,) = make_missing_files()
    assert written.exists()
    assert [path.exists() for path in former] == [True, False]


def test_the_printed_manual_fetches_nothing_but_its_pictures(context, an_edition):
    """WeasyPrint would fill the file with whatever the address names."""
    (an_edition / "en" / "A1.html").write_text('<img src="en/pictures/../chapters.json">', "utf-8")
    with pytest.raises(FatalURLFetchingError, match="chapters.json"):
        make_missing_files()


def test_the_manual_is_found_from_the_foot_of_every_page_and_from_the_site_map(visitor):
    assert visitor.get("/").text.count('href="/manual/"') == 1
    assert visitor.get("/site-map").text.count('href="/manual/"') == 2


@pytest.mark.parametrize("edition", ["zh-TW", "en"])
def test_the_manual_in_the_repository_says_what_its_chapters_say(edition):
    """Whoever changes a step's words runs ``make manual`` again."""
    folder = editions.FOLDER / edition
    named = set()
    for chapter in chapters_in(edition):
        text = (folder / f"{chapter.id}.md").read_text("utf-8")
        assert text.startswith(f"# {chapter.title}\n")
        for step in chapter.steps:
            assert f"## {step.id}\n\n{step.text}\n" in text, step.id
            pictures = re.findall(rf"\((pictures/{step.id}-\d+\.webp)\)", text)
            assert pictures, step.id
            named.update(pictures)
        served = (folder / f"{chapter.id}.html").read_text("utf-8")
        assert set(re.findall(rf'src="{edition}/([^"]+)"', served)) == set(re.findall(r"\((pictures/[^)]+)\)", text))
    assert {f"pictures/{path.name}" for path in (folder / "pictures").iterdir()} == named


def test_the_manual_stays_light():
    """Its pictures are in every clone of the repository."""
    assert sum(path.stat().st_size for path in editions.FOLDER.rglob("*") if path.is_file()) < 3_500_000
