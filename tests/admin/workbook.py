"""Reads the first sheet of a workbook, as far as our own files go: inline texts and numbers, with the format of each cell."""

import io
from xml.etree import ElementTree
from zipfile import ZipFile

_SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells_of(content: bytes) -> dict[str, tuple[str, str, str]]:
    """Kind (`text`, `number`, `formula`), value and number format by address."""
    with ZipFile(io.BytesIO(content)) as parts:
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 -- of our own making
        styles = ElementTree.fromstring(parts.read("xl/styles.xml"))  # noqa: S314 -- of our own making
    own = {node.get("numFmtId"): node.get("formatCode") for node in styles.findall("m:numFmts/m:numFmt", _SPACE)}
    built_in = {"0": "General", "1": "0", "4": "#,##0.00"}  # ISO/IEC 29500-1, 18.8.30
    formats = [str((own | built_in)[str(node.get("numFmtId"))]) for node in styles.findall("m:cellXfs/m:xf", _SPACE)]
    found = {}
    for node in sheet.iterfind(".//m:c", _SPACE):
        text, number, formula = node.find("m:is/m:t", _SPACE), node.find("m:v", _SPACE), node.find("m:f", _SPACE)
        kind = "formula" if formula is not None else "text" if text is not None else "number"
        value = text if text is not None else number
        found[str(node.get("r"))] = (kind, (value.text or "") if value is not None else "", formats[int(node.get("s") or 0)])
    return found
