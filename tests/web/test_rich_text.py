"""A bulletin is typed as text and kept as a small HTML; the way back gives the same page again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.web.rich_text import clean, to_html, to_text

REL = 'rel="noopener noreferrer nofollow"'
TYPED = [
    ("各位家長好：", "<p>各位家長好：</p>"),
    ("一\n二\n\n三", "<p>一<br>二</p><p>三</p>"),
    ("請帶：\n- 水彩\n- 抹布", "<p>請帶：</p><ul><li>水彩</li><li>抹布</li></ul>"),
    ("・水彩", "<ul><li>水彩</li></ul>"),
    ("1. 認購單\n2. 環保碗筷", "<ol><li>認購單</li><li>環保碗筷</li></ol>"),
    ("1、認購單", "<ol><li>認購單</li></ol>"),
    ("3. 第三點", "<p>3. 第三點</p>"),
    ("-5 度", "<p>-5 度</p>"),
    ("12.5 元", "<p>12.5 元</p>"),
    ("**12月5日（星期六）**舉行", "<p><b>12月5日（星期六）</b>舉行</p>"),
    ("2 ** 3 ** 4", "<p>2 ** 3 ** 4</p>"),
    (
        "見 https://wces.tyc.edu.tw/a?b=1&c=2。",
        f'<p>見 <a href="https://wces.tyc.edu.tw/a?b=1&amp;c=2" {REL}>https://wces.tyc.edu.tw/a?b=1&amp;c=2</a>。</p>',
    ),
    ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
    ("<b>x</b> & <script>", "<p>&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;</p>"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "html"), TYPED)
def test_text_becomes_paragraphs_lists_and_links(text, html):
    assert to_html(text) == html


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("甲乙 a1.-*・\n<>&\"'/:、。https://x.tw"), max_size=60))
def test_what_is_edited_and_saved_unchanged_stays_the_same_page(text):
    html = to_html(text)
    assert to_html(to_text(html)) == html


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_whatever_is_typed_is_clean(text):
    html = to_html(text)
    assert clean(html) == html
