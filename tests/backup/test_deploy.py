"""The examples of deployment: they parse, and every command, option, variable and file in them exists.

Neither containers nor units are started here: that needs a container engine and a system manager.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from kalends.cli.app import kalends

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
_OTHERS_VARIABLES = {"SITE", "POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD"}
"""What the examples ask of whoever fills them in, for PostgreSQL and the proxy."""


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())


def told_variables() -> set[str]:
    return set(re.findall(r"^\| .*?`([A-Z_]+)`", (ROOT / "docs" / "operations.md").read_text(), re.M))


def check_command(words: list[str]) -> None:
    """Fail unless the command line has a command that exists, with options that it takes."""
    command: click.Command = kalends
    ctx = click.Context(command)
    while isinstance(command, click.Group):
        found = command.get_command(ctx, words[0])
        assert found is not None, f"there is no command {words[0]}"
        command, words = found, words[1:]
    command.make_parser(click.Context(command)).parse_args(list(words))


def commands() -> list[list[str]]:
    """Every command line of Kalends in the examples, without the program."""
    found = [service["command"] for service in compose()["services"].values() if "build" in service]
    docker = (DEPLOY / "compose" / "Dockerfile").read_text()
    found += [re.findall(r'"([^"]+)"', line) for line in docker.splitlines() if line.startswith("CMD ")]
    for unit in UNITS:
        lines = re.findall(r"^ExecStart=/opt/kalends/kalends (.*)$", unit.read_text(), re.M)
        found += [shlex.split(line.replace("%i", "8000")) for line in lines]
    return found


def test_every_command_in_them_exists_with_its_options() -> None:
    known = commands()
    assert len(known) == 7
    for words in known:
        check_command(words)


def test_a_command_that_does_not_exist_is_found() -> None:
    with pytest.raises(AssertionError):
        check_command(["brew"])
    with pytest.raises(click.UsageError):
        check_command(["serve", "--prot", "8000"])


def test_every_variable_in_them_is_told_in_the_document_or_asked_of_the_reader() -> None:
    given = set(compose()["x-kalends"]["environment"])
    for path in DEPLOY.rglob("*.env"):
        given |= set(re.findall(r"^([A-Z_]+)=", path.read_text(), re.M))
    given |= set(re.findall(r"^ENV ([A-Z_]+)=", (DEPLOY / "compose" / "Dockerfile").read_text(), re.M))
    assert given - told_variables() - _OTHERS_VARIABLES == set()
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose" / "compose.yaml").read_text()))
    offered = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose" / "example.env").read_text(), re.M))
    assert asked == offered


def test_the_services_of_compose_know_each_other_and_their_volumes() -> None:
    document = compose()
    services, volumes = document["services"], document["volumes"]
    assert {"web", "worker", "database", "proxy"} == set(services)
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in volumes or (DEPLOY / "compose" / source).exists(), source
    assert services["web"]["environment"] == services["worker"]["environment"]
    hosts = re.findall(r"@(\w+):5432", str(document["x-kalends"]["environment"]))
    assert set(hosts) == {"database"}


def test_the_image_copies_what_there_is() -> None:
    lines = (DEPLOY / "compose" / "Dockerfile").read_text().splitlines()
    sources = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    let_in = (DEPLOY / "compose" / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{source}" for source in sources} <= set(let_in)


def test_shell_scripts_can_be_read_by_the_shell() -> None:
    for path in DEPLOY.rglob("*.sh"):
        assert subprocess.run(["sh", "-n", path], check=False).returncode == 0, path


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_right_as_far_as_the_system_manager_can_tell(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        assert "[Service]" in unit.read_text()
        return
    for each in (DEPLOY / "systemd").iterdir():
        text = each.read_text().replace("/opt/kalends/kalends", str(ROOT / "kalends"))
        (tmp_path / each.name).write_text(text)
    checked = tmp_path / unit.name.replace("@.", "@8000.")
    if checked.name != unit.name:
        shutil.copy(tmp_path / unit.name, checked)
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", checked], capture_output=True, text=True, check=False
    )
    ours = [line for line in told.stderr.splitlines() if "kalends" in line and "EnvironmentFile" not in line]
    assert ours == []


def test_whichever_unit_started_the_server_in_the_home_may_write_its_log_into_the_backup() -> None:
    backup = (DEPLOY / "systemd" / "kalends-backup.service").read_text()
    (folder,) = re.findall(r"backup make (\S+)", backup)
    embedded = (DEPLOY / "systemd" / "embedded.conf").read_text()
    assert f"ReadWritePaths=-{folder}" in embedded.splitlines()
    told = set(re.findall(r"/etc/systemd/system/(\S+)\.d/embedded\.conf", embedded))
    assert told == {unit.name for unit in UNITS}


def test_units_give_what_is_under_way_time_to_end_and_are_hardened() -> None:
    for unit in UNITS:
        text = unit.read_text()
        for setting in (
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "CapabilityBoundingSet=",
            "User=kalends",
        ):
            assert setting in text, (unit.name, setting)
        assert re.search(r"TimeoutSt\w+Sec=(\d{3}|infinity)", text), unit.name
