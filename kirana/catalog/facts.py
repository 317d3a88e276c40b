"""What food is made of: allergens, nutrition, and what the words of a diet promise. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec

from kirana.catalog.units import Measure

Allergen = Literal[
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soybeans", "milk", "nuts", "celery",
    "mustard", "sesame", "sulphites", "lupin", "molluscs",
]  # fmt: skip
ALLERGENS: tuple[str, ...] = Allergen.__args__  # type: ignore[attr-defined]
ALLERGEN_WORDS = {name: name.capitalize() for name in ALLERGENS} | {
    "gluten": "Cereals with gluten",
    "nuts": "Tree nuts",
}
_OF_THE_SEA = ("crustaceans", "fish", "molluscs")
# What goods of a diet never contain; traces are not meant.
WITHOUT: dict[str, tuple[str, ...]] = {
    "vegan": ("eggs", "milk", *_OF_THE_SEA),
    "vegetarian": _OF_THE_SEA,
    "gluten-free": ("gluten",),
    "dairy-free": ("milk",),
    "egg-free": ("eggs",),
    "nut-free": ("nuts",),
}
# Whoever eats the second may eat the first.
STRICTER = {"vegetarian": "vegan"}

_Milligrams = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
# A word for each line of the table, and whether it is a part of the line above.
NUTRIENTS = {
    "fat_mg": ("Fat", False),
    "saturates_mg": ("of which saturates", True),
    "carbohydrate_mg": ("Carbohydrate", False),
    "sugars_mg": ("of which sugars", True),
    "fibre_mg": ("Fibre", False),
    "protein_mg": ("Protein", False),
    "salt_mg": ("Salt", False),
}
_PARTS = {"saturates_mg": "fat_mg", "sugars_mg": "carbohydrate_mg"}
_WHOLES = tuple(name for name in NUTRIENTS if name not in _PARTS)
_HUNDRED_GRAMS = 100_000


class Nutrition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is in 100 g or, of what is measured in millilitres, in 100 ml; null is not known."""

    energy_kcal: Annotated[int, msgspec.Meta(ge=0, le=900)] | None = None
    fat_mg: _Milligrams | None = None
    saturates_mg: _Milligrams | None = None
    carbohydrate_mg: _Milligrams | None = None
    sugars_mg: _Milligrams | None = None
    fibre_mg: _Milligrams | None = None
    protein_mg: _Milligrams | None = None
    salt_mg: _Milligrams | None = None


class FoodFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a product. ``nutrition`` is for 100 of what ``measured_in`` says;
    ``best_before_days`` count from when the store receives it."""

    ingredients: str
    allergens: tuple[Allergen, ...]
    may_contain: tuple[Allergen, ...]
    nutrition: Nutrition | None
    measured_in: Measure
    best_before_days: int | None


class NutritionLine(msgspec.Struct, frozen=True):
    """A line of the table as people read it; ``is_part``: of the line above."""

    label: str
    text: str
    is_part: bool = False


def nutrition_lines(given: Nutrition | None) -> tuple[NutritionLine, ...]:
    """The table: energy in both units, the rest in grams. Empty where nothing is known."""
    if given is None:
        return ()
    return tuple(_lines(given))


def _lines(given: Nutrition) -> Iterator[NutritionLine]:
    if given.energy_kcal is not None:
        kilojoules = (given.energy_kcal * 4184 + 500) // 1000
        yield NutritionLine("Energy", f"{kilojoules} kJ / {given.energy_kcal} kcal")
    for name, (label, is_part) in NUTRIENTS.items():
        milligrams = getattr(given, name)
        if milligrams is not None:
            yield NutritionLine(label, f"{grams_text(milligrams)} g", is_part)


def grams_text(milligrams: int) -> str:
    """``3.5``, ``0.08``, ``12``."""
    whole, rest = divmod(milligrams, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".")


def food_facts(row: Any) -> FoodFacts:
    """From a product's row."""
    return FoodFacts(
        ingredients=row.ingredients,
        allergens=tuple(row.allergens),
        may_contain=tuple(row.may_contain),
        nutrition=nutrition_of(row.nutrition),
        measured_in=measured_in(row.unit, row.pack_unit),
        best_before_days=row.best_before_days,
    )


def nutrition_of(kept: Mapping[str, int]) -> Nutrition | None:
    """What a product's row keeps; None where nothing is known."""
    return Nutrition(**kept) if kept else None


def measured_in(unit: str, pack_unit: str | None) -> Measure:
    """Whether nutrition is told for 100 g or for 100 ml."""
    return "ml" if "ml" in (unit, pack_unit) else "g"


def diets_met(diet: Sequence[str]) -> list[str]:
    """What is told, and what that implies: what is vegan is vegetarian."""
    implied = [name for name, stricter in STRICTER.items() if stricter in diet]
    return list(dict.fromkeys([*diet, *implied]))


def in_order(allergens: Iterable[str]) -> list[str]:
    """Each once, as the fixed list has them."""
    given = set(allergens)
    return [name for name in ALLERGENS if name in given]


def wrong_facts(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Fields of a product that contradict each other, and why."""
    return [
        *_wrong_allergens(row["allergens"], row["may_contain"], row["diet"]),
        *_wrong_nutrition(row["nutrition"], measured_in(row["unit"], row["pack_unit"])),
    ]


def _wrong_allergens(
    contains: Sequence[str], may_contain: Sequence[str], diet: Sequence[str]
) -> Iterator[tuple[str, str]]:
    both = sorted(set(contains) & set(may_contain))
    if both:
        yield "may_contain", f"says of {both[0]} what allergens says for sure"
    for tag in diet:
        against = [
            name for name in WITHOUT.get(tag.casefold().replace(" ", "-"), ()) if name in contains
        ]
        if against:
            yield "diet", f"{tag} does not go with {against[0]} among the allergens"


def _wrong_nutrition(found: Mapping[str, int], measure: Measure) -> Iterator[tuple[str, str]]:
    for part, whole in _PARTS.items():
        if part in found and found[part] > found.get(whole, _HUNDRED_GRAMS):
            yield "nutrition", f"has more {part[:-3]} than {whole[:-3]}"
    if measure == "g" and sum(found.get(name, 0) for name in _WHOLES) > _HUNDRED_GRAMS:
        yield "nutrition", "adds up to more than 100 g"
