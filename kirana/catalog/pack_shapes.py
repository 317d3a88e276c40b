"""The pack shapes: outlines, lids and the room for a label, on a canvas of 480 by 480. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

METAL = "#d5dade"
CREAM = "#fffdf5"


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle to set type in."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one brand."""

    body: str
    deep: str
    soft: str
    ink: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A pack. ``outline`` is filled, then labelled, then shaded by the sheen.

    ``behind`` and ``front`` are drawn before and after it; ``brand`` is a separate place for the
    brand, where the shape has one; ``rests`` is left and right edge of the foot.
    """

    outline: str
    label: str
    panel: Panel
    rests: tuple[float, float]
    behind: str = ""
    front: str = ""
    brand: Panel | None = None


def _shaded(path: str, fill: str) -> str:
    return f'<path d="{path}" fill="{fill}"/><path d="{path}" fill="url(#sheen)"/>'


def _carton(colours: Palette) -> Shape:
    return Shape(
        outline="M128 172H352V434Q352 446 340 446H140Q128 446 128 434Z",
        label="M128 196H352V418H128Z",
        panel=Panel(142, 208, 196, 200),
        rests=(128, 352),
        behind=_shaded("M166 54H314Q320 54 320 60V92H160V60Q160 54 166 54Z", colours.deep)
        + _shaded("M128 173L162 90H318L352 173Z", colours.body)
        + f'<circle cx="240" cy="134" r="25" fill="{colours.deep}"/>'
        + f'<circle cx="240" cy="131" r="21" fill="{colours.soft}"/>'
        + '<path d="M128 172H352" stroke="#000" stroke-opacity=".16" stroke-width="3"/>',
    )


def _bottle(colours: Palette) -> Shape:
    return Shape(
        outline="M212 66H268V118C268 160 338 164 338 222V420Q338 446 312 446H168"
        "Q142 446 142 420V222C142 164 212 160 212 118Z",
        label="M142 228H338V416H142Z",
        panel=Panel(152, 236, 176, 172),
        rests=(150, 330),
        front=_shaded("M210 28H270Q277 28 277 35V68H203V35Q203 28 210 28Z", colours.deep),
    )


def _flask(colours: Palette) -> Shape:
    return Shape(
        outline="M192 104H288V124C288 148 352 146 352 200V412Q352 446 318 446H162"
        "Q128 446 128 412V200C128 146 192 148 192 124Z",
        label="M128 206H352V412H128Z",
        panel=Panel(142, 214, 196, 190),
        rests=(144, 336),
        front=_shaded("M196 46H284Q294 46 294 56V112H186V56Q186 46 196 46Z", colours.deep)
        + '<path d="M186 94H294" stroke="#000" stroke-opacity=".14" stroke-width="3"/>',
    )


def _spray(colours: Palette) -> Shape:
    bottle = _bottle(colours)
    head = "M206 22H290Q302 22 302 36V58H172V46H160V30H206Z"
    trigger = "M178 58H200Q196 92 172 116L160 108Q176 88 178 58Z"
    return Shape(
        outline=bottle.outline,
        label=bottle.label,
        panel=bottle.panel,
        rests=bottle.rests,
        behind=f'<path d="{trigger}" fill="{colours.deep}"/>'
        + _shaded("M214 56H266V92H214Z", METAL),
        front=_shaded(head, colours.deep) + _shaded("M204 84H276V104H204Z", colours.deep),
    )


def _jar(colours: Palette) -> Shape:
    return Shape(
        outline="M146 116H334C336 140 358 144 358 178V408Q358 446 320 446H160"
        "Q122 446 122 408V178C122 144 144 140 146 116Z",
        label="M122 190H358V408H122Z",
        panel=Panel(136, 200, 208, 198),
        rests=(136, 344),
        front=_shaded(
            "M146 60H334Q346 60 346 72V116Q346 126 336 126H144Q134 126 134 116V72Q134 60 146 60Z",
            colours.deep,
        )
        + '<path d="M134 98H346" stroke="#000" stroke-opacity=".14" stroke-width="3"/>',
    )


def _cylinder(left: int, top: int, colours: Palette) -> Shape:
    right, radius, foot = 480 - left, 240 - left, 424
    arc = f"A{radius} 20 0 0"
    band, end = top + 44, foot - 30
    return Shape(
        outline=f"M{left} {top}{arc} 0 {right} {top}V{foot}{arc} 1 {left} {foot}Z",
        label=f"M{left} {band}{arc} 0 {right} {band}V{end}{arc} 1 {left} {end}Z",
        panel=Panel(left + 16, band + 26, 2 * radius - 32, end - band - 20),
        rests=(left + 6, right - 6),
        front=f'<ellipse cx="240" cy="{top}" rx="{radius}" ry="20" fill="{METAL}"/>'
        f'<ellipse cx="240" cy="{top}" rx="{radius}" ry="20" fill="url(#sheen)"/>'
        f'<ellipse cx="240" cy="{top + 1}" rx="{radius - 12}" ry="13" fill="#eef1f3"/>'
        f'<path d="M{left} {top}{arc} 0 {right} {top}" fill="none" stroke="#fff" '
        'stroke-opacity=".55" stroke-width="3"/>',
    )


_can, _drink_can = partial(_cylinder, 118, 84), partial(_cylinder, 142, 54)


def _pouch(colours: Palette) -> Shape:
    seals = "".join(
        f'<path d="M110 {y}H370" stroke="#000" stroke-opacity=".13" stroke-width="3"/>'
        for y in (66, 76, 428, 437)
    )
    return Shape(
        outline="M108 56H372L370 88C363 180 363 330 370 414L372 446H108L110 414"
        "C117 330 117 180 110 88Z",
        label="M148 112Q240 98 332 112Q343 113 344 124Q340 250 345 384Q345 396 332 398"
        "Q240 411 148 398Q135 396 135 384Q140 250 136 124Q137 113 148 112Z",
        panel=Panel(150, 124, 180, 264),
        rests=(116, 364),
        behind="",
        front=seals,
    )


def _box(colours: Palette) -> Shape:
    return Shape(
        outline="M96 88H322V446H96Z",
        label="M96 178Q160 150 209 170T322 158V446H96Z",
        panel=Panel(108, 188, 202, 246),
        rests=(104, 376),
        behind=f'<path d="M322 88L384 62V418L322 446Z" fill="{colours.deep}"/>'
        f'<path d="M96 88L158 62H384L322 88Z" fill="{colours.soft}"/>',
        front='<path d="M322 88V446" stroke="#fff" stroke-opacity=".35" stroke-width="2"/>',
        brand=Panel(108, 96, 202, 58),
    )


def _tub(colours: Palette) -> Shape:
    return Shape(
        outline="M120 156H360L332 428Q330 446 312 446H168Q150 446 148 428Z",
        label="M126 204Q240 226 354 204L337 388Q240 410 143 388Z",
        panel=Panel(152, 222, 176, 172),
        rests=(152, 328),
        front=_shaded(
            "M116 112H364Q376 112 376 124V148Q376 160 364 160H116Q104 160 104 148V124"
            "Q104 112 116 112Z",
            colours.deep,
        ),
    )


def _tray(colours: Palette) -> Shape:
    return Shape(
        outline="M74 132H406Q436 132 432 162L414 388Q412 416 384 416H96Q68 416 66 388"
        "L48 162Q44 132 74 132Z",
        label="M102 292H378Q390 292 390 304V392Q390 404 378 404H102Q90 404 90 392V304"
        "Q90 292 102 292Z",
        panel=Panel(104, 298, 272, 100),
        rests=(72, 408),
        front="",
    )


SHAPES: dict[str, Callable[[Palette], Shape]] = {
    "carton": _carton,
    "bottle": _bottle,
    "flask": _flask,
    "spray": _spray,
    "jar": _jar,
    "can": _can,
    "drink_can": _drink_can,
    "pouch": _pouch,
    "box": _box,
    "tub": _tub,
    "tray": _tray,
}
# Where the food lies on a tray.
TRAY_WINDOW = (
    "M86 154H394Q412 154 410 174L398 372Q396 394 374 394H106Q84 394 82 372L70 174Q68 154 86 154Z"
)
