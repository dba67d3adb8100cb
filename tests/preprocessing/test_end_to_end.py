"""Every corpus, synthesized in its official layout at reduced size, through its reader, the doctor, and a build on Ray."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from preprocessing import corpora, pipelines
from preprocessing.build import build
from preprocessing.diagnosis import diagnose
from preprocessing.options import Plain, resolve
from preprocessing.shards import Shards
from preprocessing.synthesis import layouts
from preprocessing.synthesize import make_settings, synthesize

CHEAP: dict[str, dict[str, Plain]] = {  # pipeline -> constants that make it quick; the chain is that of the paper
    "shcnn": {"flow": "dis", "faces": "crop"},
    "region": {},
    "strcn_a": {"face_height": 70, "face_width": 58, "augment": True},
    "strcn_g": {"face_height": 70, "face_width": 58, "height": 75, "width": 61, "flow": "dis"},
    "flow_sequence": {"size": 64, "num_frames": 5, "flow": "dis"},
    "onset_apex_flow": {"flow_size": 56, "flow": "dis"},
    "lbp_top": {"face_height": 70, "face_width": 58},
    "bi_woof": {"flow_size": 84, "flow": "dis"},
    "mdmo": {"flow_size": 84, "flow": "dis", "num_frames": 5},
}
SHAPES: dict[str, tuple[int, ...]] = {
    "shcnn": (3, 112, 112), "region": (4, 220, 220), "strcn_a": (30, 3, 64, 48), "strcn_g": (2, 75, 61), "flow_sequence": (4, 2, 64, 64),
    "onset_apex_flow": (3, 28, 28), "lbp_top": (25 * 3 * 59,), "bi_woof": (25 * 8,), "mdmo": (72,),
}  # fmt: skip


def made(corpus: str, root: Path, **others: int) -> Path:
    limits: dict[str, Any] = {"subjects": 2, "clips_per_subject": 2, "max_frames": 5, **others}
    settings = make_settings(corpus, **limits)
    return synthesize(settings, root, progress=False).root


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("corpus", layouts.names())
def test_a_synthesized_corpus_goes_through_reader_doctor_and_build(corpus: str, local_ray: None, tmp_path: Path) -> None:
    root = made(corpus, tmp_path / corpus)
    module = corpora.load(corpus)
    options = resolve(module.OPTIONS, {}, corpus)
    diagnosis = diagnose(corpus, root=root, options=options, images=True, progress=False)
    clips = module.read(root, **options)
    usable = [clip for clip in clips if clip.frames]
    cheap = CHEAP.get(pipelines.default_for(corpus), {})
    shards = build(corpus, root=root, home=tmp_path / "home", options=cheap, num_workers=1, progress=False)
    assert usable and len(shards) + len(shards.quarantine) == len(clips), str(diagnosis)
    assert {row.key for row in shards.rows} == {clip.key for clip in usable}, shards.quarantine
    assert Counter(row.emotion for row in shards.rows) == Counter(clip.emotion for clip in usable)
    assert all(np.ptp(shards.clip_tensor(at).astype(np.float64)) > 0 for at in range(len(shards)))


@pytest.fixture(scope="module")
def casme2_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("casme2", tmp_path_factory.mktemp("corpora") / "casme2", max_frames=8)


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.parametrize("pipeline", sorted(CHEAP))
def test_every_papers_pipeline_makes_its_tensors_of_faces(pipeline: str, local_ray: None, casme2_root: Path, tmp_path: Path) -> None:
    def run(home: str, num_workers: int) -> Shards:
        where = tmp_path / home
        return build(
            "casme2", root=casme2_root, home=where, pipeline=pipeline, options=CHEAP[pipeline], num_workers=num_workers, progress=False
        )

    shards = run("a", 2)
    assert not shards.quarantine and shards.channels == pipelines.load(pipeline).channels
    for at, row in enumerate(shards.rows):
        tensor = shards.clip_tensor(at)
        frames = tensor.shape[1:] if pipeline in ("shcnn", "region") else tensor.shape
        assert frames == SHAPES[pipeline] and np.ptp(tensor.astype(np.float64)) > 0, row.key
    if pipeline == "strcn_a":
        copies = [row for row in shards.rows if row.copy_of]
        assert len(copies) == 49 * (len(shards) - len(copies)) and {row.copy_of for row in copies} <= {row.key for row in shards.rows}
    assert run("b", 1).digest == shards.digest and any((tmp_path / "a" / "intermediates").rglob("*.npy")) is (pipeline != "region")
