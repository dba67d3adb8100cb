"""Page: what a page of the dashboards says, as data. Pages are pure functions of data to a ``Page``; ``dashboards.html`` renders them.

Nothing here knows HTML or addresses: the same page is served by ``dashboards.serve`` and put into a report that is mailed.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True, kw_only=True)
class Link:
    """A cell or choice that leads somewhere."""

    text: str
    url: str
    """``http(s)://...`` leads out (MLflow); ``/...`` is a page of the dashboards, which a report shows as plain text or as an anchor."""


Cell = str | int | float | None | Link
"""None and NaN are shown as a dash."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """The head of a column and how its numbers are written."""

    title: str
    form: str = ".4f"
    """Of floats, as ``format`` takes it; whole numbers have thousands separators. Numbers are right-aligned."""
    hint: str = ""
    """What the column means, for those who hover or listen."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Paragraphs, separated by blank lines; plain text, never HTML."""

    text: str
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Callout:
    """A sentence that nobody should miss."""

    text: str
    tone: Tone = "plain"
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of cells under columns."""

    columns: tuple[Column | str, ...]
    """A string is a column with the usual form."""
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    caption: str = ""
    folded: bool = False
    """Long: shown when asked for."""
    tones: tuple[Tone, ...] = ()
    """One per row, or none."""

    def __post_init__(self) -> None:
        if wrong := sorted({len(row) for row in self.rows} - {len(self.columns)}):
            raise ValueError(
                f"A row must have a cell per column, but '{self.title}' has {len(self.columns)}"
                f" columns and rows of {wrong} cells. Mend its page."
            )
        if len(self.tones) not in (0, len(self.rows)):
            raise ValueError(
                f"A table must have a tone per row or none, but '{self.title}' has {len(self.rows)} rows and "
                f"{len(self.tones)} tones. Mend its page."
            )

    @property
    def heads(self) -> tuple[Column, ...]:
        return tuple(column if isinstance(column, Column) else Column(title=column) for column in self.columns)


@dataclass(frozen=True, kw_only=True, eq=False)
class Figure:
    """A ``plotly.graph_objects.Figure``; colours and fonts of the page are put on by ``dashboards.html``."""

    figure: Any
    caption: str
    """What is to be seen, in a sentence; also what a screen reader says."""
    title: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """An image as it is."""

    png: bytes
    alt: str
    title: str = ""
    caption: str = ""
    width: int | None = None
    """CSS pixels; the image's own where None. Small images are enlarged without smoothing."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Links to the same page about something else: another trial, another clip."""

    title: str
    links: tuple[Link, ...]
    current: str = ""
    """The text of the link that is being looked at."""


Block = Text | Callout | Table | Figure | Picture | Choices


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page: its lead says in a sentence what the reader learns."""

    name: str
    """The last part of its address, ``honesty``; also its anchor in a report."""
    title: str
    lead: str
    blocks: tuple[Block, ...] = field(default=())
    refresh_s: int | None = None
    """Served pages of a sweep that runs are loaded anew after so many seconds."""
