"""The demo catalogue: complete, priced in whole rupees, pictured, without alcohol."""

import io
from collections import Counter

import pytest
from PIL import Image

from kirana.catalog.models import TAX_CLASSES, UNITS, WELLS
from kirana.demo import packing
from kirana.demo.catalogue import Catalogue, load_catalogue, picture_bytes, read_table, slugged

ALCOHOL = {"lager", "stout", "ale", "ipa", "vodka", "whisky", "gin", "rum", "tequila", "wine",
           "merlot", "chardonnay", "prosecco", "rosé", "riesling", "scotch", "beer"}  # fmt: skip
FEWEST_PICTURES = 300


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(1)


def test_both_stores_carry_every_department(catalogue: Catalogue) -> None:
    tops = {d.slug for d in catalogue.departments if d.parent is None}
    assert len(tops) == 10
    for store in ("a", "b"):
        mine = [product for product in catalogue.products if product.store == store]
        assert len(mine) >= 180
        assert {product.department for product in mine} == tops


def test_every_key_is_given_once(catalogue: Catalogue) -> None:
    for name in ("sku", "slug", "barcode"):
        counted = Counter(getattr(product, name) for product in catalogue.products)
        assert [key for key, times in counted.items() if times > 1] == []
    assert all(product.slug == slugged(product.slug) for product in catalogue.products)


def test_barcodes_are_in_shop_numbers_with_a_right_check_digit(catalogue: Catalogue) -> None:
    assert packing.check_digit("400638133393") == "1"  # a number printed in many textbooks
    for product in catalogue.products:
        code = product.barcode
        assert len(code) == 13
        assert 20 <= int(code[:2]) <= 29
        odd, even = code[0::2], code[1::2]
        assert (sum(map(int, odd)) + 3 * sum(map(int, even))) % 10 == 0


def test_prices_are_whole_rupees_from_the_source(catalogue: Catalogue) -> None:
    euros = {row["uid"]: row["retail_base_price_EUR"] for row in read_table("products.csv")}
    assert all(
        product.price_minor % 100 == 0 < product.price_minor for product in catalogue.products
    )
    compared = 0
    for product in catalogue.products:
        if product.source in euros:
            cents = int(euros[product.source].replace(".", ""))
            assert product.price_minor == (cents * 50 + 50) // 100 * 100
            compared += 1
    assert compared >= 300


def test_amounts_and_classes_fit_the_tables(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        assert product.unit in UNITS
        assert product.tax_class in TAX_CLASSES
        assert (product.unit == "each") == (product.price_per == 1)
        assert product.minimum >= product.increment > 0
        assert product.minimum % product.increment == 0
        assert (product.pack_size is None) == (product.pack_unit is None)
        assert product.pack_size is None or product.pack_size > 0
        assert product.size_text
        assert len(product.description.split()) >= 6
    assert {product.unit for product in catalogue.products} == {"each", "g"}


def test_every_product_has_its_picture_and_its_well(catalogue: Catalogue) -> None:
    wells = {department.slug: department.well for department in catalogue.departments}
    assert set(wells.values()) == set(WELLS)
    pictures = {product.picture for product in catalogue.products}
    assert len(pictures) >= FEWEST_PICTURES
    total = 0
    for name in pictures:
        data = picture_bytes(name)
        total += len(data)
        with Image.open(io.BytesIO(data)) as picture:
            assert (picture.format, picture.size, picture.mode) == ("WEBP", (480, 480), "RGBA")
            assert picture.getchannel("A").getpixel((1, 1)) == 0
    assert total < 6 * 1024 * 1024
    assert all(wells[product.category] for product in catalogue.products)
    for department in catalogue.departments:
        assert picture_bytes(department.picture)[8:12] == b"WEBP"


def test_there_is_no_alcohol(catalogue: Catalogue) -> None:
    for product in catalogue.products:
        assert not product.source.startswith("AB-")
        assert not ALCOHOL & set(product.title.lower().replace("ginger ale", "").split())


def test_the_number_decides_only_the_age(catalogue: Catalogue) -> None:
    assert load_catalogue(1) == catalogue
    other = load_catalogue(2)
    assert [p.sku for p in other.products] == [p.sku for p in catalogue.products]
    assert [p.created_days_ago for p in other.products] != [
        p.created_days_ago for p in catalogue.products
    ]


@pytest.mark.parametrize(
    ("text", "grams", "expected"),
    [
        ("1 pack (6 pcs)", 400, packing.Packing("6 pcs · 400 g", 400, "g")),
        ("1 pack", 250, packing.Packing("250 g pack", 250, "g")),
        ("4 × 150 g", 600, packing.Packing("4 × 150 g", 600, "g")),
        ("0.5 kg pack ", 500, packing.Packing("500 g pack", 500, "g")),
        ("1.5 L bottle", 1500, packing.Packing("1.5 L bottle", 1500, "ml")),
        ("0.5 g jar", 1, packing.Packing("0.5 g jar", None, None)),
        ("60 tablets pack", 60, packing.Packing("60 tablets", None, None)),
        ("1 box (20 bags)", 40, packing.Packing("20 bags", None, None)),
        ("12 eggs", 840, packing.Packing("12 eggs", None, None)),
        ("1 whole cake", 1200, packing.Packing("1.2 kg", 1200, "g")),
    ],
)
def test_sizes_are_read_from_free_text(text: str, grams: int, expected: packing.Packing) -> None:
    assert packing.packing_of(text, grams) == expected
