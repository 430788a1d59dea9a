#!/usr/bin/env python
"""Django's command line. Appends `platform/`, a plain folder, to the path; see docs/architecture.md."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run a management command."""
    sys.path.append(str(Path(__file__).resolve().parent / "platform"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyway.settings")
    from keyway import console

    console.run(sys.argv)


if __name__ == "__main__":
    main()
