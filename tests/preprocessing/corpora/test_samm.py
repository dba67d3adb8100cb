from pathlib import Path

import openpyxl
import pytest

from preprocessing.corpora import samm
from preprocessing.counts import check
from tests.preprocessing.corpora.made_up import Video, full_size, write_samm


def test_the_header_stands_below_13_notes(tmp_path: Path) -> None:
    clips = samm.read(write_samm(tmp_path, [Video(6, "006_made_up", "other", onset=5562, apex=5570, offset=5572)]))
    assert [(clip.key, clip.emotion, clip.apex, len(clip.frames)) for clip in clips] == [("samm/006/006_made_up", "Other", 5570, 11)]
    assert clips[0].frames[0].path == tmp_path / "SAMM/006/006_made_up/006_05562.jpg"


@pytest.mark.parametrize("digits", [4, 5])
def test_the_folder_may_be_named_itself_and_padding_may_vary(tmp_path: Path, digits: int) -> None:
    root = write_samm(tmp_path / "corpus", [Video(13, "013_made_up", "anger", onset=998, apex=1000, offset=1001)], digits=digits)
    (root / "SAMM_Micro_FACS_Codes_v2.xlsx").rename(root / "SAMM/SAMM_Micro_FACS_Codes_v2.xlsx")
    assert [frame.number for frame in samm.read(root / "SAMM")[0].frames] == [998, 999, 1000, 1001]
    (root / "SAMM").rename(root / "elsewhere")
    assert [frame.number for frame in samm.read(root / "elsewhere")[0].frames] == [998, 999, 1000, 1001]


def test_subjects_may_be_numbers_in_the_sheet(tmp_path: Path) -> None:
    root = write_samm(tmp_path, [Video(6, "006_made_up", "other")])
    path = root / "SAMM_Micro_FACS_Codes_v2.xlsx"
    book = openpyxl.load_workbook(path)
    book["MICRO_ONLY"].cell(15, 1).value = 6
    book.create_sheet("first", 0)
    book.save(path)
    assert samm.read(root)[0].subject == "006"


def test_published_errors_are_corrected(tmp_path: Path) -> None:
    videos = [
        Video(28, "028_4_1", "anger", onset=1100, apex=1143, offset=1134),
        Video(32, "032_3_1", "anger", onset=4896, apex=1930, offset=4990),
    ]
    root = write_samm(tmp_path, videos)
    assert {clip.filename: clip.apex for clip in samm.read(root)} == {"028_4_1": 1105, "032_3_1": 4945}
    raw = samm.survey(root, patches=False)
    assert [clip.apex for clip in raw.clips] == [None, None] and len(raw.of_kind("apex")) == 2
    one = samm.survey(root, skip_patches="028/028_4_1/apex")
    assert [clip.apex for clip in one.clips] == [None, 4945] and dict(one.patches)["028/028_4_1/apex"] == "switched off"
    assert all(patch.source for patch in samm.PATCHES)


def test_full_size_has_the_published_counts_of_every_task(tmp_path: Path) -> None:
    clips = samm.read(write_samm(tmp_path, full_size("samm/samm_4")))
    assert len(clips) == 159 and check("samm", "samm_4", clips).official and check("samm", "samm_3", clips).official
    assert str(check("samm", "samm_3", clips)).startswith("samm/samm_3: 133 clips, 28 subjects: the official 133")
