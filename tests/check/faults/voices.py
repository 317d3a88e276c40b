"""Reviews of nobody's goods, sums that are off, and traces of people who are gone."""

# ruff: noqa: S608 - the SQL of tests is made of their own constants

from tests.check.planting import STRANGER, Fault, fault

SUMS = "what a product shows of its reviews is the sum of those that are shown"
BUYERS = "each review is by somebody who has had the product"
ANSWERS = "an answer stands under what was shown"
PAIRS = "what is bought together tells of no fewer than five customers"
GONE = "nothing of a closed account is left in lists, favourites and reviews"
ENDS = "each history of review ends at its status"
ACCOUNT_ENDS = "each history of account ends at its status"
REVIEW = "(SELECT MIN(id) FROM review)"
LISTED = "(SELECT MIN(account_id) FROM shopping_list)"
PAIR = (
    "INSERT INTO product_pair (product_id, other_id, customers, counted_at) "
    "SELECT MIN(id), MAX(id){}, {}, CURRENT_TIMESTAMP FROM product"
)

FAULTS: dict[str, tuple[Fault, ...]] = {
    SUMS: (
        fault(f"UPDATE review SET stars = stars - 1 WHERE id = {REVIEW}"),
        fault("UPDATE product SET review_count = 1, stars_sum = 5 WHERE review_count = 0"),
        fault(f"UPDATE review SET status = 'hidden' WHERE id = {REVIEW}", also=(ENDS,)),
    ),
    BUYERS: (
        fault(f"UPDATE review SET account_id = {STRANGER} WHERE id = {REVIEW}"),
        fault(
            "UPDATE order_line SET status = 'short' WHERE product_id = "
            f"(SELECT product_id FROM review WHERE id = {REVIEW}) AND status = 'picked'"
        ),
    ),
    ANSWERS: (
        fault(f"UPDATE review SET status = 'waiting' WHERE id = {REVIEW}", also=(ENDS, SUMS)),
    ),
    PAIRS: (
        fault(PAIR.format("", 4)),
        fault(PAIR.format(" * 0 + MIN(id)", 9)),
    ),
    GONE: (
        fault(f"UPDATE account SET status = 'closed' WHERE id = {LISTED}", also=(ACCOUNT_ENDS,)),
    ),
}
