"""A shop's accent colour, made readable: the contrast of WCAG 2, computed."""

_WHITE, _BLACK, _DARK_SURFACE = (255, 255, 255), (21, 24, 30), (22, 26, 33)
# In the dark a colour must also look lit, which 4.5 does not reach.
_READABLE_LIGHT, _READABLE_DARK = 4.5, 6.0
_STEPS = 20

Colour = tuple[int, int, int]


def accent_css(accent: str) -> str:
    """The variables that a shop's colour sets, for both themes: `#4038b8` → a small stylesheet."""
    light = _until(_READABLE_LIGHT, _parse(accent), against=_WHITE, towards=_BLACK)
    dark = _until(_READABLE_DARK, _parse(accent), against=_DARK_SURFACE, towards=_WHITE)
    light_rules, dark_rules = _rules(light, on=_WHITE), _rules(dark, on=_BLACK)
    return (
        f":root{{{light_rules}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark_rules}}}}}"
        f":root[data-theme=dark]{{{dark_rules}}}"
    )


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _rules(colour: Colour, *, on: Colour) -> str:
    return (
        f"--primary:{_hex(colour)};--primary-hover:{_hex(_mix(colour, on=_BLACK, share=0.18))};"
        f"--on-primary:{_hex(on)};--accent:{_hex(colour)};--on-accent:{_hex(on)};"
        f"--primary-tint:color-mix(in srgb,{_hex(colour)} 9%,var(--surface));"
    )


def _until(ratio: float, colour: Colour, *, against: Colour, towards: Colour) -> Colour:
    for step in range(_STEPS + 1):
        mixed = _mix(colour, on=towards, share=step / _STEPS)
        if contrast(mixed, against) >= ratio:
            return mixed
    return towards


def _mix(colour: Colour, *, on: Colour, share: float) -> Colour:
    red, green, blue = (round(c + (o - c) * share) for c, o in zip(colour, on, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    parts = [part / 255 for part in colour]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parse(text: str) -> Colour:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
