"""The smallest server there is: it runs while its file exists."""

from workshop.places import DATA


class Switch:
    """Something that can be on or off, for all processes to see."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.file = DATA / f"{name}.on"

    def start(self) -> None:
        """On."""
        self.file.touch()

    def stop(self) -> None:
        """Off."""
        self.file.unlink(missing_ok=True)

    def is_running(self) -> bool:
        """Whether it is on."""
        return self.file.exists()
