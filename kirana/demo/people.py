"""Invented people and the two stores of the demo. Nobody here exists. Pure."""

import random
import unicodedata
from dataclasses import dataclass

PASSWORD = "kirana-demo-2026"  # noqa: S105 - for development only; the banner shows it
ADMIN_EMAIL = "admin@kirana.test"
MANAGER_EMAIL = "manager@kirana.test"
CUSTOMER_EMAIL = "customer@kirana.test"
CITY = "Bengaluru"
ZONE = "Asia/Kolkata"

_NAMES = (
    "Asha Rao", "Meera Krishnan", "Tomás Álvarez", "Wei Chen", "Fatima al-Sayed", "Anna Kowalska",
    "Rahul Deshpande", "Ngozi Okafor", "Lars Lindqvist", "Priya Nair", "Hiroshi Tanaka",
    "Chloé Dubois", "Arjun Mehta", "Aaliyah Rahman", "Giulia Romano", "Kwame Mensah",
    "Sunita Patil", "Maria Santos", "Imran Qureshi", "Elif Yılmaz", "Joseph Fernandes",
    "Lakshmi Iyer", "Dmitri Volkov", "Nadia Haddad", "Vikram Singh", "Soo-jin Park",
    "Ananya Banerjee", "Pedro Oliveira", "Zainab Sheikh", "Oskar Nowak", "Deepa Menon",
    "Amara Diallo", "Karan Malhotra", "Ingrid Hansen", "Farid Karimi", "Shreya Gupta",
    "Liam O’Brien", "Thanh Nguyen", "Rohan Kulkarni", "Leila Benali", "Manish Joshi",
    "Ewa Wójcik", "Tenzin Dorji", "Grace Mwangi", "Sanjay Reddy", "Mei-Ling Wong", "Kabir Khan",
    "Sofia Papadaki", "Divya Pillai", "Noah Cohen", "Ritu Sharma", "Emeka Eze", "Nisha D’Souza",
    "Mateo García", "Harpreet Kaur", "Björn Eriksson", "Geetha Subramanian", "Yuki Sato",
    "Aditya Bhat", "Hanna Müller",
)  # fmt: skip
_STREETS = (
    "Lake View Road", "Temple Tree Street", "Old Mill Lane", "Jasmine Cross", "Banyan Avenue",
    "Station Road", "Cotton Bazaar", "Palm Grove", "Silk Weavers Lane", "Hillside Main",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with an address; the first one is the customer's demo login."""

    name: str
    email: str
    phone: str
    street: str
    postcode: str


@dataclass(frozen=True, slots=True)
class DemoStore:
    """``key`` is what the catalogue calls the store."""

    key: str
    slug: str
    name: str
    street: str
    phone: str
    opening_hours: str


@dataclass(frozen=True, slots=True)
class StaffMember:
    """``store`` is a store's key; the admin works in none. ``also``: joined later, as a manager."""

    name: str
    email: str
    role: str
    store: str | None = None
    place: str = "manager"
    also: str | None = None


STORES = (
    DemoStore(
        "a", "lakeview-provisions", "Lakeview Provisions", "12 Lake View Road",
        "+91 80 5550 0112", "Mon–Sat 7:00–22:00, Sun 8:00–21:00",
    ),
    DemoStore(
        "b", "hillside-grocers", "Hillside Grocers", "3 Hillside Main",
        "+91 80 5550 0203", "Daily 6:30–21:30",
    ),
)  # fmt: skip
STAFF = (
    StaffMember("Nandini Shah", ADMIN_EMAIL, "admin"),
    StaffMember("Ravi Gowda", MANAGER_EMAIL, "manager", "a", "owner"),
    StaffMember("Carla Mendes", "carla.mendes@example.test", "manager", "a", also="b"),
    StaffMember("Suresh Babu", "suresh.babu@example.test", "manager", "b", "owner"),
)


def make_customers(seed: int, count: int) -> tuple[Customer, ...]:
    """``count`` people, at most as many as there are names."""
    if count > len(_NAMES):
        raise ValueError(f"there are {len(_NAMES)} names, not {count}")
    chance = random.Random(f"people {seed}")  # noqa: S311 - the same per seed
    return tuple(
        Customer(
            name=name,
            email=CUSTOMER_EMAIL if number == 0 else _email(name),
            phone=f"+91 80 5550 {1000 + number:04d}",
            street=f"{chance.randint(1, 180)} {chance.choice(_STREETS)}",
            postcode=f"5600{chance.randint(1, 99):02d}",
        )
        for number, name in enumerate(_NAMES[:count])
    )


def _email(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ı", "i").replace("’", ""))
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    return f"{'.'.join(ascii_only.split())}@example.test"
