"""Workbook: annotation sheets as .xlsx files whose bytes depend on their cells alone."""

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

Cell = int | str | None
Table = Sequence[Sequence[Cell]]
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_WRITTEN = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def xlsx(sheets: Mapping[str, Table]) -> bytes:
    """A book of sheets by name, in that order. openpyxl stamps the time of writing into it: that is taken out."""
    import openpyxl  # here, so that --help answers without it

    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        table = book.create_sheet(title)
        for row in rows:
            table.append(list(row))
    written = io.BytesIO()
    book.save(written)
    return _timeless(written)


def _timeless(book: io.BytesIO) -> bytes:
    """The archive with fixed times, stored: what zlib makes of equal bytes differs between its versions."""
    rewritten = io.BytesIO()
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(rewritten, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "docProps/core.xml":
                data = _WRITTEN.sub(rb"\g<1>2000-01-01T00:00:00Z", data)
            target.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data)
    return rewritten.getvalue()
