"""What differs between the guardian's words and the roll is marked, part by part."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest

from app.accounts.identity import IdentityNumber
from app.accounts.models import IdentityKind
from app.guardian_links.comparison import compare

STUDENT = {
    "full_name": "王小明",
    "student_number": "1110512",
    "birth_date": date(2015, 5, 6),
    "identity_number_sealed": "",
    "grade_level": 5,
    "class_name": "一班",
    "seat_number": 12,
}
TYPED = {
    "typed_grade_level": 5,
    "typed_class_name": "一班",
    "typed_seat_number": 12,
    "typed_name": "王小明",
    "typed_student_key": "1110512",
    "typed_birth_date": date(2015, 5, 6),
}


@pytest.fixture
def differing(flask_app):
    """Label → (typed parts that differ, the roll's parts that differ) of each line that is not the same."""

    def lines(typed: dict, student: dict) -> dict[str, tuple[list[str], list[str]]]:
        with flask_app.test_request_context():
            compared = compare(SimpleNamespace(**{**TYPED, **typed}), SimpleNamespace(**{**STUDENT, **student}))
        return {
            line.label: (
                [part for part, differs in line.typed if differs],
                [part for part, differs in line.roster if differs],
            )
            for line in compared
            if not line.is_same
        }

    return lines


@pytest.mark.parametrize(
    ("typed", "student", "expected"),
    [
        ({}, {}, {}),
        ({"typed_seat_number": 21}, {}, {"座號": (["21"], ["12"])}),
        ({"typed_birth_date": date(2015, 5, 16)}, {}, {"生日": (["16"], ["6"])}),
        ({"typed_name": "王曉明"}, {}, {"姓名": (["曉"], ["小"])}),
        ({"typed_name": "王小明明"}, {}, {"姓名": (["王小明明"], ["王小明"])}),
        ({"typed_name": "王 小明"}, {}, {}),
        ({"typed_class_name": "二班"}, {}, {"班級": (["二"], ["一"])}),
        ({}, {"class_name": "01"}, {}),
        (
            {},
            {"class_name": None, "grade_level": None, "seat_number": None},
            {"班級": (["五年一班"], []), "座號": (["12"], [])},
        ),
        ({"typed_student_key": "111-0512"}, {}, {}),
        ({"typed_student_key": "1110521"}, {}, {"學號": (["1110521"], ["1110512"])}),
        ({}, {"birth_date": None}, {"生日": (["104年5月6日"], [])}),
    ],
)
def test_only_what_differs_is_marked(differing, typed, student, expected):
    assert differing(typed, student) == expected


def test_identity_numbers_are_compared_and_shown_by_their_masks(flask_app, differing):
    with flask_app.app_context():
        sealed = IdentityNumber(IdentityKind.NATIONAL_ID, "A123456789").sealed
    assert differing({"typed_student_key": "A12****789"}, {"identity_number_sealed": sealed}) == {}
    assert list(differing({"typed_student_key": "B12****789"}, {"identity_number_sealed": sealed})) == ["身分證字號"]
    assert list(differing({"typed_student_key": "B12****789"}, {})) == ["身分證字號"]
