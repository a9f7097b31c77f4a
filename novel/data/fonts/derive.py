"""How the lettering cuts of Comic Neue in ``novel-lettering/`` were made: ``python novel/data/fonts/derive.py``.

A letterer bars the capital I only for the pronoun. Comic Neue has the barred form alone, so these cuts carry the plain
stroke of its own ``l`` at the place of ``I``, at the height of the capitals, and under another name. The Open Font
License allows this; Comic Neue reserves no name. Runs once, when the fonts change: the package never needs it.
"""

from __future__ import annotations

from pathlib import Path

from fontTools.misc.transform import Transform
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
FAMILY = "Novel Lettering"
CUTS = {"Regular": "Regular", "Italic": "Italic", "Bold": "Bold", "BoldItalic": "Bold Italic"}


def with_plain_i(source: Path, target: Path, style: str) -> None:
    """Write ``source`` to ``target`` with a plain capital I, renamed, its dates left as they are."""
    font = TTFont(source, recalcTimestamp=False)
    glyphs, metrics = font["glyf"], font["hmtx"].metrics
    old, stroke, tall = glyphs["I"], glyphs["l"], glyphs["H"]
    old_middle = (old.xMin + old.xMax) / 2
    # The stem of l reaches the ascender; a capital stops where H does. The side bearings are those of H's own stems.
    height = (tall.yMax - tall.yMin) / (stroke.yMax - stroke.yMin)
    shift = tall.xMin - stroke.xMin
    pen = TTGlyphPen(None)
    scaled = Transform(1, 0, 0, height, shift, tall.yMin - stroke.yMin * height)
    stroke.draw(TransformPen(pen, scaled), glyphs)
    new = pen.glyph()
    new.recalcBounds(glyphs)
    glyphs["I"] = new
    # The advance keeps l's right bearing, given the same widening as the left one.
    metrics["I"] = (metrics["l"][0] + 2 * shift, new.xMin)
    moved = round((new.xMin + new.xMax) / 2 - old_middle)
    for name in ("Igrave", "Iacute", "Icircumflex", "Idieresis"):
        for component in glyphs[name].components[1:]:
            component.x += moved
        glyphs[name].recalcBounds(glyphs)
        metrics[name] = (metrics["I"][0], glyphs[name].xMin)
    names = {1: FAMILY, 2: style, 3: f"{FAMILY} {style}", 4: f"{FAMILY} {style}"}
    names |= {6: f"{FAMILY.replace(' ', '')}-{style.replace(' ', '')}"}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
        elif record.nameID in (16, 17, 21, 22, 25):
            font["name"].removeNames(nameID=record.nameID)
    font.save(target, reorderTables=None)


def main() -> None:
    """Derive all four cuts."""
    folder = HERE / "novel-lettering"
    folder.mkdir(exist_ok=True)
    for cut, style in CUTS.items():
        with_plain_i(HERE / "comic-neue" / f"ComicNeue-{cut}.ttf", folder / f"NovelLettering-{cut}.ttf", style)
    (folder / "OFL.txt").write_bytes((HERE / "comic-neue" / "OFL.txt").read_bytes())


if __name__ == "__main__":
    main()
