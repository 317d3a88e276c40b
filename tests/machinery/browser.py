"""The system's Chromium, driven by Playwright."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these Chromium looks for its maker's servers at every start.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
)
# A window of a browser that nobody sees has an address bar and its list of suggestions, each a page
# in a process of its own: half of what opening a context costs. Only the last of these switches
# counts, so what Playwright turns off for Chromium is turned off here too.
WITHOUT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "InitialWebUI",
    "SpareRendererForSitePerProcess",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    "WebUIReloadButton",
    "WebUIToolbar",
)


def find_chromium() -> str | None:
    return next((found for name in ON_PATH if (found := shutil.which(name))), None)


def chromium_version(program: str) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "Chromium ?"


def options() -> list[str]:
    """Switches for the start; the sandbox is given up only as root, where it cannot run."""
    without = "--disable-features=" + ",".join(WITHOUT)
    return [*QUIET, without, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@contextlib.contextmanager
def open_browser(program: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options())
        try:
            yield browser
        finally:
            browser.close()
