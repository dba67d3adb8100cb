"""HTML: renders pages, one to be served or several as one file that needs nothing else. The only place that knows HTML and addresses."""

import base64
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import plotly
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from dashboards.page import Block, Cell, Column, Figure, Link, Page, Picture

HERE = Path(__file__).parent
STATIC: Mapping[str, tuple[Path, str]] = {
    "style.css": (HERE / "static" / "style.css", "text/css"),
    "figures.js": (HERE / "static" / "figures.js", "text/javascript"),
    "plotly.min.js": (Path(plotly.__file__).parent / "package_data" / "plotly.min.js", "text/javascript"),
}
"""What a served page loads, from this machine alone: name -> file and type."""


@dataclass(frozen=True, kw_only=True)
class Navigation:
    """What stands above a served page."""

    site: tuple[Link, ...] = ()
    """The same on every page."""
    sweep: str = ""
    """The sweep whose pages follow."""
    pages: tuple[Link, ...] = ()
    tools: tuple[Link, ...] = ()
    """Other programs: MLflow, Optuna's dashboard."""
    current: str = ""
    """The address that is being looked at."""


@dataclass(frozen=True)
class Shown:
    """A cell as it is written."""

    text: str
    url: str | None = None
    number: bool = False


@dataclass
class _Context:
    """What templates ask for while they render one document."""

    anchors: Collection[str] | None = None
    """Of a report: the pages in it. None where the page is served."""
    figures: int = field(default=0)

    def shown(self, cell: Cell, column: Column) -> Shown:
        if isinstance(cell, Link):
            return Shown(cell.text, self.url(cell.url))
        if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
            return Shown("–", number=True)
        if isinstance(cell, float):
            return Shown(format(cell, column.form), number=True)
        return Shown(f"{cell:,}", number=True) if isinstance(cell, int) and not isinstance(cell, bool) else Shown(str(cell))

    def url(self, url: str) -> str | None:
        """In a report, pages that it holds become anchors and other addresses of the server plain text."""
        if self.anchors is None or not url.startswith("/"):
            return url
        last = url.rsplit("/", 1)[1]
        return f"#{last}" if last in self.anchors else None

    def number(self) -> int:
        """A new number for a figure."""
        self.figures += 1
        return self.figures

    @staticmethod
    def json(block: Figure) -> Markup:
        """A figure's JSON, harmless inside a script element."""
        return Markup(block.figure.to_json().replace("<", "\\u003c"))

    @staticmethod
    def data(block: Picture) -> str:
        return "data:image/png;base64," + base64.b64encode(block.png).decode("ascii")

    @staticmethod
    def kind(block: Block) -> str:
        return type(block).__name__.lower()

    @staticmethod
    def paragraphs(text: str) -> list[str]:
        return [part.strip() for part in text.split("\n\n") if part.strip()]


def render(page: Page, navigation: Navigation) -> str:
    """One page as the server gives it."""
    return _template("page.html").render(page=page, navigation=navigation, use=_Context(), drawn=_drawn([page]), plotly=plotly.__version__)


def report(pages: Sequence[Page], *, title: str, made: str) -> str:
    """Pages as one file: style, figures and the code that draws them are inside. ``made`` says when and from what."""
    use = _Context(anchors={page.name for page in pages})
    inside = {name: Markup(_inline(path.read_text(encoding="utf-8"))) for name, (path, _) in STATIC.items() if name != "plotly.min.js"}
    code = Markup(_inline(get_plotlyjs())) if _drawn(pages) else ""
    return _template("report.html").render(pages=pages, title=title, made=made, use=use, inside=inside, plotly=code)


def _inline(code: str) -> str:
    """Code that cannot end the element it stands in."""
    return code.replace("</script", "<\\/script").replace("</style", "<\\/style")


def _drawn(pages: Sequence[Page]) -> bool:
    return any(isinstance(block, Figure) for page in pages for block in page.blocks)


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _template(name: str) -> Any:
    return _environment().get_template(name)
