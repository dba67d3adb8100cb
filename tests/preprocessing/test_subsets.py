import dataclasses

import pytest

from preprocessing.clip import Clip
from preprocessing.subsets import subsets
from preprocessing.survey import Survey

PUBLISHED = {
    "casme": {"STANet": 171, "SHCNN": 180},
    "casme2": {"STANet": 246, "SHCNN": 246, "STRCN": 256, "REGION, its part of MEGC 2019": 145},
    "smic": {"STANet": 164, "STRCN": 164, "REGION, its part of MEGC 2019": 164},
    "samm": {"SHCNN": 133, "STRCN": 159, "REGION, its part of MEGC 2019": 133},
    "megc2019": {"REGION": 442},
    "megc2019_flow": {"REGION": 442},
    "fer2013": {"SHCNN": 35887},
    "ferplus": {"SHCNN": 23974 + 3069 + 3024},
    "mmew": {},
}  # fmt: skip


@pytest.mark.parametrize("corpus", PUBLISHED)
def test_each_paper_expects_its_published_number_of_clips(corpus: str) -> None:
    found = subsets(corpus, Survey(corpus=corpus, clips=()), ())
    assert {subset.paper: subset.published for subset in found} == PUBLISHED[corpus]
    assert not any(subset.complete or subset.num_clips for subset in found)


def test_lost_clips_and_those_of_other_emotions_do_not_count() -> None:
    clip = Clip(corpus="casme", subject="sub01", filename="a", frames=(), onset=1, apex=None, offset=2, emotion="tense")
    clips = (clip, dataclasses.replace(clip, filename="b"), dataclasses.replace(clip, filename="c", emotion="happiness"))
    stanet, shcnn = subsets("casme", Survey(corpus="casme", clips=clips), {"casme/sub01/b"})
    assert (stanet.num_clips, stanet.num_usable, shcnn.num_clips, shcnn.num_usable) == (2, 1, 3, 2)
    assert str(stanet) == "STANet, casme_4: 1 of 171 clips (2 labelled)"


def test_the_composite_is_compared_by_name_and_label() -> None:
    clip = Clip(corpus="smic", subject="s01", filename="s01_ne_99", frames=(), onset=1, apex=None, offset=2, emotion="negative")
    *_, part = subsets("smic", Survey(corpus="smic", clips=(clip,)), ())
    assert part.sample_set is not None and part.sample_set[-1] == "extra: smic/s01/s01_ne_99"
    assert any(line.startswith("missing: 3 negative clip(s) of smic/s01") for line in part.sample_set)
    assert not any("casme2" in line for line in part.sample_set) and "not those of the official list" in str(part)
