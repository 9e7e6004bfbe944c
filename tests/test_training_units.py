"""The writers' units: the check finds what the brief forbids, and the committed units pass it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.corpus import read_units
from training.units import main, parse

ENGLISH = "The lighthouse of Cordouan stands at the mouth of the Gironde and was finished in 1611. " * 4
FRENCH = "Le phare de Cordouan se dresse à l'embouchure de la Gironde et fut achevé en 1611. " * 4
CHINESE = "科尔杜昂灯塔矗立在吉伦特河口，于1611年建成，是法国现存最古老的灯塔。" * 3
QUESTIONS = [
    "? When was the Cordouan lighthouse completed? || 1611",
    "? Quand le phare de Cordouan a-t-il été terminé ? || 1611",
    "? 科尔杜昂灯塔哪一年完工？ || 1611年",
] * 3


def unit(**changes: str) -> str:
    """Return a sound unit with some lines replaced, by number."""
    lines = ["=== Cordouan || Cordouan || 科尔杜昂", f"en: {ENGLISH}", f"fr: {FRENCH}", f"zh: {CHINESE}", *QUESTIONS]
    for place, line in changes.items():
        lines[int(place.removeprefix("line"))] = line
    return "\n".join(lines)


def test_a_sound_unit_has_no_faults() -> None:
    """Everything is read into its place."""
    parsed, faults = parse(unit())
    assert faults == []
    assert parsed["topic"] == {"en": "Cordouan", "fr": "Cordouan", "zh": "科尔杜昂"}
    assert len(parsed["questions"]) == 3
    assert parsed["questions"][2]["answer"] == {"en": "1611", "fr": "1611", "zh": "1611年"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"line4": "? When was it completed? || 1612"}, "'1612' is not in the en passage"),
        ({"line4": "? 何时建成的呢？ || 1611"}, "not a question in en"),
        ({"line6": "? 何时？ || 1611年"}, "not a question in zh"),
        ({"line4": "? Was the lighthouse finished in 1611? || 1611"}, "gives its own answer"),
        ({"line2": f"de: {FRENCH}"}, "no passage in fr"),
        ({"line1": "en: Too short, 1611."}, "too short or too long"),
        ({"line0": "Cordouan"}, "a title in three languages expected"),
    ],
)
def test_faults_are_named(changes: dict[str, str], fault: str) -> None:
    """One fault, one message."""
    assert any(fault in message for message in parse(unit(**changes))[1])


def test_the_command_keeps_sound_units(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The faulty one is reported with file and number."""
    file = tmp_path / "w1.txt"
    file.write_text(unit() + "\n\n" + unit(line4="? When was it completed? || 1612"), "utf-8")
    main([str(file)])
    printed = capsys.readouterr()
    assert [json.loads(line)["id"] for line in printed.out.splitlines()] == ["w1-01"]
    assert "w1.txt unit 2" in printed.err


def test_the_committed_units_hold_their_answers() -> None:
    """In all three languages, at least a thousand of them."""
    units = read_units()
    assert len(units) > 1000
    assert len({unit["id"] for unit in units}) == len(units)
    for each in units:
        assert len(each["questions"]) == 3
        for question in each["questions"]:
            assert all(question["answer"][told] in each["passage"][told] for told in ("en", "fr", "zh"))
