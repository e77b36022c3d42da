"""The test command: checks of the code, then pytest on a PostgreSQL server of its own that is thrown away.

``./kalends test`` runs everything; ``./kalends test tests/core -k money`` hands its arguments to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kalends.platform.databases_for_tests import TEST_HOME

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM = "KALENDS_CHROMIUM"
"""The environment variable that tells the browser tests which Chromium to drive; empty when there is none."""

_WITH_EXAMPLES = (
    "accounts",
    "api",
    "billing",
    "buyer",
    "catalog",
    "cli",
    "core",
    "crm",
    "documents",
    "events",
    "imports",
    "messages",
    "payments",
    "platform",
    "portability",
    "proof",
    "query",
    "sales",
    "segments",
    "staff",
    "views",
)
_TESTED = (
    "tests",
    "docs",
    *(f"src/kalends/{floor}" for floor in _WITH_EXAMPLES),
)
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MIGRATIONS_CHECK = (
    "from kalends.platform.boot import boot; boot();"
    "from django.core.management import call_command; call_command('makemigrations', check=True, dry_run=True)"
)
_NOT_INHERITED = ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
_CONTRACTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"


@dataclass(frozen=True, slots=True)
class Result:
    """How one step of the suite went."""

    name: str
    passed: bool
    seconds: float
    note: str = ""


def run_suite(arguments: Sequence[str] = ()) -> int:
    """Run the whole suite, or, with arguments, only pytest with them. Returns 0 when everything passed, else 1."""
    home = Path(tempfile.mkdtemp(prefix="kalends-test-"))
    home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    environment = _environment(home)
    try:
        if arguments:
            environment[CHROMIUM] = find_chromium() or ""
            return _run([sys.executable, "-m", "pytest", *arguments], environment).returncode
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda step: step(environment), _quiet_steps()))
        results += [step(environment) for step in (_chromium_step, _pytest_step)]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return _closing(results)


def _quiet_steps() -> list[Callable[[dict[str, str]], Result]]:
    """Checks that can be made beside each other.

    Collecting finds modules that cannot be loaded, and leaves every test compiled: pytest's processes would each do it.
    """
    python = sys.executable
    existing = [path for path in ("src", "tests", "benchmarks") if (ROOT / path).exists()]
    return [
        _quiet("style", [python, "-m", "ruff", "check", "--output-format", "concise", *existing]),
        _quiet(
            "format", [python, "-m", "ruff", "format", "--check", "--output-format", "concise", *existing]
        ),
        _quiet("collection", [python, "-m", "pytest", "-qq", "--collect-only", *_collected()]),
        _quiet("types", [python, "-m", "pyright", "--pythonpath", python]),
        _quiet("import contracts", [python, "-c", _CONTRACTS]),
        _quiet("migrations", [python, "-c", _MIGRATIONS_CHECK]),
    ]


def _quiet(name: str, command: Sequence[str]) -> Callable[[dict[str, str]], Result]:
    """A check whose output is worth reading only when it fails."""

    def step(environment: dict[str, str]) -> Result:
        began = time.monotonic()
        done = _run(command, environment, capture=True)
        if done.returncode != 0:
            print(f"---- {name}\n{done.stdout.strip()}\n", flush=True)
        return Result(name, done.returncode == 0, time.monotonic() - began)

    return step


def _chromium_step(environment: dict[str, str]) -> Result:
    """Without a browser its tests are skipped, which is said here; on a CI machine that is a failure."""
    began = time.monotonic()
    found = find_chromium() or _install_chromium()
    environment[CHROMIUM] = found or ""
    if found:
        return Result("browser", passed=True, seconds=time.monotonic() - began, note=found)
    note = "no Chromium here, and it could not be installed: the browser tests are skipped"
    return Result("browser", os.environ.get("CI") != "true", time.monotonic() - began, note)


def _pytest_step(environment: dict[str, str]) -> Result:
    began = time.monotonic()
    processes = str(
        min((os.cpu_count() or 1) + 1, 4)
    )  # one more than cores: pages and the database are waited for
    options = [
        "-q",
        "-n",
        processes,
        "--dist=loadfile",
        # In the order of the folders: else files with few tests, which are the slow ones of the browser, come last, and
        # one process works on them while the others have nothing left.
        "--no-loadscope-reorder",
    ]
    done = _run([sys.executable, "-m", "pytest", *options, *_collected()], environment)
    return Result("tests", done.returncode == 0, time.monotonic() - began)


def _collected() -> list[str]:
    """What tells pytest where tests are, and examples."""
    places = [place for place in _TESTED if (ROOT / place).exists()]
    return ["--doctest-modules", "--ignore=src/kalends/platform/wsgi.py", *places]


def find_chromium() -> str | None:
    """The Chromium on this machine, or None."""
    chosen = os.environ.get(CHROMIUM)
    return chosen or next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)


def _install_chromium() -> str | None:
    """Debian's package, where we may install it."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    print("kalends: installing Debian's chromium for the browser tests ...", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = _run(["apt-get", "-qq", *command], environment, capture=True)
        if done.returncode != 0:
            return None
    return find_chromium()


def _environment(home: Path) -> dict[str, str]:
    """What every step runs with: a home of its own, no database of the user's, no colors or pings of the tools.

    And with compiled modules: hundreds of processes are started, each of which would compile all that it loads anew.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return inherited | {
        "KALENDS_HOME": str(home),
        TEST_HOME: str(home),
        "KALENDS_EPHEMERAL": "1",
        "PYTHONPATH": str(ROOT / "src"),
        "DJANGO_SETTINGS_MODULE": "kalends.platform.settings",
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }


def _run(
    command: Sequence[str], environment: dict[str, str], *, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    output = subprocess.PIPE if capture else None
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if capture else None,
        text=True,
        errors="replace",
        check=False,
    )


def _closing(results: Sequence[Result]) -> int:
    print()
    for result in results:
        verdict = "ok    " if result.passed else "FAILED"
        print(f"  {verdict}  {result.name:<17} {result.seconds:6.1f} s  {result.note}".rstrip())
    failed = [result.name for result in results if not result.passed]
    print(f"\nkalends test: {'failed: ' + ', '.join(failed) if failed else 'everything passed'}", flush=True)
    return 1 if failed else 0
