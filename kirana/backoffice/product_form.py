"""A product as a form: texts in whole money and steps, both ways. Pure."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from kirana.catalog.facts import NUTRIENTS, Nutrition, grams_text
from kirana.catalog.inputs import NewProduct, ProductChanges
from kirana.catalog.units import Unit
from kirana.catalog.views import ProductView, TaxClass
from kirana.platform.amounts import Money
from kirana.platform.errors import Invalid
from kirana.platform.inputs import to_struct
from kirana.platform.money import LARGEST, decimal_text, exponent, typed_minor
from kirana.platform.words import slug_of

MOST = 100_000
T = TypeVar("T")
Text = Annotated[str, msgspec.Meta(max_length=5000)]
Steps = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class ProductForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a manager types. ``seen`` is the version that the form was filled from.

    An empty ``tax_class`` is that of the category.
    """

    title: Text
    category: Text
    price: Text
    unit: Unit = "each"
    was_price: Text = ""
    sku: Text = ""
    barcode: Text = ""
    brand: Text = ""
    description: Text = ""
    increment: Steps = 1
    minimum: Steps = 1
    size_text: Text = ""
    pack_size: Steps | None = None
    pack_unit: Literal["", "g", "ml"] = ""
    tax_class: TaxClass | Literal[""] = ""
    origin: Text = ""
    diet: Text = ""
    family: Text = ""
    ingredients: Text = ""
    allergens: list[Text] = []
    may_contain: list[Text] = []
    energy_kcal: Text = ""
    fat_mg: Text = ""
    saturates_mg: Text = ""
    carbohydrate_mg: Text = ""
    sugars_mg: Text = ""
    fibre_mg: Text = ""
    protein_mg: Text = ""
    salt_mg: Text = ""
    best_before_days: Steps | None = None
    other_names: Text = ""
    picture: Text = ""
    seen: int | None = None

    def to_new(self, currency: str) -> NewProduct:
        """Raises Invalid with an error for each field."""
        return self._to(NewProduct, currency, unit=self.unit)

    def to_changes(self, currency: str) -> ProductChanges:
        """Raises Invalid with an error for each field."""
        return self._to(ProductChanges, currency)

    def _to(self, schema: type[T], currency: str, **more: object) -> T:
        """Every field is looked at, so that all that is wrong is told at once."""
        values = {**self._common(), **more}
        errors: list[dict[str, str]] = []
        for name, text in (("price", self.price), ("was_price", self.was_price.strip())):
            try:
                is_none = name == "was_price" and not text
                values[name] = None if is_none else money(text, name, currency)
            except Invalid as error:
                errors.extend(error.errors)
        try:
            made = to_struct(values, schema)
        except Invalid as error:
            told = {each["pointer"] for each in errors}
            errors.extend(each for each in error.errors if each["pointer"] not in told)
        if errors:
            raise Invalid(errors=errors)
        return made

    def _common(self) -> dict[str, object]:
        left_out = {"sku": self.sku.strip(), "tax_class": self.tax_class}
        return {
            "title": self.title.strip(), "category": self.category,
            "barcode": self.barcode.strip() or None, "brand": self.brand.strip(),
            "description": self.description.strip(), "increment": self.increment,
            "minimum": self.minimum, "size_text": self.size_text.strip(),
            "pack_size": self.pack_size, "pack_unit": self.pack_unit or None,
            "origin": self.origin.strip(), "diet": _listed(self.diet),
            "other_names": _listed(self.other_names), "family": slug_of(self.family, ""),
            "ingredients": self.ingredients.strip(), "allergens": self.allergens,
            "may_contain": self.may_contain, "nutrition": self._nutrition(),
            "best_before_days": self.best_before_days,
            **{name: text for name, text in left_out.items() if text},
        }  # fmt: skip

    def _nutrition(self) -> dict[str, int] | None:
        """Raises Invalid at the field of what is no number."""
        typed = {name: getattr(self, name).strip() for name in ("energy_kcal", *NUTRIENTS)}
        known = {
            name: _number(text, name, 1 if name == "energy_kcal" else 1000)
            for name, text in typed.items()
            if text
        }
        return known or None


def chosen_values(found: ProductView) -> dict[str, list[str]]:
    """The boxes that are ticked."""
    return {"allergens": [*found.allergens], "may_contain": [*found.may_contain]}


def _nutrition_texts(given: Nutrition | None) -> dict[str, str]:
    known = {
        name: value
        for name, value in msgspec.to_builtins(given or Nutrition()).items()
        if value is not None
    }
    return {
        name: str(value) if name == "energy_kcal" else grams_text(value)
        for name, value in known.items()
    }


def _number(text: str, field: str, steps: int) -> int:
    """A decimal number typed with point or comma, as a count of its ``steps``. Raises Invalid."""
    try:
        number = Decimal(text.replace(",", ".")) * steps
    except InvalidOperation:
        raise Invalid.at(f"/{field}", "write a number, such as 3.5") from None
    if not number.is_finite() or number != number.to_integral_value() or not 0 <= number <= MOST:
        raise Invalid.at(f"/{field}", "write a number, such as 3.5")
    return int(number)


def form_values(found: ProductView, currency: str) -> dict[str, str]:
    """The texts that the form is filled with."""
    return {
        "title": found.title, "category": found.category,
        "price": decimal_text(found.price_minor, currency),
        "was_price": "" if found.was_minor is None else decimal_text(found.was_minor, currency),
        "unit": found.unit, "sku": found.sku, "barcode": found.barcode or "", "brand": found.brand,
        "description": found.description, "increment": str(found.increment),
        "minimum": str(found.minimum), "size_text": found.size_text,
        "pack_size": "" if found.pack_size is None else str(found.pack_size),
        "pack_unit": found.pack_unit or "", "tax_class": found.tax_class, "origin": found.origin,
        "diet": ", ".join(found.diet), "family": found.family.replace("-", " "),
        "ingredients": found.ingredients, **_nutrition_texts(found.nutrition),
        "best_before_days": "" if found.best_before_days is None else str(found.best_before_days),
        "other_names": ", ".join(found.other_names), "seen": str(found.version),
    }  # fmt: skip


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def money(text: str, field: str, currency: str) -> dict[str, Any]:
    """An amount typed in whole money, as the API takes it. Raises Invalid at the field."""
    amount = typed_minor(text, currency)
    if amount is None:
        raise Invalid.at(f"/{field}", "write an amount, such as 94.50")
    if amount != amount.to_integral_value():
        raise Invalid.at(f"/{field}", f"use at most {exponent(currency)} decimals")
    if amount > LARGEST:
        raise Invalid.at(f"/{field}", "write a smaller amount")
    return msgspec.to_builtins(Money(int(amount), currency))  # type: ignore[no-any-return]
