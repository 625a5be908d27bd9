"""XML from others: what may expand is refused before it is parsed."""

from __future__ import annotations

from xml.etree import ElementTree as ET

Element = ET.Element


def xml_root(xml: str) -> Element | None:
    """The first element of an XML text; None where it is damaged, or declares a document type.

    None of the XML that microscopes write does (OME-XML, that of CZI), and nothing else may declare
    entities, which can expand to any size.
    """
    if "<!DOCTYPE" in xml:
        return None
    try:
        return ET.fromstring(xml)  # noqa: S314  without entities nothing expands
    except (ET.ParseError, ValueError):  # ValueError: half a character
        return None
