"""Fixtures: the real flow images where they lie, a small fake of them anywhere, and one local Ray for the session."""

import csv
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def flow_root() -> Path:
    """The public MEGC 2019 flow images; no copy is part of the project."""
    root = Path(os.environ.get("LOSOTUNE_MEGC2019_FLOW", REPOSITORY.parent / "shared" / "data" / "megc2019_flow"))
    if not root.is_dir():
        pytest.skip(f"the MEGC 2019 flow images are not at {root}; set LOSOTUNE_MEGC2019_FLOW")
    return root


@pytest.fixture
def fake_flow(tmp_path: Path) -> Callable[..., Path]:
    """Write a flat flow corpus of random images: rows are (subject, clip, label)."""

    def write(*rows: tuple[str, str, str], name: str = "flow") -> Path:
        root = tmp_path / name
        (root / "STSNet_whole_norm_u_v_os").mkdir(parents=True)
        with (root / "combined_3_class2_for_optical_flow.csv").open("w", newline="") as sheet:
            writer = csv.writer(sheet)
            writer.writerow(["dataset", "sub", "filename_o", "label", "apex", "imagename", "sub_filename"])
            writer.writerows(["", subject, clip, label, "", f"{subject}_{clip}.jpg", ""] for subject, clip, label in rows)
        rng = np.random.default_rng(0)
        for subject, clip, _ in rows:
            if "/" not in clip:
                image = rng.integers(0, 256, (28, 28, 3), dtype=np.uint8)
                cv2.imwrite(str(root / "STSNet_whole_norm_u_v_os" / f"{subject}_{clip} .png"), image)
        return root

    return write


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    """A Ray of two CPUs without dashboard, unless the session has one already."""
    import ray

    ours = not ray.is_initialized()
    if ours:
        ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    yield
    if ours:
        ray.shutdown()
