import os
import platform
from pathlib import Path

import numpy as np
import psutil

from preprocessing.build import finish
from preprocessing.part_workers import peak_bytes
from preprocessing.plan import make_plan
from preprocessing.resume import prepare
from preprocessing.shards import MANIFEST, Shards


def built(home: Path, peaks: dict[str, int]) -> Shards:
    plan = make_plan("synthetic", root=None, pipeline=None, options={"max_subjects": 2, "size": 16})
    return finish(prepare(plan, home), num_workers=0, progress=False, peak_bytes=peaks)


def test_a_build_tells_the_memory_of_its_workers_and_no_file_holds_it(tmp_path: Path) -> None:
    peaks: dict[str, int] = {}
    shards = built(tmp_path, peaks)
    (worker, peak), *others = peaks.items()
    assert worker == f"{platform.node()}/{os.getpid()}" and not others
    assert 0.5 * psutil.Process().memory_info().rss < peak < psutil.virtual_memory().total
    assert worker not in (shards.folder / MANIFEST).read_text() and str(peak) not in (shards.folder / MANIFEST).read_text()
    again: dict[str, int] = {}
    assert built(tmp_path, again).digest == shards.digest and not again, "a finished build has no workers"


def test_peak_memory_is_in_bytes_and_stays_when_memory_is_freed() -> None:
    before = peak_bytes()
    held = np.ones(before // 8 + 5_000_000)  # more than has ever been resident
    after = peak_bytes()
    assert after > before and abs(after - before) < 2 * held.nbytes
    del held
    assert peak_bytes() >= after
