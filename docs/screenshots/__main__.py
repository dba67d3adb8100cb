"""Takes the pictures of docs/dashboards.md: every page of a home's sweep, in a headless Chromium.

python -m docs.screenshots --home /shared/losotune --sweep fhofo-megc2019_flow-b48ebf22
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from selenium.webdriver import Chrome

from dashboards import addresses
from dashboards.app import PAGES, app
from dashboards.completion import complete
from dashboards.runs import Runs
from docs.screenshots.browser import capture, chromium, complaints, drawn, resize, served

IMAGES = Path(__file__).resolve().parents[1] / "images"
WIDTH, HEIGHT, MOST = 1280, 900, 2400
NARROW = "narrow"


def main(argv: Sequence[str] | None = None) -> int:
    """The entry point."""
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="a home with the sweep")
    parser.add_argument("--sweep", required=True, help="its name")
    parser.add_argument("--only", nargs="+", default=[], help=f"these alone: sweeps, papers, {', '.join(PAGES)}, {NARROW}")
    parser.add_argument("--clip", help="key of the clip of the page Clip; default: the hardest")
    parser.add_argument("--prefix", default="dashboard", help="of the files' names; default: dashboard")
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder of the images; default: docs/images")
    given = parser.parse_args(argv)
    runs = Runs(given.home)
    complete(runs, runs.listed(given.sweep))
    pages = {"sweeps": addresses.HOME, "papers": addresses.PAPERS, **{page: addresses.sweep(given.sweep, page) for page in PAGES}}
    pages |= {"clip": addresses.sweep(given.sweep, "clip", key=given.clip), NARROW: addresses.sweep(given.sweep, "honesty")}
    with served(app(given.home, mlflow_url="http://127.0.0.1:5000", optuna_url="http://127.0.0.1:8080")) as site, chromium() as driver:
        for page, address in pages.items():
            if not given.only or page in given.only:
                path = given.out / f"{given.prefix}-{page}.png"
                _take(driver, site + address, path, narrow=page == NARROW)
    return 0


def _take(driver: Chrome, address: str, path: Path, *, narrow: bool) -> None:
    """One page, or one on a narrow screen in the dark."""
    resize(driver, *((390, 844) if narrow else (WIDTH, HEIGHT)))
    scheme = {"name": "prefers-color-scheme", "value": "dark" if narrow else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(address)
    figures = drawn(driver)
    capture(driver, path, most=844 if narrow else MOST)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, {figures} figures", file=sys.stderr, flush=True)
    for line in complaints(driver):
        print(f"  console: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
