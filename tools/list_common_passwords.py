"""Make kirana/accounts/common_passwords.txt from zxcvbn's frequency list (MIT licence, NOTICE).

    python -m tools.list_common_passwords

Keeps, sorted and one a line, in the form in which ``kirana.accounts.passwords`` compares: what has
eight characters or more, and the shorter words that are most used, which are refused with digits
around them.
"""

from pathlib import Path

from zxcvbn.frequency_lists import FREQUENCY_LISTS

from kirana.accounts.passwords import SHORTEST, comparable

MOST_USED = 3000
SHORTEST_WORD = 4
TARGET = Path(__file__).parent.parent / "kirana/accounts/common_passwords.txt"
# What shops in India see first, and no list of English words has.
_OWN = """
namaste1 namaste123 jaimatadi saibaba1 omsairam omnamahshivaya krishna1 krishna123 ganesha1
ganesh123 iloveindia india123 india1234 indiaindia bharat123 mumbai123 delhi123 bangalore chennai1
cricket123 cricketer shopkeeper shopping shopping1 shopper1 shop1234 groceries storekeeper
supermarket vegetables welcome123 welcome1234 changeme123 admin123 admin1234 admin@123 qwerty12345
password! password1! mypassword yourpassword thepassword password@123 letmein123 hello123
iloveyou123 test12345 demo1234 guest123 user1234 1234512345 0123456789 9876543210
"""


def main() -> None:
    listed = FREQUENCY_LISTS["passwords"]
    long = {
        comparable(word) for word in (*listed, *_OWN.split()) if len(comparable(word)) >= SHORTEST
    }
    short = {word for word in listed[:MOST_USED] if word.isalpha() and len(word) >= SHORTEST_WORD}
    kept = sorted(long | short)
    TARGET.write_text("\n".join(kept) + "\n", encoding="utf-8")
    print(f"{len(long)} passwords, {len(kept)} lines, {TARGET.stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
