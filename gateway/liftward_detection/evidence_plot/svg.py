"""A small writer of SVG: elements as text, everything escaped. Must not know lifts or time."""

from collections.abc import Iterable
from html import escape

Attribute = str | float | int


def number(value: float) -> str:
    """Return a coordinate: a tenth of a pixel is enough, and keeps the text short."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


def element(name: str, content: str | Iterable[str] = "", /, **attributes: Attribute) -> str:
    """Return an element. `content` is markup already; `_` in names is `-`, `class_` is class."""
    written = "".join(
        f' {_attribute(key)}="{escape(_value(value), quote=True)}"'
        for key, value in attributes.items()
    )
    inside = content if isinstance(content, str) else "".join(content)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def text(
    x_px: float, y_px: float, words: str, /, *, class_: str = "", anchor: str = "start"
) -> str:
    """Return a line of text; its baseline stands at `y_px`."""
    anchored = {} if anchor == "start" else {"text_anchor": anchor}
    classed = {"class_": class_} if class_ else {}
    return element("text", escape(words), x=x_px, y=y_px, **anchored, **classed)


def rectangle(x_px: float, y_px: float, width_px: float, height_px: float, /, class_: str) -> str:
    return element(
        "rect", x=x_px, y=y_px, width=max(width_px, 1.0), height=height_px, class_=class_
    )


def line(x1_px: float, y1_px: float, x2_px: float, y2_px: float, /, class_: str) -> str:
    return element("line", x1=x1_px, y1=y1_px, x2=x2_px, y2=y2_px, class_=class_)


def path(commands: str, /, class_: str) -> str:
    return element("path", d=commands, class_=class_)


def _attribute(key: str) -> str:
    return "class" if key == "class_" else key if key == "viewBox" else key.replace("_", "-")


def _value(value: Attribute) -> str:
    return value if isinstance(value, str) else number(value)
