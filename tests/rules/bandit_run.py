"""Bandit over the product, and what of its findings was read and found harmless."""

from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager

from tests.rules.source import ROOT

PAUSE = "spreads pauses, keeps no secret"
CERTAIN = "tells the type checker what the line before made sure of"
CONSTANTS = "put together from names of the schema, never from input"
DEMO = "the demo shop is the same for each seed on purpose"
ESCAPES = "writes XML, reads none"
WORD = "a word or a default, no password"
REVIEWED = {
    ("kirana/catalog/drawing.py", "B406"): ESCAPES,
    ("kirana/catalog/lettering.py", "B406"): ESCAPES,
    ("kirana/check/__init__.py", "B608"): CONSTANTS,
    ("kirana/check/catalogue.py", "B608"): CONSTANTS,
    ("kirana/check/history.py", "B608"): CONSTANTS,
    ("kirana/check/ledgers.py", "B608"): CONSTANTS,
    ("kirana/check/links.py", "B608"): CONSTANTS,
    ("kirana/check/people.py", "B608"): CONSTANTS,
    ("kirana/demo/catalogue.py", "B311"): DEMO,
    ("kirana/demo/households.py", "B311"): DEMO,
    ("kirana/demo/people.py", "B105"): "the demo logins that the banner shows, in development only",
    ("kirana/demo/people.py", "B311"): DEMO,
    ("kirana/demo/voices.py", "B311"): DEMO,
    ("kirana/demo/seeding.py", "B311"): DEMO,
    ("kirana/platform/config.py", "B105"): WORD,
    ("kirana/stores/pages.py", "B106"): WORD,
    ("kirana/platform/db.py", "B311"): PAUSE,
    ("kirana/mailing/delivery.py", "B311"): PAUSE,
    ("kirana/reports/services.py", "B101"): CERTAIN,
    ("kirana/stock/api.py", "B101"): CERTAIN,
    ("kirana/storefront/sitemap.py", "B406"): ESCAPES,
    ("kirana/supervisor/guard.py", "B404"): "starts the shop's own programs",
    ("kirana/supervisor/guard.py", "B603"): "starts the shop's own programs, without a shell",
    ("kirana/supervisor/start.py", "B104"): "reads the setting, binds nothing",
    ("kirana/supervisor/start.py", "B606"): "becomes the supervisor, without a shell",
}


def findings() -> set[tuple[str, str]]:
    """Path and test of each finding, of whatever severity and confidence."""
    manager = BanditManager(BanditConfig(), "file", quiet=True)
    manager.discover_files([str(ROOT / "kirana")], recursive=True)
    manager.run_tests()
    assert len(manager.files_list) > 50
    assert not manager.skipped
    return {
        (str(issue.fname).removeprefix(f"{ROOT}/"), issue.test_id)
        for issue in manager.get_issue_list()
    }
