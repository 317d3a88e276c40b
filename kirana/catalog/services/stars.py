"""What a product shows of its reviews: how many, and the sum of their stars."""

from sqlalchemy import Connection, update

from kirana.catalog.models import Product


def count_stars(connection: Connection, product_id: int, reviews: int, stars: int) -> None:
    """Add to both sums (or take from them), in the transaction that changes what is shown.

    Written as a difference, so that no rival's is lost; a CHECK refuses what cannot be. Locks the
    product; several are counted in ascending order, and ``raise_version`` follows.
    """
    change = update(Product).where(Product.id == product_id)
    sums = {
        "review_count": Product.review_count + reviews,
        "stars_sum": Product.stars_sum + stars,
    }
    connection.execute(change.values(sums))
