from tests.journeys.test_looks import *
from tests.journeys.test_looks import _look_at


def test_shots(furnished, new_page):
    for width in (1440, 390):
        page = new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
        sign_in(page, furnished.url, PEOPLE["manager"])
        for name, path in {
            "own": "/office/{store}/products/{own_product}/stock",
            "waste": "/office/{store}/products/{dated}/stock?do=waste",
            "send": "/office/{store}/products/{dated}/stock?do=send",
            "receive": "/office/{store}/products/{dated}/stock",
            "product": "/office/{store}/products/{dated}",
        }.items():
            page.goto(furnished.address(path))
            page.screenshot(path=f"/tmp/lots_{name}_{width}.png", full_page=True)
            print(name, page.title())
