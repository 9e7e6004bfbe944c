"""Bytes of unknown encoding: what is guessed, what is declared, what is refused."""

from __future__ import annotations

import pytest

from ingest.formats.encodings import decode, detect
from retrieval.errors import ArticleError

SIMPLIFIED = {
    "news": "新华社消息：受强降雨影响，昨天部分列车晚点，铁路部门已安排人员为旅客办理退票，预计今晚恢复正常。",
    "recipe": "将鸡蛋打散，加入少许盐和葱花搅匀；锅中放两勺油烧热，倒入蛋液，小火煎至两面金黄，趁热吃味道最好。",
    "poem": "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n白日依山尽，黄河入海流。欲穷千里目，更上一层楼。",
    "technical": "运行 install.sh 之前，请先检查 Python 的版本；如果编译器报错，把日志文件 error.log 发给管理员。",
}
TRADITIONAL = {
    "news": "中央社臺北報導：受颱風影響，今天上午多條鐵路列車停駛，呼籲旅客留意氣象局發布的最新消息與退票辦法。",
    "recipe": "將雞蛋打散，加入少許鹽與蔥花攪勻；鍋中放兩匙油燒熱，倒入蛋液，以小火煎至兩面金黃，趁熱吃味道最好。",
    "poem": "床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。\n白日依山盡，黃河入海流。欲窮千里目，更上一層樓。",
    "technical": "執行 install.sh 之前，請先檢查 Python 的版本；若編譯器發生錯誤，請把記錄檔 error.log 寄給管理員。",
}
FRENCH = {
    "news": "L’été dernier, les élèves du collège ont été reçus à l’Élysée : « Ça nous a émus », dit la déléguée.",
    "recipe": "Pelez les pommes, râpez un zeste de citron, ajoutez la crème à 5 € et gratinez à 180 °C, côté doré.",
    "poem": "Où êtes-vous, forêts célèbres, grèves désertées ?\nL’âme s’y mêlait à l’écume, et le cœur à l’éternité.",
    "technical": "LE PARAMÈTRE « DÉLAI » EST RÉGLÉ À 20 % ; EN CAS D’ÉCHEC, RÉESSAYEZ APRÈS ARRÊT DE LA CHAÎNE.",
}
ENGLISH = {
    "news": "The mayor said: “We didn’t expect this.” Repairs will cost £1.2 million – twice the first estimate.",
    "recipe": "Heat the oven to 20°C for proving, then 220°C for baking; the café’s crème brûlée needs 30 minutes.",
    "poem": "O’er the hill the morning’s breaking — hush — the river’s song is waking, ‘tis a naïve dream’s forsaking.",
    "technical": "Set the laser to 650 nm ± 5 nm (red) and keep the sensor below 40°C at ½ load.",
}
CASES = [
    pytest.param(text, codec, id=f"{codec}-{kind}")
    for texts, codec in ((SIMPLIFIED, "gb18030"), (TRADITIONAL, "big5hkscs"), (FRENCH, "cp1252"), (ENGLISH, "cp1252"))
    for kind, text in texts.items()
]


@pytest.mark.parametrize(("text", "codec"), CASES)
def test_legacy_encodings_are_told_apart(text: str, codec: str) -> None:
    """A whole text, its first forty characters and a long repetition decode to what was encoded."""
    for sample in (text, text[:40], (text + "\n") * (600_000 // len(text))):
        assert decode("a.txt", sample.encode(codec)) == sample


@pytest.mark.parametrize(("text", "codec"), CASES)
def test_a_text_cut_inside_a_character_stays_readable(text: str, codec: str) -> None:
    """One broken byte at the end costs one character, not the encoding."""
    data = (text + "€é中"[0 if codec == "cp1252" else 2]).encode(codec)[:-1]
    assert decode("a.txt", data).startswith(text)


@pytest.mark.parametrize("text", ["Été, cœur", "北京欢迎你", "臺北", "naïve – 5 €"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_with_and_without_mark(text: str, codec: str) -> None:
    """UTF-8 needs no mark; a mark is honoured and is not part of the text."""
    assert decode("a.txt", text.encode(codec)) == text


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["L’été à la mer.", "第一行：北京欢迎你\n第二行：上海欢迎你 2024\n"])
def test_utf16_without_mark_shows_in_its_nuls(text: str, codec: str) -> None:
    """Western text is half NULs; Chinese text has them in its line ends and figures only."""
    assert decode("a.txt", text.encode(codec)) == text


def test_utf8_with_one_broken_byte_is_still_utf8() -> None:
    """The broken byte becomes U+FFFD and every other character is right."""
    assert decode("a.txt", "déjà vu, naïf, 北京".encode() + b"\xff") == "déjà vu, naïf, 北京\ufffd"


def test_stray_nuls_do_not_make_utf16() -> None:
    """One NUL in a Western file of even length is dirt, not UTF-16."""
    text = "les élèves, déjà là\0, de la forêt célèbre." + " et de la mer" * 4
    assert len(text) % 2 == 0
    assert decode("a.txt", text.encode("cp1252")) == text


def test_western_bytes_that_chinese_would_take() -> None:
    """Words whose accents pair with the next letter are valid GB 18030 and stay French."""
    for word in ("célèbre", "préféré", "éléphant", "10 °C"):
        assert detect(word.encode("cp1252")) == "cp1252"


@pytest.mark.parametrize(
    ("declared", "text"), [("gb2312", "镕"), ("big5", "茶"), ("windows-1251", "чай"), ("shift_jis", "お茶")]
)
def test_declared_encoding_is_honoured(declared: str, text: str) -> None:
    """What a page declares decides where it fits, GB 2312 standing for all of GB 18030."""
    codec = {"gb2312": "gb18030"}.get(declared, declared)
    assert decode("a.html", text.encode(codec), declared) == text


@pytest.mark.parametrize("declared", ["gbk", "iso-8859-1", "utf-16", "rot13", "no-such-thing", "", None])
def test_declaration_that_cannot_be_true_is_ignored(declared: str | None) -> None:
    """A wrong, a meaningless or an unknown declaration does not spoil UTF-8 text."""
    assert decode("a.html", "thé vert €".encode(), declared) == "thé vert €"


def test_binary_data_is_refused() -> None:
    """A picture named .txt gives a clear error."""
    with pytest.raises(ArticleError, match="holds binary data"):
        decode("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
