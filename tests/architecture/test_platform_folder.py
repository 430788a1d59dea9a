"""`platform/` is a plain folder on the path: it must never hide a module of the standard library."""

import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "platform"
PACKAGES = sorted(entry.name for entry in FOLDER.iterdir() if (entry / "__init__.py").exists())


def test_platform_is_the_standard_librarys():
    assert platform.system()
    assert not Path(platform.__file__).is_relative_to(ROOT)


def test_there_are_packages_to_look_at():
    assert {"kernel", "keyway", "ledger"} <= set(PACKAGES)


def test_no_package_carries_a_name_of_the_standard_library():
    assert not sys.stdlib_module_names & set(PACKAGES)


def test_no_loose_module_lies_in_the_folder():
    assert not list(FOLDER.glob("*.py"))


def test_no_folder_of_that_name_is_a_package():
    assert not list(ROOT.glob("tests/**/platform/__init__.py"))
