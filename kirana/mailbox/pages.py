"""The mailbox as HTML; works without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from kirana.mailbox import mime
from kirana.mailbox.store import Entry

VIEWS = {"html": "HTML", "text": "Text", "source": "Source", "parts": "Parts"}
MOST_SHOWN = 500_000  # characters of a source


@dataclass(frozen=True)
class Listing:
    """Which part of how many messages is shown, and what was searched for."""

    total: int
    start: int
    size: int
    words: str


def _frame(title: str, words: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="bar">
<a class="mark" href="/">Mailbox</a>
<form class="search" role="search" action="/">
<input type="search" name="query" value="{escape(words)}" aria-label="Search mail"
 placeholder="Search sender, subject, text">
<button>Search</button>
</form>
</header>
<main>
{content}
</main>
</body>
</html>
"""


def listing(entries: Sequence[Entry], shown: Listing) -> str:
    """The list, newest first."""
    count = "1 message" if shown.total == 1 else f"{shown.total} messages"
    what = f"{count} with “{shown.words}”" if shown.words else count
    tools = '<a class="button" href="/">Refresh</a>'
    if entries and not shown.words:
        tools += '<form method="post" action="/delete-all"><button>Delete all</button></form>'
    rows = "\n".join(map(_row, entries))
    body = f'<ul class="list">\n{rows}\n</ul>{_turner(shown)}' if entries else _empty(shown)
    head = f'<div class="head"><h1>{escape(what)}</h1><div class="tools">{tools}</div></div>'
    return _frame("Mailbox", shown.words, head + body)


def _row(entry: Entry) -> str:
    to = escape(", ".join(entry.envelope.recipients))
    return (
        f'<li><a href="/messages/{entry.id}"><span class="to">{to}</span>'
        f'<span class="subject">{escape(entry.subject) or "(no subject)"}</span>'
        f'<span class="when">{_time(entry)} · {_size(entry.size)}</span></a></li>'
    )


def _empty(shown: Listing) -> str:
    if shown.words:
        return '<p class="empty">Nothing was found. <a href="/">All messages</a></p>'
    text = "No mail yet. Whatever the shop sends is shown here and goes nowhere else."
    return f'<p class="empty">{text}</p>'


def _turner(shown: Listing) -> str:
    links = []
    for text, start in (
        ("Newer", shown.start - shown.size),
        ("Older", shown.start + shown.size),
    ):
        if -shown.size < start < shown.total:
            query = urlencode({"start": max(start, 0), "query": shown.words})
            links.append(f'<a class="button" href="/?{escape(query)}">{text}</a>')
    return f'<nav class="turner" aria-label="Pages">{"".join(links)}</nav>' if links else ""


def message(entry: Entry, raw: bytes, wished: str) -> str:
    """One message in the wished view, or the first that it has."""
    parsed = mime.parse(raw)
    views = {
        "html": _html_view(entry) if mime.body(parsed, "html") else "",
        "text": _pre(mime.body(parsed, "plain")),
        "source": _pre(raw.decode("utf-8", "replace")),
        "parts": _parts_view(entry, mime.parts(parsed)),
    }
    view = wished if views.get(wished) else next(name for name in VIEWS if views[name])
    tabs = "".join(
        f'<a href="?view={name}"{_CURRENT if name == view else ""}>{VIEWS[name]}</a>'
        for name in VIEWS
        if views[name]
    )
    subject = escape(entry.subject) or "(no subject)"
    content = (
        f'<div class="head"><h1>{subject}</h1>{_tools(entry)}</div>{_facts(entry)}'
        f'<nav class="tabs" aria-label="Views">{tabs}</nav>{views[view]}'
    )
    return _frame(entry.subject or "Message", "", content)


_CURRENT = ' aria-current="page"'


def _tools(entry: Entry) -> str:
    return (
        '<div class="tools">'
        f'<a class="button" href="/api/v1/messages/{entry.id}/download">Download</a>'
        f'<form method="post" action="/messages/{entry.id}/delete"><button>Delete</button></form>'
        "</div>"
    )


def _facts(entry: Entry) -> str:
    facts = {
        "From": escape(entry.envelope.sender) or "(bounce)",
        "To": escape(", ".join(entry.envelope.recipients)),
        "Received": f"{_time(entry)}, {_size(entry.size)}",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts.items())
    return f'<dl class="facts">{rows}</dl>'


def _html_view(entry: Entry) -> str:
    return (
        f'<iframe title="The message as HTML" src="/messages/{entry.id}/html" '
        'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
    )


def _pre(text: str) -> str:
    return f'<pre tabindex="0">{escape(text[:MOST_SHOWN])}</pre>' if text else ""


def _parts_view(entry: Entry, parts: Sequence[mime.Part]) -> str:
    rows = "".join(
        f'<li><span class="to">{escape(part.file_name) or "(no name)"}</span>'
        f'<span class="when">{escape(part.content_type)} · {_size(len(part.content))}</span>'
        f'<a class="button" download href="/api/v1/messages/{entry.id}/mime/part/{part.path}'
        f'/download" aria-label="Download {escape(part.file_name or part.content_type)}">'
        "Download</a></li>"
        for part in parts
    )
    return f'<ul class="parts">{rows}</ul>'


def _time(entry: Entry) -> str:
    moment = datetime.fromisoformat(entry.envelope.created).astimezone()
    return (
        f'<time datetime="{escape(entry.envelope.created)}">{moment:%d %b %Y, %H:%M:%S %Z}</time>'
    )


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
