"""What a test needs so that somebody may review something."""

from kirana.cart.services import set_line
from kirana.orders.services import move_order
from kirana.platform.access import Actor
from kirana.reviews.services import move_review, report_review, write_review
from kirana.reviews.shapes import ReviewMove, ReviewWish
from tests.checkout.buying import buy
from tests.world import World

ROAD = ("accepted", "picking", "packed", "on_the_way", "handed_over", "completed")
SHOW = ReviewMove(to="shown")


def wish(stars: int = 4, text: str = "Fresh, and it kept well.") -> ReviewWish:
    return ReviewWish(stars=stars, text=text)


def have(buyer: Actor, staff: Actor, *slugs: str, to: str = "completed") -> str:
    """Order the goods and let the order go on as far as ``to``; its number."""
    for slug in slugs:
        set_line(buyer, slug, 1)
    number = buy(buyer).orders[0].number
    for step in ROAD[: ROAD.index(to) + 1]:
        move_order(staff, number, (step, ""))
    return number


def shown(buyer: Actor, admin: Actor, slug: str, stars: int = 4) -> str:
    """A review by somebody who has had it, looked at and shown; its uid."""
    uid = write_review(buyer, slug, wish(stars)).uid
    move_review(admin, uid, SHOW)
    return uid


def speak(world: World) -> None:
    """The customer has had the product and says so; another customer has something against it."""
    buyer, slug = world.actor("customer"), world.keys["product"]
    have(buyer, world.actor("manager"), slug)
    set_line(buyer, slug, 1)
    say(world)


def say(world: World) -> None:
    """The same of a customer who has had it already."""
    uid = shown(world.actor("customer"), world.actor("admin"), world.keys["product"])
    report_review(world.actor("other_customer"), uid, "untrue")
    world.keys["review"] = uid
