"""Nothing that a tool finds and no test that failed gets lost on its way into the table."""

from __future__ import annotations

import pytest

from tests.security import case_tests, sqlmap, wapiti
from tests.security.findings import Explanation, Finding, load_explanations, triage
from tests.security.report import Line, print_table

REPORT = """<testsuites><testsuite>
<testcase classname="tests.hardening.test_accounts" name="test_p10_five_lock[sqlite]"/>
<testcase classname="tests.hardening.test_accounts" name="test_p10_five_lock[postgresql]"><failure message="no"/></testcase>
<testcase classname="tests.hardening.test_accounts" name="test_p11_same_answer"><skipped message="no PostgreSQL"/></testcase>
<testcase classname="tests.access.test_threads" name="test_sixteen_threads_never_mix_up_who_sees_what[sqlite]"/>
<testcase classname="tests.access.test_matrix" name="test_parent_sees_nothing"/>
</testsuite></testsuites>"""


def test_a_finding_is_open_unless_tool_rule_place_and_words_are_explained():
    explanation = Explanation(
        "bandit", "B704", r"app/web/rich_text\.py:\d+", r"Markup\(clean", "nh3 has just cleaned this text"
    )
    same = Finding("bandit", "B704", "app/web/rich_text.py:47", "Potential XSS «return Markup(clean(html))»")
    other_line = Finding("bandit", "B704", "app/web/rich_text.py:50", "Potential XSS «return Markup(html)»")
    other_file = Finding("bandit", "B704", "app/web/cells.py:47", same.says)
    other_rule = Finding("bandit", "B703", same.where, same.says)
    findings = [same, other_line, other_file, other_rule]
    assert triage(findings, [explanation]) == ([other_line, other_file, other_rule], [same])
    assert explanation.count == 1


def test_every_explanation_says_a_reason(tmp_path):
    assert load_explanations()
    path = tmp_path / "explained.toml"
    path.write_text('[[finding]]\ntool = "wapiti"\nrule = "xss"\nwhere = ".*"\nsays = ".*"\nreason = "fine"\n', "utf-8")
    with pytest.raises(ValueError, match="no reason"):
        load_explanations(path)


def test_each_case_has_a_line_and_a_case_without_a_test_has_failed(tmp_path):
    report = tmp_path / "tests.xml"
    report.write_text(REPORT, "utf-8")
    lines, details = case_tests.read(report)
    by_part = {line.part.split()[0]: line for line in lines}
    assert (by_part["P10"].passed, by_part["P10"].failed) == (1, 1)
    assert by_part["P11"].skipped == {"no PostgreSQL": 1}
    assert by_part["P31"].passed == 1, "a test that stands elsewhere"
    assert (by_part["P01"].failed, by_part["P01"].note) == (1, "no test")
    assert by_part["access/test_matrix.py"].passed == 1
    assert len(lines) == 32 and len(details) == 1


def test_what_wapiti_only_mentions_is_a_finding_too():
    entry = {"method": "GET", "path": "/", "info": "OPTIONS\n(200)", "module": "methods"}
    told = {"vulnerabilities": {"XSS": []}, "anomalies": {}, "additionals": {"HTTP Methods": [entry]}}
    assert wapiti.read_findings(told) == [Finding("wapiti", "methods", "GET /", "OPTIONS (200)")]


def test_forms_that_differ_in_numbers_only_are_one():
    pages = [
        {
            "request": {
                "url": f"http://127.0.0.1:1/portal/children/{number}/records?month=9",
                "method": "GET",
                "post_params": [],
            }
        }
        for number in (4, 17)
    ]
    assert len(wapiti.read_requests({"infos": {"crawled_pages": pages}})) == 1


def test_only_what_has_something_to_type_in_is_sent_to_sqlmap():
    token = ("csrf_token", "x")
    assert sqlmap._asks(wapiti.Request("GET", "/news?page=2"))
    assert sqlmap._asks(wapiti.Request("POST", "/portal/links/", (token, ("student_name", ""))))
    assert not sqlmap._asks(wapiti.Request("POST", "/student-affairs/threads/homeroom/switch", (token,)))
    assert not sqlmap._asks(wapiti.Request("GET", "/sso/enrollments/list/?psize_EnrollmentAdmin"))


def test_the_table_adds_up(capsys):
    line = Line("P01", passed=2, failed=1)
    line.skipped["no PostgreSQL"] += 1
    print_table([line], ["what failed"])
    told = capsys.readouterr().out
    assert told.startswith("what failed") and told.endswith("2 passed, 1 failed, 1 skipped\n")
    assert "skipped 1 of P01: no PostgreSQL" in told
