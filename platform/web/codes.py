"""QR codes, drawn on the server as SVG."""

import io

import segno


def svg(text: str, *, label: str) -> str:
    """A QR code of `text`, black on white. The quiet zone of four modules is part of the drawing."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn,
        kind="svg",
        border=4,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        title=label,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
    )
    return drawn.getvalue().decode().replace("<svg ", '<svg role="img" ', 1)
