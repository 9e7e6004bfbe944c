"""PDF files, made here, to paragraphs."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from ingest.articles import Article, read_articles
from ingest.formats import pdf
from ingest.formats.pdf import drop_running_lines, join_lines
from retrieval.errors import ArticleError
from retrieval.settings import Limits

pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))


def make(pages: Sequence[Sequence[str]], title: str = "", font: str = "Helvetica", password: str = "") -> bytes:
    """Return a PDF with these lines on its pages."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, encrypt=StandardEncryption(password) if password else None)
    if title:
        canvas.setTitle(title)
    for lines in pages:
        canvas.setFont(font, 11)
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def read(data: bytes, source: str = "dossier/rapport.pdf") -> Article:
    """Return the only article."""
    [article] = read_articles(source, data)
    assert isinstance(article, Article)
    return article


FRENCH = [
    "L’histoire du thé",
    "Le thé vert est une boisson très ancienne que l’on prépare avec des feuil-",
    "les séchées. À Saint-Malo, les navires de la compagnie en apportaient tous les ans.",
    "Fin du premier paragraphe.",
    "Un deuxième paragraphe commence ici, avec une ligne de longueur ordinaire et",
    "une fin.",
]
CHINESE = [
    "茶的历史",
    "茶叶起源于中国西南地区，古人最初把它当作药物，后来才成为日常的饮料，传说神农氏在",
    "公元前2737年发现了茶。唐代陆羽写成《茶经》，这是世界上第一部关于茶的专门著作，共分",
    "为三卷十节。",
    "到了宋代，点茶之风盛行，斗茶成为文人雅士喜爱的活动，建安的北苑贡茶名闻天下，深受皇",
    "室喜爱。",
]


def test_french_lines_become_paragraphs() -> None:
    """Wrapped lines are joined with a space, a cut word without its hyphen; a short first line is the title."""
    article = read(make([FRENCH]))
    assert article.title == "L’histoire du thé"
    assert article.text.split("\n\n") == [
        "L’histoire du thé",
        "Le thé vert est une boisson très ancienne que l’on prépare avec des feuilles séchées. "
        "À Saint-Malo, les navires de la compagnie en apportaient tous les ans. Fin du premier paragraphe.",
        "Un deuxième paragraphe commence ici, avec une ligne de longueur ordinaire et une fin.",
    ]


def test_chinese_lines_become_paragraphs() -> None:
    """A Chinese font without embedded characters is read; lines are joined without a space."""
    article = read(make([CHINESE], font="STSong-Light"), "茶/历史.pdf")
    assert (article.name, article.title) == ("茶/历史.pdf", "茶的历史")
    assert article.text.split("\n\n") == [CHINESE[0], "".join(CHINESE[1:4]), "".join(CHINESE[4:])]


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("Une étude du thé", "Une étude du thé"),
        ("茶的研究", "茶的研究"),
        ("Microsoft Word - rapport v2", "L’histoire du thé"),
        ("rapport-final.docx", "L’histoire du thé"),
        ("Untitled-1", "L’histoire du thé"),
        ("***", "L’histoire du thé"),
        ("²èµÄÑÐ¾¿", "L’histoire du thé"),
    ],
)
def test_stated_title_counts_if_sensible(stated: str, title: str) -> None:
    """A program's default, a file name and Chinese bytes read as Latin-1 are no titles."""
    assert read(make([FRENCH], title=stated)).title == title


def test_long_first_paragraph_is_no_title() -> None:
    """Without a short first paragraph the file's name is the title."""
    assert read(make([[*FRENCH[1:3], "suite."]])).title == "rapport"


def test_running_lines_are_dropped() -> None:
    """On five pages, the header of four and all page numbers go; a title page's own lines and figures stay."""
    first = ["Rapport annuel", "Sommaire"]
    others = [
        ["La revue du thé", f"Texte {word} de la page.", f"- {number} -"] for number, word in enumerate("abcd", 2)
    ]
    assert drop_running_lines([first, *others]) == [
        "Rapport annuel",
        "Sommaire",
        *(f"Texte {word} de la page." for word in "abcd"),
    ]
    assert drop_running_lines([["Diapositive"]] * 5) == ["Diapositive"] * 5
    assert drop_running_lines([["Revue", word, f"page {word}"] for word in "abc"])[:2] == ["Revue", "a"]
    assert drop_running_lines([[f"{n} {n} {n}", word] for n, word in enumerate("abcd")])[:2] == ["0 0 0", "a"]


def test_running_lines_of_a_file() -> None:
    """A paragraph that goes over the page is whole once header and page number are gone."""
    words = ["arbres", "fleurs", "fruits", "racines"]
    pages = [["Le thé en Europe", f"et encore des {word} séchées,", f"{n} / 4"] for n, word in enumerate(words, 1)]
    text = read(make(pages)).text
    assert text == " ".join(f"et encore des {word} séchées," for word in words)


@pytest.mark.parametrize(
    ("lines", "paragraphs"),
    [
        ([], []),
        (["a cow-", "boy and a T-", "Rex"], ["a cowboy and a T-Rex"]),
        (["soft\u00ad", "ened, mark\ufffeed, Jean\x02Paul"], ["softened, marked, Jean-Paul"]),
        (["first line of the text - ", "and the next"], ["first line of the text - and the next"]),
        (["- one item of a list", "- two items of a list"], ["- one item of a list", "- two items of a list"]),
        (["x" * 50 + ".", "Results", "Tea is " + "x" * 43], ["x" * 50 + ".", "Results", "Tea is " + "x" * 43]),
    ],
)
def test_join_lines(lines: list[str], paragraphs: list[str]) -> None:
    """Hyphens, lists and headings between full lines."""
    assert join_lines(lines) == paragraphs


def test_lookalike_characters_are_read_as_letters() -> None:
    """Kangxi radicals stand for the Han characters that they look like."""
    data = make([["⼀种饮料，产于⼭中，⽇⽤⽽不知，⾄今已有两千年的历史。"]], font="STSong-Light")
    assert read(data).text == "一种饮料，产于山中，日用而不知，至今已有两千年的历史。"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (make([[]]), "has no text layer (a scan?): run OCR first"),
        (make([["page 1"], ["page 2"]]), "has no text layer (a scan?): run OCR first"),
        (make([FRENCH], password="secret"), "is protected by a password: save it without one"),
        (make([FRENCH])[:600], "is damaged or cut short: it cannot be opened as a PDF"),
        (b"hello", "is not a PDF: give it the suffix of its real format"),
    ],
)
def test_unusable_files(data: bytes, reason: str) -> None:
    """Each kind of unusable file has its own message."""
    with pytest.raises(ArticleError) as caught:
        read(data)
    assert caught.value.reason == reason


@pytest.mark.parametrize("garbage", ["(cid:12)", "\ue123", "\ufffd"])
def test_fonts_that_do_not_tell_their_characters(monkeypatch: pytest.MonkeyPatch, garbage: str) -> None:
    """A fifth of the glyphs without meaning is borne, one more is an error."""
    page = "a" * 40 + garbage * 10
    monkeypatch.setattr(pdf, "_extract", lambda *arguments: ("", [page]))
    assert read(b"%PDF-").text == page
    monkeypatch.setattr(pdf, "_extract", lambda *arguments: ("", [page + garbage]))
    with pytest.raises(ArticleError, match="fonts that do not tell their characters"):
        read(b"%PDF-")


def test_page_limit() -> None:
    """One page more than the limit is refused."""
    assert list(read_articles("a.pdf", make([FRENCH] * 2), Limits(pages=2)))
    with pytest.raises(ArticleError, match="has 3 pages; the limit is 2: split it"):
        list(read_articles("a.pdf", make([FRENCH] * 3), Limits(pages=2)))


def test_pdfium_is_used_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """PDFium is not thread-safe: the lock is held while pages are read, and free again after an error."""
    monkeypatch.setattr(pdf, "_page_text", lambda *arguments: f"Le verrou est pris : {pdf._PDFIUM.locked()}.")
    assert read(make([FRENCH])).text == "Le verrou est pris : True."
    with pytest.raises(ArticleError):
        read(b"%PDF-")
    assert not pdf._PDFIUM.locked()
