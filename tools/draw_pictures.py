"""Draws the pictures of the demo catalogue, at development time only.

    python -m tools.draw_pictures --fluent FOLDER --fonts FOLDER [--only WORD] [--sheet FILE]

FOLDER of ``--fluent`` is ``assets`` of the npm package @lobehub/fluent-emoji-3d (npm pack);
that of ``--fonts`` holds Figtree at weight 750 as TrueType, made with fontTools' instancer from
the npm package @fontsource-variable/figtree.
"""

import base64
import io
import re
from collections.abc import Iterable
from pathlib import Path

import click
import resvg_py
from PIL import Image, ImageDraw, ImageFilter

from kirana.catalog import drawing
from kirana.catalog.pack_shapes import Panel
from kirana.demo.catalogue import Catalogue, DemoProduct, load_catalogue
from tools import motifs
from tools.drawn_food import DRAWN

OUT = Path(__file__).parent.parent / "kirana" / "demo" / "pictures"
WELLS = {"mint": "#e3f3e4", "butter": "#fbf1cf", "blush": "#fce7e2", "sky": "#e2effa",
         "lilac": "#ece6f8", "sand": "#f3ead9"}  # fmt: skip
QUALITY = 80
# Where the pieces lie: x, y, size, turn.
PLACES = {
    1: ((70, 58, 340, 0),),
    3: ((38, 150, 236, -7), (206, 150, 236, 7), (122, 40, 236, 0)),
}
BESIDE = Panel(276, 276, 176, 176)


class Studio:
    """Turns motifs into pictures and products into drawings."""

    def __init__(self, fluent: Path, fonts: Path) -> None:
        self._fluent = fluent
        self._fonts = [str(path) for path in sorted(fonts.glob("*750*.ttf"))]
        self._motifs: dict[str, str] = {}

    def picture(self, product: DemoProduct) -> Image.Image:
        return self._render(self.svg(product))

    def svg(self, product: DemoProduct) -> str:
        name = product.title.removeprefix(product.brand).strip()
        shelf = product.category
        motif = motifs.motif_of(name, shelf)
        facts = drawing.PackFacts(
            product.title, product.brand, product.size_text, product.department, shelf
        )
        if motif is None:
            return drawing.draw_pack(facts)
        if self._is_bare(product, name):
            return self._bare(self._pieces(product, name, motif), motifs.BESIDE.get(name))
        return drawing.draw_pack(facts, drawing.Art(self.motif(motif)))

    def motif(self, spec: str) -> str:
        """The motif as a data address."""
        if spec not in self._motifs:
            encoded = io.BytesIO()
            self._image(spec).save(encoded, "PNG")
            data = base64.b64encode(encoded.getvalue()).decode()
            self._motifs[spec] = f"data:image/png;base64,{data}"
        return self._motifs[spec]

    def _foot(self, spec: str) -> float:
        """Where on its square the motif touches the ground, from the top."""
        picture = self._image(spec)
        box = picture.getbbox() or (0, 0, *picture.size)
        return box[3] / picture.height

    def _image(self, spec: str) -> Image.Image:
        name, *tint = re.split(r"(?=[~=])", spec)
        if name.startswith("drawn:"):
            content = DRAWN[name.removeprefix("drawn:").replace("_", " ")]()
            return _cropped(
                self._render(drawing.document(f'<g transform="scale(4.8)">{content}</g>'))
            )
        path = self._fluent / f"{name}.webp"
        if not path.exists():
            path = self._fluent / f"{name}-fe0f.webp"
        picture = _cropped(Image.open(path).convert("RGBA"))
        return _tinted(picture, tint[0]) if tint else picture

    @staticmethod
    def _is_bare(product: DemoProduct, name: str) -> bool:
        if not product.brand:
            return product.category not in motifs.ON_TRAYS
        if product.category == "nuts":
            return False
        words = set(re.findall(r"\w+", name.lower()))
        return product.category in motifs.BARE and not words & set(motifs.NOT_BARE)

    @staticmethod
    def _pieces(product: DemoProduct, name: str, motif: str) -> list[str]:
        if name in motifs.SEVERAL:
            return list(motifs.SEVERAL[name])
        if any(word in product.size_text for word in motifs.ALONE):
            return [motif]
        return [motif] * motifs.BARE.get(product.category, 1)

    def _bare(self, pieces: list[str], beside: str | None) -> str:
        places = PLACES[len(pieces)]
        x, y, size, _ = places[0]
        foot = y + size * self._foot(pieces[0]) - 4
        content = drawing.shadow(*((56, 424) if len(pieces) > 1 else (104, 376)), foot)
        for spec, (x, y, size, turn) in zip(pieces, places, strict=True):
            content += drawing.image(self.motif(spec), Panel(x, y, size, size), turn)
        if beside:
            content += drawing.image(self.motif(beside), BESIDE, 6)
        return drawing.document(content)

    def _render(self, svg: str) -> Image.Image:
        data = resvg_py.svg_to_bytes(
            svg_string=svg, width=480, height=480, font_files=self._fonts, skip_system_fonts=True
        )
        return Image.open(io.BytesIO(bytes(data))).convert("RGBA")


def _cropped(picture: Image.Image) -> Image.Image:
    """The motif on a square just as large as itself, so that all have the same weight."""
    box = picture.getbbox() or (0, 0, *picture.size)
    side = max(box[2] - box[0], box[3] - box[1])
    square = Image.new("RGBA", (side, side))
    square.paste(picture.crop(box), ((side - box[2] + box[0]) // 2, (side - box[3] + box[1]) // 2))
    return square


def _tinted(picture: Image.Image, tint: str) -> Image.Image:
    """``picture`` in other colours, as the motif's tint says."""
    turn, saturation, value, *part = tint[1:].split(",")
    shift, fixed = round(float(turn) * 256 / 360), tint[0] == "="
    hue, sat, val = picture.convert("RGB").convert("HSV").split()
    coloured = Image.merge(
        "HSV",
        (
            hue.point(lambda level: shift % 256 if fixed else (level + shift) % 256),
            sat.point(lambda level: min(255, round(level * float(saturation)))),
            val.point(lambda level: min(255, round(level * float(value)))),
        ),
    ).convert("RGBA")
    mixed = Image.composite(coloured, picture, _part(part[0] if part else "", hue))
    mixed.putalpha(picture.getchannel("A"))
    return mixed


def _part(part: str, hue: Image.Image) -> Image.Image:
    """The mask of what is coloured: all, all but the green, or all but the top."""
    if part == "fruit":
        return hue.point(lambda level: 0 if 42 < level < 120 else 255)
    mask = Image.new("L", hue.size, 255)
    if part == "body":
        ImageDraw.Draw(mask).rectangle((0, 0, hue.width, hue.height * 0.2), fill=0)
    return mask.filter(ImageFilter.GaussianBlur(3)) if part else mask


def _save(picture: Image.Image, path: Path) -> int:
    picture.save(path, "WEBP", quality=QUALITY, alpha_quality=70, method=6)
    return path.stat().st_size


def _sheet(pictures: Iterable[tuple[str, str, Path]], path: Path) -> None:
    shown = list(pictures)
    columns, cell = 12, 150
    rows = (len(shown) + columns - 1) // columns
    sheet = Image.new("RGB", (columns * cell, rows * (cell + 16)), "#f6f5ef")
    pen = ImageDraw.Draw(sheet)
    for number, (name, well, file) in enumerate(shown):
        x, y = number % columns * cell, number // columns * (cell + 16)
        pen.rounded_rectangle((x + 3, y + 3, x + cell - 3, y + cell - 3), 10, fill=WELLS[well])
        picture = Image.open(file).convert("RGBA").resize((132, 132), Image.Resampling.LANCZOS)
        sheet.paste(picture, (x + 9, y + 9), picture)
        pen.text((x + 4, y + cell - 1), name[:26], fill="#333333")
    sheet.save(path)


def _distinct(catalogue: Catalogue) -> dict[str, DemoProduct]:
    found: dict[str, DemoProduct] = {}
    for product in catalogue.products:
        found.setdefault(product.source, product)
    return found


@click.command()
@click.option("--fluent", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--fonts", type=click.Path(exists=True, path_type=Path), required=True)
@click.option("--only", default="", help="Products whose number or title contains this.")
@click.option("--sheet", type=click.Path(path_type=Path), help="A contact sheet to look at.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT)
def main(fluent: Path, fonts: Path, only: str, sheet: Path | None, out: Path) -> None:
    """Draw one WebP per product and department."""
    catalogue = load_catalogue(1)
    studio = Studio(fluent, fonts)
    wells = {department.slug: department.well for department in catalogue.departments}
    total, shown = 0, []
    for source, product in _distinct(catalogue).items():
        if only not in f"{source} {product.title}":
            continue
        path = out / product.picture
        total += _save(studio.picture(product), path)
        shown.append((product.title, wells[product.category], path))
    for slug, motif in motifs.DEPARTMENTS.items():
        picture = studio._image(motif).resize((160, 160), Image.Resampling.LANCZOS)  # noqa: SLF001
        total += _save(picture, out / f"department-{slug}.webp")
    if sheet:
        _sheet(shown, sheet)
    click.echo(f"{len(shown)} pictures, {total / 1024:.0f} KB in all")


if __name__ == "__main__":
    main()
