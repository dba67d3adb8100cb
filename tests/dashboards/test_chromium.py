"""Every page as a person sees it: a real small sweep, served by ``dashboards.serve`` with a real MLflow, in a real headless Chromium."""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from dashboards import addresses
from dashboards.app import PAGES, app
from dashboards.report import FILE, report, write
from dashboards.runs import Runs
from docs.screenshots.browser import PATIENCE_S, chromium, complaints, drawn, missing, requests, resize, served
from orchestrator.results import SweepResult
from tests.orchestrator.ray_examples import Running, until

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

OUTLINE = "return parseFloat(getComputedStyle(arguments[0]).outlineWidth)"
NARROW = (360, 740)
SIZES = """return [...document.querySelectorAll('[data-figure]')].map(place => {
  const boxes = [...place.querySelectorAll('svg.main-svg, canvas')].map(each => each.getBoundingClientRect());
  return [Math.max(...boxes.map(box => box.width)), Math.max(...boxes.map(box => box.height))];
})"""
TOO_WIDE = """const wide = document.documentElement.clientWidth;
return document.documentElement.scrollWidth <= wide ? [] : [...document.querySelectorAll('body *')]
  .filter(each => each.getBoundingClientRect().right > wide + 1 && !each.closest('.scroll'))
  .slice(0, 3).map(each => each.outerHTML.slice(0, 120))"""
CONTRAST = """const light = colour => {
  const [r, g, b] = colour.match(/[\\d.]+/g).map(part => part / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const style = getComputedStyle(document.body), [a, b] = [light(style.color), light(style.backgroundColor)];
return (Math.max(a, b) + .05) / (Math.min(a, b) + .05)"""


@dataclass(frozen=True)
class Site:
    """Where the pages of the small sweep are, and MLflow's."""

    pages: str
    mlflow: str
    sweep: str

    def page(self, name: str) -> str:
        return self.pages + addresses.sweep(self.sweep, name)


@pytest.fixture(scope="module")
def site(swept: tuple[Path, SweepResult], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home, result = swept
    command = (sys.executable, "-u", "-m", "dashboards.serve", "--home", str(home), "--port", "18000")
    running = Running(command, tmp_path_factory.mktemp("serve"))
    try:
        pages, mlflow = (until(partial(told, running, name), name, running) for name in ("pages", "MLflow"))
        yield Site(pages[1], mlflow[1], result.name)
        assert running.process.poll() is None, f"it ended by itself: {running.err[-2000:]}"
    finally:
        running.process.terminate()
        running.process.wait(PATIENCE_S)
        running.end()


def told(running: Running, name: str) -> re.Match[str] | None:
    """The address that was printed, if it was."""
    return re.search(rf"^{name}: (http\S+)", running.out, re.M)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as driver:
        yield driver


def visit(browser: Chrome, address: str, width: int = 1280, height: int = 900) -> int:
    """Open a page; how many figures it has, all of them drawn."""
    resize(browser, width, height)
    complaints(browser), requests(browser)  # of pages before
    browser.get(address)
    return drawn(browser)


def too_wide(browser: Chrome) -> list[str]:
    """What reaches beyond a narrow screen, once figures have had their time to follow."""
    resize(browser, *NARROW)
    deadline = time.monotonic() + PATIENCE_S / 4
    while (found := list(browser.execute_script(TOO_WIDE))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("name", ["/", "/papers", *PAGES])
def test_a_page_is_drawn_without_a_complaint_and_fits_a_narrow_screen(name: str, site: Site, browser: Chrome) -> None:
    num_figures = visit(browser, site.pages + name if name.startswith("/") else site.page(name))
    assert complaints(browser) == []
    assert num_figures >= (2 if name in PAGES else 0)
    assert all(width > 200 and height > 60 for width, height in browser.execute_script(SIZES))
    assert not browser.find_elements(By.CSS_SELECTOR, "[data-title^='Share']"), "Plotly must not offer to upload a chart"
    assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1
    asked = requests(browser)
    assert asked and {urlsplit(address).hostname for address in asked if address.startswith("http")} == {"127.0.0.1"}
    assert not [address for address in asked if not address.startswith(("http://127.0.0.1", "data:", "blob:"))]
    assert too_wide(browser) == []


def test_one_click_leads_to_the_run_in_mlflow(site: Site, browser: Chrome) -> None:
    visit(browser, site.pages)
    browser.find_element(By.LINK_TEXT, "run").click()
    WebDriverWait(browser, PATIENCE_S).until(lambda driver: driver.current_url.startswith(f"{site.mlflow}/#/experiments/"))
    WebDriverWait(browser, PATIENCE_S).until(lambda driver: site.sweep in driver.find_element(By.TAG_NAME, "body").text)


def test_the_keyboard_alone_leads_through_the_pages(site: Site, browser: Chrome) -> None:
    visit(browser, site.page("sweep"))
    reached = []
    for _ in range(20):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.switch_to.active_element)
        assert browser.execute_script("return parseFloat(getComputedStyle(arguments[0]).outlineWidth)", reached[-1]) >= 2, (
            "the focus is seen"
        )
        if reached[-1].text == "Honesty":
            break
    assert str(reached[0].get_attribute("href")).endswith("#content"), "first, the way past the navigation"
    reached[-1].send_keys(Keys.ENTER)
    WebDriverWait(browser, PATIENCE_S).until(lambda driver: driver.current_url.endswith("/honesty"))


def test_a_hard_clip_is_two_clicks_from_its_subject(site: Site, browser: Chrome) -> None:
    visit(browser, site.page("subjects"))
    link = browser.find_element(By.CSS_SELECTOR, "a[href*='/clip?key=']")
    key = link.text
    link.click()
    WebDriverWait(browser, PATIENCE_S).until(lambda driver: driver.find_element(By.TAG_NAME, "h1").text == f"Clip {key}")
    drawn(browser)
    browser.find_element(By.LINK_TEXT, "oracle").click()
    WebDriverWait(browser, PATIENCE_S).until(lambda driver: "rule=oracle" in driver.current_url)
    assert "it explains, it does not measure" in browser.find_element(By.CSS_SELECTOR, ".callout").text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_paper(scheme: str, site: Site, browser: Chrome) -> None:
    features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    visit(browser, site.page("honesty"))
    assert browser.execute_script(CONTRAST) > 7  # WCAG AAA
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_an_empty_home_says_what_to_do(tmp_path: Path, browser: Chrome) -> None:
    with served(app(tmp_path / "new")) as address:
        visit(browser, address)
        assert f"python -m orchestrator.sweep stanet --home {tmp_path / 'new'}" in browser.find_element(By.TAG_NAME, "main").text
        assert complaints(browser) == []
    assert not (tmp_path / "new").exists(), "looking changes nothing"


def test_the_report_is_drawn_from_one_file_without_a_server(swept: tuple[Path, SweepResult], tmp_path: Path, browser: Chrome) -> None:
    home, result = swept
    write(tmp_path, report(Runs(home), result.name))
    num_figures = visit(browser, (tmp_path / FILE).as_uri())
    assert num_figures >= 10
    assert complaints(browser) == []
    assert all(width > 200 and height > 60 for width, height in browser.execute_script(SIZES))
    assert not browser.find_elements(By.CSS_SELECTOR, "[data-title^='Share']")
    assert not [address for address in requests(browser) if not address.startswith(("file:", "data:", "blob:"))]
    assert too_wide(browser) == []
    browser.execute_script("fetch('http://127.0.0.1:1/')")
    WebDriverWait(browser, PATIENCE_S).until(lambda driver: any("Content Security Policy" in said for said in complaints(driver)))
