"""A page of sections, each under a heading of its own."""

from __future__ import annotations

from collections.abc import Sequence


def joined(parts: Sequence[str]) -> str:
    """A page of its parts."""
    return "\n\n".join(part.strip() for part in parts) + "\n"


def with_section(page: str, section: str) -> str:
    """The page with this section in place of the one of the same heading, or at its end."""
    before, *others = ("\n" + page).split("\n## ")
    own = section.strip().removeprefix("## ")
    heading = own.split("\n", 1)[0]
    headings = [other.split("\n", 1)[0] for other in others]
    if heading in headings:
        others[headings.index(heading)] = own
    else:
        others.append(own)
    return joined([before, *(f"## {other}" for other in others)])
