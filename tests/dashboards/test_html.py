"""Every kind of block as HTML: escaped, labelled, and in a report without anything from elsewhere."""

import json
import re
from html.parser import HTMLParser

import plotly.graph_objects as go

from dashboards.html import Navigation, render, report
from dashboards.page import Callout, Choices, Column, Figure, Link, Page, Picture, Table, Text

EVIL = "</script><script>alert(1)</script>"
TABLE = Table(
    title="Scores",
    columns=("rule", Column(title="UF1", hint="mean of F1")),
    rows=(
        (Link(text="nested", url="/sweeps/x/honesty"), 0.51239),
        (EVIL, None),
        (Link(text="out", url="http://127.0.0.1:5000/"), float("nan")),
    ),
    tones=("good", "bad", "plain"),
)
FIGURE = Figure(figure=go.Figure(go.Scatter(x=[1, 2], y=[1, 2], name=EVIL)), caption="A line that rises.", title="Line")
PICTURE = Picture(png=b"\x89PNG", alt="a face", width=200)
CHOICES = Choices(title="Trial", links=(Link(text="0", url="/a?x=1&y=2"), Link(text="1", url="/b")), current="1")
PAGE = Page(
    name="honesty",
    title="Honesty",
    lead="What it is worth.",
    blocks=(Text(text=f"One.\n\nTwo {EVIL}", title="Words"), Callout(text="Mind this.", tone="warn"), TABLE, FIGURE, PICTURE, CHOICES),
    refresh_s=7,
)


class Seen(HTMLParser):
    """Start tags with their attributes, and what scripts say."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and data.strip():
            self.scripts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def served() -> str:
    return render(
        PAGE, Navigation(site=(Link(text="Papers", url="/papers"),), sweep="x", pages=(Link(text="Honesty", url="/h"),), current="/h")
    )


def test_a_served_page_is_labelled_and_loads_from_here_alone() -> None:
    html = served()
    seen = Seen(html)
    assert [tag for tag, _ in seen.tags].count("h1") == 1 and {"lang": "en"} in seen.all("html")
    assert {"href": "#content", "class": "skip"} in [dict(each) for each in seen.all("a")]
    assert {"href": "/h", "aria-current": "page"} in seen.all("a")
    assert all((each.get("src") or "/static/").startswith("/static/") for each in seen.all("script"))
    assert [each["href"] for each in seen.all("link")] == ["data:,", "/static/style.css"]
    assert {"http-equiv": "refresh", "content": "7"} in seen.all("meta")
    assert [each["alt"] for each in seen.all("img")] == ["a face"]
    assert any(each.get("role") == "img" and each.get("aria-label") == "A line that rises." for each in seen.all("div"))
    assert any(each.get("tabindex") == "0" and each.get("aria-label") == "Scores" for each in seen.all("div"))


def test_text_never_becomes_markup() -> None:
    seen = Seen(served())
    assert [script for script in seen.scripts if "alert" in script and not script.lstrip().startswith("{")] == []
    (drawn,) = [json.loads(script) for script in seen.scripts if script.lstrip().startswith("{")]
    assert drawn["data"][0]["name"] == EVIL


def test_numbers_have_a_fixed_form_and_gaps_a_dash() -> None:
    html = served()
    assert '<td class="number">0.5124</td>' in html and html.count(">–</td>") == 2
    assert re.search(r'<tr class="good">\s*<td[^>]*><a href="/sweeps/x/honesty">nested</a></td>', html)


def test_a_report_is_one_file_whose_links_stay_in_it() -> None:
    html = report((PAGE, Page(name="sweep", title="Sweep", lead="All.", blocks=(TABLE,))), title="Report", made="Made today.")
    seen = Seen(html)
    assert not [each for each in seen.all("script") + seen.all("img") if (each.get("src") or "data:").split(":")[0] != "data"]
    assert [each["href"] for each in seen.all("link")] == ["data:,"]
    addresses = {each["href"] for each in seen.all("a")}
    assert addresses == {"#content", "#honesty", "#sweep", "http://127.0.0.1:5000/"}, "pages that are not in it are plain text"
    assert "Plotly" in html and "[data-figure]" in html


def test_a_report_without_figures_carries_no_plotly() -> None:
    html = report((Page(name="sweep", title="Sweep", lead="All.", blocks=(TABLE,)),), title="Report", made="Made today.")
    assert len(html) < 20_000
