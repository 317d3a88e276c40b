"""What is done about baskets without anybody asking."""

from kirana.cart.services.forgetting import forget_guests_baskets
from kirana.platform.celery import task


@task("upkeep.forget_baskets")
def forget_baskets() -> None:
    forget_guests_baskets()
