"""What drawn motifs are made of: gradients and turned copies."""


def gradient(name: str, light: str, dark: str) -> str:
    return (
        f'<defs><linearGradient id="{name}" x1="0" y1="0" x2=".4" y2="1">'
        f'<stop offset="0" stop-color="{light}"/><stop offset="1" stop-color="{dark}"/>'
        "</linearGradient></defs>"
    )


def turned(content: str, turn: float, x: float, y: float, scale: float = 1) -> str:
    return f'<g transform="translate({x} {y}) rotate({turn}) scale({scale})">{content}</g>'
