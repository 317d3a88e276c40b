"""The facts that stop a change of the catalogue."""

from typing import ClassVar

from kirana.platform.errors import Conflict, Invalid, ShopError


class CategoryInUse(Conflict):
    code = "category_in_use"
    message = "A category that holds products or other categories cannot be deleted."


class CategoryExists(Conflict):
    code = "category_exists"
    message = "There is a category of that name in the same place."


class CategoryLoop(Conflict):
    code = "category_loop"
    message = "A category cannot be moved into itself or below itself."


class CategoryTooDeep(Conflict):
    code = "category_too_deep"
    message = "Categories are at most 32 levels deep."


class SkuTaken(Conflict):
    code = "sku_taken"
    message = "Another product of the store has this SKU."


class PictureRefused(Invalid):
    code = "picture_refused"
    message = "That is not a picture in JPEG, PNG or WebP."


class PictureTooLarge(ShopError):
    status: ClassVar[int] = 413
    code: ClassVar[str] = "picture_too_large"
    message: ClassVar[str] = (
        "A picture has at most 5 MB and 12.5 million pixels, a JPEG 40 million."
    )


class CategoryGone(Conflict):
    code = "category_gone"
    message = "The category of this request is gone. Refuse the request, with that as the reason."


class PricePlannedAlready(Conflict):
    code = "price_planned_already"
    message = "A price is planned for that moment already."


class TooManyPlans(Conflict):
    code = "too_many_plans"
    message = "At most 20 prices are planned for a product at once."


class TooManyPictures(Conflict):
    code = "too_many_pictures"
    message = "A product has at most eight pictures."
