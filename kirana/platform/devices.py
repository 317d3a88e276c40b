"""What a device is called on its owner's screen. Pure: read from the User-Agent it sent."""

NAMELESS = "A device without a name"
# The first that fits counts: most browsers also claim to be Chrome, Safari and Mozilla.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def device_name(agent: str) -> str:
    """``Chrome on Linux``; what is neither a known browser nor system goes by its first word."""
    browser, system = _first(_BROWSERS, agent), _first(_SYSTEMS, agent)
    if browser and system:
        return f"{browser} on {system}"
    words = agent.replace("/", " ").split()
    return browser or system or (words[0][:40] if words else NAMELESS)


def _first(names: dict[str, str], agent: str) -> str:
    return next((name for mark, name in names.items() if mark in agent), "")
