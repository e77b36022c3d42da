"""A process that works on a copy of books reaches nobody, by whatever way it tries."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kalends.platform import sealed_off
from tests.receiver import receiving

_TRIES = {
    "a webhook": "import urllib.request; urllib.request.urlopen({url!r}, timeout=5)",
    "a program's call": "import requests; requests.get({url!r}, timeout=5)",
    "a mail server": "import smtplib; smtplib.SMTP('127.0.0.1', {port})",
    "a socket": "import socket; socket.create_connection(('127.0.0.1', {port}))",
    "a datagram": "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {port}))",
    "a look-up of a name": "import socket; socket.getaddrinfo('kalends.test', 80)",
}


def _run(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    sealed = "import os\nfrom kalends.platform import sealed_off\nif sealed_off.is_asked_for(): sealed_off.seal_off()\n"
    return subprocess.run(
        [sys.executable, "-c", sealed + code],
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("what", _TRIES)
def test_it_is_refused_by_the_process_itself(what: str) -> None:
    with receiving() as receiver:
        port = receiver.url.split(":")[2].split("/")[0]
        code = _TRIES[what].format(url=receiver.url, port=port)

        tried = _run(code, {sealed_off.VARIABLE: "1"})

        assert tried.returncode == 1
        assert "may reach nobody outside" in tried.stderr
        assert receiver.requests == []


def test_without_it_the_same_call_arrives() -> None:
    with receiving() as receiver:
        _run(f"import requests; requests.post({receiver.url!r}, data='[]', timeout=5)", {})
        receiver.wait_for(1, seconds=5)


def test_what_is_forked_is_sealed_too_and_files_that_are_sockets_are_not() -> None:
    code = (
        "import socket\n"
        "ours, theirs = socket.socketpair()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try: socket.create_connection(('127.0.0.1', 1))\n"
        "    except sealed_off.SealedOff: ours.send(b'sealed')\n"
        "    os._exit(0)\n"
        "os.waitpid(pid, 0); print(theirs.recv(9).decode())\n"
    )
    assert _run(code, {sealed_off.VARIABLE: "1"}).stdout == "sealed\n"
