"""A shelf's item as the product card of the pages shows it."""

import msgspec

from kirana.catalog.units import quantity_text, unit_price_text
from kirana.stock.bands import Band
from kirana.stock.views import Badge, ShelfItem


class ProductCard(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that ``components/product_card.html`` needs."""

    slug: str
    title: str
    brand: str
    size_text: str
    unit_price_text: str
    price_minor: int
    was_minor: int | None
    picture_url: str
    well: str
    badges: tuple[Badge, ...]
    stock_band: Band
    few_left: str | None
    in_basket: int
    quantity_text: str
    increment: int
    minimum: int
    unit: str


def to_card(item: ShelfItem, currency: str, in_basket: int = 0) -> ProductCard:
    """``in_basket`` is how many steps of it the visitor already has."""
    return ProductCard(
        slug=item.slug,
        title=item.title,
        brand=item.brand,
        size_text=item.size_text,
        unit_price_text=unit_price_text(item.unit_price, currency),
        price_minor=item.price_minor,
        was_minor=item.was_minor,
        picture_url=item.picture_url,
        well=item.well,
        badges=item.badges,
        stock_band=item.stock_band,
        few_left=None if item.few_left is None else quantity_text(item.few_left, item.unit),
        in_basket=in_basket,
        quantity_text=quantity_text(in_basket, item.unit),
        increment=item.increment,
        minimum=item.minimum,
        unit=item.unit,
    )
