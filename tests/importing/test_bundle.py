"""What may come in as a bundle: safe zips of bearable size, in UTF-8 or Big5."""

from __future__ import annotations

import io
import zipfile

import pytest

from app.importing.bundle import Limits, decode, open_folder, open_zip
from app.importing.problems import BundleRefused, Problems, Refusal
from tests.importing.bundles import zip_of

SMALL = Limits(unpacked=100_000, rows=1000, files=20)
ORGS = b"sourcedId,name,type\no-1,School,school\n"


def opened(content: bytes, limits: Limits = SMALL):
    problems = Problems()
    return open_zip(io.BytesIO(content), limits, problems), problems


def refusal_of(content: bytes, limits: Limits = SMALL) -> Refusal:
    with pytest.raises(BundleRefused) as refused:
        opened(content, limits)
    return refused.value.refusal


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut off", ORGS])
def test_what_is_no_zip_is_refused(content):
    assert refusal_of(content) == Refusal.NOT_A_ZIP


@pytest.mark.parametrize(
    "name", ["../users.csv", "a/../../users.csv", "/etc/users.csv", "C:\\users.csv", "..\\users.csv", "a\\..\\users.csv"]
)
def test_a_zip_that_names_a_path_outside_itself_is_refused(name):
    assert refusal_of(zip_of({name: ORGS})) == Refusal.UNSAFE_NAME


def test_files_in_one_folder_of_the_zip_are_found_and_strangers_are_passed_over():
    bundle, problems = opened(zip_of({"export/Orgs.CSV": ORGS, "export/readme.txt": b"x", "__MACOSX/._orgs.csv": b"x"}))
    assert bundle.has("orgs")
    assert [line.get("name") for line in bundle.table("orgs")] == ["School"]
    assert not problems


def test_the_same_file_twice_is_refused():
    assert refusal_of(zip_of({"orgs.csv": ORGS, "old/orgs.csv": ORGS})) == Refusal.AMBIGUOUS


def test_a_bomb_is_refused_by_what_comes_out_of_it_not_by_what_it_says():
    content = bytearray(zip_of({"users.csv": b"a" * 5_000_000}))
    assert len(content) < 50_000
    assert refusal_of(bytes(content)) == Refusal.TOO_LARGE
    size = (5_000_000).to_bytes(4, "little")
    lying = bytes(content).replace(size, (10).to_bytes(4, "little"))
    assert refusal_of(lying) in (Refusal.TOO_LARGE, Refusal.NOT_A_ZIP)


def test_bombs_in_several_files_count_together():
    files = dict.fromkeys(("users.csv", "orgs.csv"), b"x" * 60000)
    assert refusal_of(zip_of(files)) == Refusal.TOO_LARGE


def test_a_million_rows_are_refused_before_they_are_read():
    limits = Limits(unpacked=50_000_000)
    assert refusal_of(zip_of({"users.csv": b"a,b\n" * 1_000_000}), limits) == Refusal.TOO_MANY_ROWS


def test_very_many_files_are_refused():
    assert refusal_of(zip_of({f"{number}.txt": b"" for number in range(21)})) == Refusal.TOO_MANY_FILES


def test_an_encrypted_zip_is_refused():
    content = bytearray(zip_of({"orgs.csv": ORGS}))
    local, central = content.find(b"PK\x03\x04"), content.find(b"PK\x01\x02")
    content[local + 6] |= 1
    content[central + 8] |= 1
    assert refusal_of(bytes(content)) == Refusal.ENCRYPTED


def test_other_compressions_are_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("orgs.csv", ORGS)
    assert refusal_of(target.getvalue()) == Refusal.NOT_A_ZIP


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp950"])
def test_utf_8_with_and_without_bom_and_big5_are_read(encoding):
    assert decode("學號,姓名\r\n1110512,王小明".encode(encoding)) == "學號,姓名\r\n1110512,王小明"


def test_rare_characters_of_hong_kongs_big5_are_read():
    assert decode("姓名,王堃𨋢".encode("big5hkscs")) is not None


def test_other_encodings_are_a_problem_of_that_file():
    bundle, problems = opened(zip_of({"orgs.csv": "名".encode("utf-16")}))
    assert bundle.table("orgs") is None
    assert [(each.file, each.problem) for each in problems.kept] == [("orgs.csv", "encoding")]


def test_line_numbers_count_lines_of_the_file_not_rows():
    content = b'sourcedId,name\r\n1,"two\r\nlines"\r\n\r\n2,plain\r\n'
    bundle, _ = opened(zip_of({"orgs.csv": content}))
    assert [(line.number, line.get("sourcedId")) for line in bundle.table("orgs")] == [(2, "1"), (5, "2")]


def test_empty_trailing_headings_and_other_letter_case_are_borne():
    bundle, problems = opened(zip_of({"orgs.csv": b"SOURCEDID, Name ,,\n1,School,,\n"}))
    assert [(line.get("sourcedId"), line.get("name")) for line in bundle.table("orgs")] == [("1", "School")]
    assert not problems


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"sourcedId,sourcedId\n1,1\n", 1, "duplicate_heading"),
        (b"sourcedId,name\n1,a\n2,b,c\n", 3, "too_many_cells"),
        (b"sourcedId,name\n1,a\x00b\n", 2, "control_character"),
        ("sourcedId,name\n1,a\u202eb\n".encode(), 2, "control_character"),
        (b'sourcedId,name\n1,"' + b"x" * 200_000 + b'"\n', 2, "malformed_csv"),
    ],
)
def test_a_malformed_row_is_named_by_its_line(content, line, problem):
    bundle, problems = opened(zip_of({"orgs.csv": content}), Limits())
    list(bundle.table("orgs"))
    assert [(each.file, each.line, each.problem) for each in problems.kept] == [("orgs.csv", line, problem)]


def test_a_folder_is_read_like_a_zip(tmp_path):
    (tmp_path / "orgs.csv").write_bytes(ORGS)
    (tmp_path / "notes.txt").write_text("nothing")
    assert open_folder(tmp_path, SMALL, Problems()).has("orgs")


def test_a_folder_keeps_to_the_limits(tmp_path):
    (tmp_path / "users.csv").write_bytes(b"x" * 200_000)
    with pytest.raises(BundleRefused):
        open_folder(tmp_path, SMALL, Problems())
