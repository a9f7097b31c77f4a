"""Page profiles: the papers a story can be printed on or read from."""

from __future__ import annotations

from novel.story.model import PageProfile

INCH = 72.0
MM = 72.0 / 25.4
PX = 0.75
"""A CSS pixel, 1/96 in."""

UNITS = {"pt": 1.0, "in": INCH, "mm": MM, "cm": 10 * MM, "px": PX}
"""Points in each unit that a length can be written in."""

SMALLEST, LARGEST = 72.0, 14_400.0
"""A page's edge, in points: an inch to the 200 inches that PDF 1.7 (Annex C) allows."""

DEFAULT_PAGE = "us-comic"


def _profile(
    name: str, width: float, height: float, bleed: float, safe_x: float, safe_y: float, strip: bool = False
) -> PageProfile:
    # Without validation: these are constants, and the validator costs more than all else in this module.
    return PageProfile.model_construct(
        name=name, width=width, height=height, bleed=bleed, safe_x=safe_x, safe_y=safe_y, strip=strip
    )


def _inches(name: str, width: float, height: float, bleed: float, safe_x: float, safe_y: float) -> PageProfile:
    return _profile(name, width * INCH, height * INCH, bleed * INCH, safe_x * INCH, safe_y * INCH)


def _metric(name: str, width: float, height: float, safe_x: float, safe_y: float) -> PageProfile:
    return _profile(name, width * MM, height * MM, 3 * MM, safe_x * MM, safe_y * MM)


PROFILES: dict[str, PageProfile] = {
    profile.name: profile
    for profile in (
        # Live 6 x 9 in and 5.375 x 8 in: ComiXpress' templates for comics and digests.
        _inches("us-comic", 6.625, 10.25, 0.125, 0.3125, 0.625),
        _profile("wide-screen", 960.0, 540.0, 0.0, 36.0, 36.0),
        _inches("digest", 6.0, 9.0, 0.125, 0.3125, 0.5),
        _metric("album", 240, 320, 15, 15),
        _metric("a4", 210, 297, 15, 15),
        _metric("manga-b5", 182, 257, 12, 15),
        _metric("manga-a5", 148, 210, 10, 12),
        # As tall as the slices that webtoon shops take: 800 x 1280 px.
        _profile("webtoon", 800 * PX, 1280 * PX, 0.0, 40 * PX, 40 * PX, strip=True),
    )
}
"""Every profile by its name."""
