"""The cache's figures as Prometheus reads them (text, version 0.0.4)."""

from collections.abc import Mapping

# Name, type, what it is; then each line: labels, and the figure of meters.py that it shows.
_FAMILIES = (
    (
        "kirana_cache_lookups_total", "counter", "Public reads by where they ended.",
        (
            ('{level="edge",outcome="hit"}', "edge_hits"),
            ('{level="edge",outcome="miss"}', "edge_misses"),
            ('{level="process",outcome="hit"}', "near_hits"),
            ('{level="redis",outcome="hit"}', "shared_hits"),
            ('{level="database",outcome="made"}', "made"),
        ),
    ),
    (
        "kirana_cache_not_modified_total", "counter", "Hits of the edge that sent no body.",
        (("", "edge_not_modified"),),
    ),
    (
        "kirana_cache_overtaken_total", "counter",
        "Answers not kept because the catalogue changed while they were made.",
        (("", "overtaken"),),
    ),
    (
        "kirana_cache_hit_age_seconds", "summary", "Age of what the edge answered from the cache.",
        (("_sum", "edge_hit_age"), ("_count", "edge_hits")),
    ),
    (
        "kirana_cache_entries", "gauge", "Values at hand in the processes.",
        (("", "entries"),),
    ),
    (
        "kirana_cache_bytes", "gauge", "Bytes of these values, with room for compressed forms.",
        (("", "bytes"),),
    ),
    (
        "kirana_cache_processes", "gauge", "Processes that were added up.",
        (("", "processes"),),
    ),
)  # fmt: skip


def exposition(figures: Mapping[str, float]) -> str:
    """All families; the ratio is that of the edge since its processes began."""
    lines = []
    for name, kind, what, shown in _FAMILIES:
        lines += [f"# HELP {name} {what}", f"# TYPE {name} {kind}"]
        lines += [f"{name}{labels} {figures[figure]:.12g}" for labels, figure in shown]
    asked = figures["edge_hits"] + figures["edge_misses"]
    lines += [
        "# HELP kirana_cache_hit_ratio Hits of the edge among what it looked up.",
        "# TYPE kirana_cache_hit_ratio gauge",
        f"kirana_cache_hit_ratio {figures['edge_hits'] / asked if asked else 0:.4f}",
    ]
    return "\n".join(lines) + "\n"
