"""The pictures of docs/dashboards.md: the text shows those that there are, one of every page, none too large to send."""

import re
from pathlib import Path

import pytest

from dashboards.app import PAGES
from docs.screenshots.__main__ import IMAGES, NARROW, main

TEXT = Path(__file__).resolve().parents[2] / "docs" / "dashboards.md"


def test_text_and_folder_have_a_picture_of_every_page() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(images/dashboard-([^)]+)\.png\)", TEXT.read_text(encoding="utf-8"))
    assert {"sweeps", "papers", *PAGES, NARROW} <= set(shown)
    assert sorted(f"dashboard-{name}.png" for name in shown) == sorted(path.name for path in IMAGES.glob("dashboard-*"))


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in IMAGES.glob("dashboard-*")}
    assert max(sizes.values()) < 300_000 and sum(sizes.values()) < 1_500_000, sizes


def test_a_home_without_the_sweep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="'nope'"):
        main(["--home", str(tmp_path), "--sweep", "nope"])
