"""Every figure of docs/preprocessing.md can be drawn and read, and the text shows exactly the images that there are."""

import re
from pathlib import Path

import cv2
import pytest
from matplotlib.text import Text

from docs.figures.__main__ import FIGURES, IMAGES, draw, main
from docs.figures.material import TINY

TEXT = Path(__file__).resolve().parents[2] / "docs" / "preprocessing.md"
SMALLEST_POINTS = 8


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_and_can_be_read(name: str, tmp_path: Path) -> None:
    figure = draw(name, tmp_path, TINY)
    image = cv2.imread(str(tmp_path / name))
    assert image is not None and image.std() > 5  # something is on it
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text() and text.get_visible()]
    assert texts and not {text.get_text() for text in texts if float(text.get_fontsize()) < SMALLEST_POINTS}


@pytest.mark.parametrize("name", ["frame_subsets.png", "ten_crop.png", "decode.jpg"])
def test_equal_figures_have_equal_bytes(name: str, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        draw(name, tmp_path / folder, TINY)
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_text_and_folder_have_the_images_that_the_script_draws() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(images/([^)]+)\)", TEXT.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(FIGURES) == sorted(path.name for path in _drawn())


def test_images_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in _drawn()}
    assert max(sizes.values()) < 150_000 and sum(sizes.values()) < 1_500_000, sizes


def _drawn() -> list[Path]:
    """The images, without those of the dashboards, which are photographs of pages (tests/docs/test_screenshots.py)."""
    return [path for path in IMAGES.iterdir() if not path.name.startswith("dashboard-")]


def test_an_unknown_figure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nope.png"])
    assert ended.value.code == 2 and "synthesis.jpg" in capsys.readouterr().err
