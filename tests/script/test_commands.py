"""The commands from the outside: what a person can mend ends in one sentence, never in a traceback."""

import subprocess
from pathlib import Path

import pytest

from workshop.commands import server
from workshop.commands import test as tests
from workshop.places import ROOT


def _run(words: list[str | Path], env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], env=env, cwd=cwd, capture_output=True, text=True, timeout=120
    )


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_taken_port_is_named(script, outside, taken_port, tmp_path):
    done = _run([script / "server", "--port", str(taken_port)], outside, tmp_path)
    assert _sentence(done).startswith(f"Port {taken_port} is taken")


def test_one_port_cannot_serve_both_faces(script, outside, tmp_path):
    done = _run([script / "server", "--port", "8123", "--sandbox-port", "8123"], outside, tmp_path)
    assert _sentence(done) == "The web and the sandbox cannot both listen on port 8123."


def test_an_unknown_benchmark_is_refused_with_those_that_exist(script, outside, tmp_path):
    assert _sentence(_run([script / "bench", "nothing"], outside, tmp_path)).startswith(
        "There is no benchmark"
    )


def test_a_code_is_for_somebody(script, outside, tmp_path):
    assert _sentence(_run([script / "code"], outside, tmp_path)).startswith("Whose code?")


def test_an_unknown_flag_is_refused_with_the_usage(script, outside, tmp_path):
    assert "script/setup [--dev]" in _sentence(_run([script / "setup", "--fast"], outside, tmp_path))


def test_a_folder_that_cannot_hold_data_is_named(script, outside, tmp_path):
    (tmp_path / "data").write_text("a file in the place of the folder")
    done = _run([script / "manage", "check"], outside, tmp_path)
    assert _sentence(done).endswith("cannot be used: Not a directory.")


@pytest.mark.parametrize("command", ["setup", "server", "test", "bench"])
def test_every_command_explains_itself(script, outside, tmp_path, command):
    done = _run([script / command, "--help"], outside, tmp_path)
    assert done.returncode == 0
    assert f"script/{command}" in done.stdout


def test_a_shim_that_does_not_work_is_passed_over(script, outside, tmp_path):
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python", "python3", "python3.11", "python3.12"):
        (shims / name).write_text("#!/bin/sh\necho 'not found' >&2\nexit 127\n")
        (shims / name).chmod(0o755)
    done = _run([script / "bench", "--help"], outside | {"PATH": f"{shims}:{outside['PATH']}"}, tmp_path)
    assert done.returncode == 0


def test_it_works_without_a_home(script, outside, tmp_path):
    homeless = {name: value for name, value in outside.items() if name != "HOME"}
    done = _run([script / "manage", "check"], homeless, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [["PATH", "-k", "x"], ["PATH", "--", "-k", "x"]])
def test_options_of_pytest_follow_with_or_without_a_dash_before_them(words):
    assert tests.pytest_words(words)[-3:] == ("PATH", "-k", "x")


def test_a_long_run_lets_a_test_take_its_time():
    assert "faulthandler_timeout=3600" in tests.pytest_words(["--long", "PATH"])
    assert not any("faulthandler" in str(word) for word in tests.pytest_words(["PATH"]))


@pytest.mark.parametrize(
    ("host", "is_warned"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)]
)
def test_who_lets_other_machines_in_reads_that_they_need_https(host, is_warned):
    assert ("docs/proxies.md" in server.caution(host)) is is_warned


def test_ci_runs_exactly_the_checks():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines == ["#!/bin/sh", 'exec "$(dirname -- "$0")/../script/test"']


def test_no_file_of_the_installation_is_tracked():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not [
        name for name in tracked.splitlines() if name.startswith((".venv/", ".keyway/", "node_modules/"))
    ]
