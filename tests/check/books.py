"""A small shop in which everything that a rule looks at exists at least once, through the verbs."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from kirana.accounts.models import Account
from kirana.accounts.services import change_role, reinstate, suspend
from kirana.cart.services import set_line
from kirana.catalog.inputs import (
    CategoryWish,
    NewCategory,
    NewPlannedPrice,
    NewProduct,
    ProductChanges,
)
from kirana.catalog.services.categories import create_category
from kirana.catalog.services.pictures import add_picture
from kirana.catalog.services.plans import cancel_planned_price, carry_out_due, plan_price
from kirana.catalog.services.products import create_product, edit_product, publish_product
from kirana.catalog.services.requests import approve_request, ask_for_category, reject_request
from kirana.checkout.services import start_checkout
from kirana.exports.services import request_export, run_export
from kirana.jobs.services import cancel_job
from kirana.orders.services import cancel_my_order, move_order
from kirana.oversight.services import resolve_incident
from kirana.platform import clock
from kirana.platform.access import SYSTEM, Actor
from kirana.platform.amounts import Money
from kirana.platform.config import Settings
from kirana.platform.db import verb
from kirana.platform.idempotency import Claim, Stored, once
from kirana.platform.storage import Storage
from kirana.reports.services import run_month
from kirana.reviews.services import answer_review
from kirana.reviews.shapes import ReviewAnswer
from kirana.stock.services.goods import Delivery, Waste, adjust_stock, receive_goods, waste_goods
from kirana.stock.services.tracking import track_lots
from kirana.stock.services.transfers import Transfer, transfer_goods
from kirana.stores.services import change_place, remove_member
from tests import world
from tests.accounts.people import applicant
from tests.catalog.drawings import picture
from tests.checkout.buying import buy
from tests.jobs.rows import LONG_AGO, id_of_job
from tests.machinery.processes import wait_until
from tests.reviews.speaking import say

A_DAY = timedelta(days=1)
ROAD = ("accepted", "picking", "packed", "on_the_way", "handed_over", "completed")


@dataclass(frozen=True)
class _Keeper:
    """Writes one kind of story after the other into a world."""

    there: world.World
    settings: Settings

    def trade(self) -> None:
        """An order that was completed, one of two stores, one cancelled; and a hold."""
        milk, jam = self.there.keys["product"], self._jam()
        buyer, other = self.there.actor("customer"), self.there.actor("other_customer")
        set_line(buyer, milk, 3)
        done = buy(buyer).orders[0].number
        for step in ROAD:
            move_order(self.there.actor("manager"), done, (step, ""))
        set_line(other, milk, 2)
        set_line(other, jam, 1)
        buy(other)
        set_line(other, milk, 1)
        cancel_my_order(other, buy(other).orders[0].number, "changed my mind")
        set_line(buyer, jam, 2)
        start_checkout(buyer, self.settings)

    def _jam(self) -> str:
        manager, jam = self.there.actor("other_manager"), self._sold("Jam")
        receive_goods(manager, jam, 20)
        waste_goods(manager, jam, 2, Waste("damaged"))
        adjust_stock(manager, jam, -1, "count")
        return jam

    def keep_lots(self) -> None:
        """Curd in two lots, some sold, some wasted, some sent to another shelf."""
        manager, buyer = self.there.actor("other_manager"), self.there.actor("other_customer")
        curd, bucket = self._sold("Curd"), self._sold("Curd for the kitchen")
        for slug in (curd, bucket):
            track_lots(manager, slug, True)
        for quantity, days in ((4, 1), (9, 2)):
            best_before = clock.utc_now().date() + timedelta(days=days)
            receive_goods(manager, curd, quantity, "", Delivery("", best_before))
        set_line(buyer, curd, 5)
        buy(buyer)
        waste_goods(manager, curd, 1, Waste("damaged"))
        transfer_goods(manager, curd, 3, Transfer(bucket))

    def _sold(self, title: str) -> str:
        manager = self.there.actor("other_manager")
        new = NewProduct(title=title, category=self.there.keys["category"], price=Money(777, "INR"))
        slug = create_product(manager, self.there.keys["other_manager.store"], new).slug
        publish_product(manager, slug)
        return slug

    def work(self, folder: Path) -> None:
        """A finished export, a cancelled one, and last month's reports."""
        run_export(id_of_job(self.there.keys["job"]), folder, self.settings.currency)
        other = self.there.actor("other_manager")
        cancel_job(other, request_export(other, self.there.keys["other_manager.store"]).uid)
        _say_they_came_long_ago()
        run_month(clock.month_before(clock.utc_now(), self.settings.tz), self.settings)

    def voices(self) -> None:
        """A review that was shown, answered and reported, beside the world's list."""
        say(self.there)
        answer = ReviewAnswer(text="Thank you.")
        answer_review(self.there.actor("manager"), self.there.keys["review"], answer)

    def people(self, app: Any) -> None:
        """Somebody suspended and let in again, and a manager who is none any more."""
        admin = self.there.actor("admin")
        uid = self.there.people["other_customer"].uid
        suspend(admin, uid, "a mix-up")
        reinstate(admin, uid)
        self.there.people["former"] = applicant(app, "Fifth Shop")
        world._let_in(self.there, "former")
        change_role(SYSTEM, self.there.people["former"].email, "customer")
        boss, store = self.there.actor("manager"), self.there.keys["manager.store"]
        change_place(boss, store, self.there.people["courier"].uid, "picker")
        remove_member(boss, store, self.there.people["mixed"].uid)

    def shelves(self) -> None:
        """A category in another, wishes granted and refused, an incident ended, an answer kept."""
        admin, manager = self.there.actor("admin"), self.there.actor("manager")
        keys = self.there.keys
        create_category(admin, NewCategory(name="Juices", parent=keys["category"], well="sky"))
        create_category(admin, NewCategory(name="Teas", parent=keys["category"]))
        for name, decide in (("Coffee", approve_request), ("Cocoa", reject_request)):
            wish = CategoryWish(kind="create", name=name, store=keys["manager.store"])
            reason = ("too many shelves",) if decide is reject_request else ()
            decide(admin, ask_for_category(manager, wish), *reason)
        resolve_incident(admin, keys["incident"], "counted again")
        once(Claim.of(Actor(account_id=1), "a-key"), lambda: Stored(201, b"{}"))

    def plans(self, files: Storage) -> None:
        """Facts and pictures of a product; of its prices one came true, one waits, one will not."""
        manager, milk = self.there.actor("other_manager"), self._sold("Oat bread")
        facts = ProductChanges(diet=["vegan"], allergens=["gluten"], may_contain=["nuts"])
        edit_product(manager, milk, facts)
        for _ in range(2):
            add_picture(manager, files, milk, picture())
        now = clock.utc_now()
        soon, later, never = (
            plan_price(manager, milk, NewPlannedPrice(price=Money(9900, "INR"), due_at=moment))
            for moment in (now + timedelta(seconds=0.3), now + A_DAY, now + 2 * A_DAY)
        )
        cancel_planned_price(manager, milk, never.uid)
        wait_until(lambda: carry_out_due() == 1, 10, f"the price {soon.uid}, before {later.uid}")


@verb
def _say_they_came_long_ago(connection: Connection) -> None:
    connection.execute(update(Account).values(created_at=LONG_AGO))


def keep_books(app: Any, settings: Settings, folder: Path) -> world.World:
    """The shop, in the database that is connected; ``folder`` takes the export's file."""
    keeper = _Keeper(world.build(app), settings)
    keeper.trade()
    keeper.keep_lots()
    keeper.work(folder)
    keeper.voices()
    keeper.people(app)
    keeper.shelves()
    keeper.plans(Storage(folder / "media"))
    return keeper.there
