"""Browser: a headless Chromium, and the dashboards served in this process for it. Nothing leaves loopback."""

import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
)  # fmt: skip
OF_NO_GPU = ("software WebGL", "GL Driver Message")
PATIENCE_S = 120.0
"""For a page to be drawn: a hundred times what it takes on an idle machine."""


def missing() -> str:
    """Why no browser can be started here; empty if one can."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"needs {' and '.join(absent)}: apt-get install chromium chromium-driver" if absent else ""


@contextmanager
def chromium(*, width: int = 1280, height: int = 900) -> Iterator[webdriver.Chrome]:
    """A browser with a fresh profile; its console and its requests are recorded."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(prefix="losotune-chromium-") as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            driver.set_page_load_timeout(PATIENCE_S)
            yield driver
        finally:
            driver.quit()


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The application on a free port of loopback: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not server.started:
            assert time.monotonic() < deadline and thread.is_alive(), "the server did not start"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


def resize(driver: webdriver.Chrome, width: int, height: int) -> None:
    """The size of what is seen, also below the 500 pixels that a window has at least."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def opened(driver: webdriver.Chrome) -> None:
    """Wait until the page is loaded and every figure in view is drawn."""
    script = """return document.readyState === 'complete' && [...document.querySelectorAll('[data-figure]')].every(place =>
      place.getBoundingClientRect().top > innerHeight || place.querySelector('.main-svg'))"""
    _wait(driver, lambda driver: bool(driver.execute_script(script)))


def drawn(driver: webdriver.Chrome) -> int:
    """Have every figure of the page drawn, as for a printer; how many there are."""
    script = "return [document.querySelectorAll('[data-figure]').length, document.querySelectorAll('[data-figure] .main-svg').length]"

    def ready(driver: webdriver.Chrome) -> bool:
        places, drawings = driver.execute_script(script)
        return not places or drawings >= places

    opened(driver)
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    _wait(driver, ready)
    return int(driver.execute_script(script)[0])


def _wait(driver: webdriver.Chrome, ready: Callable[[webdriver.Chrome], bool]) -> None:
    WebDriverWait(driver, PATIENCE_S, poll_frequency=0.05).until(ready)


def complaints(driver: webdriver.Chrome) -> list[str]:
    """What the console said since the last call, without information and without what every machine without a GPU says."""
    entries = [entry["message"] for entry in driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    return [entry for entry in entries if not any(known in entry for known in OF_NO_GPU)]


def requests(driver: webdriver.Chrome) -> list[str]:
    """Every address that pages asked for since the last call; what the browser's own first page shows does not count."""
    messages: list[dict[str, Any]] = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [address for address in asked if not address.startswith(("chrome:", "chrome-untrusted:"))]


def capture(driver: webdriver.Chrome, path: Path, *, most: int) -> None:
    """The page from its top, at most so many pixels of it, as a PNG of 256 colours."""
    import base64
    import io

    from PIL import Image

    size = driver.execute_script("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
    area = {"x": 0, "y": 0, "width": size[0], "height": min(size[1], most), "scale": 1}
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True, "clip": area})
    image = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
