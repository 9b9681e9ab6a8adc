"""Proves that a kernel that is set up asks no other machine for anything and keeps its linker.

`cargo book ci missing` calls it. Everything that could ask is told to do so through a proxy, which only counts the calls.
"""

import os
import socket
import subprocess
import threading
from pathlib import Path

from trial import code, dependencies, text, write


class Proxy:
    """Counts who calls, and answers nobody."""

    def __init__(self):
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        """Takes calls for as long as this process lives."""
        while True:
            caller, _ = self.socket.accept()
            self.calls += 1
            caller.close()

    def environment(self):
        """Variables that send everyone here."""
        names = ("CARGO_HTTP_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY")
        kept = {name: value for name, value in os.environ.items() if name != "CARGO_NET_OFFLINE"}
        return {**kept, **dict.fromkeys(names, self.address), "CARGO_NET_RETRY": "0", "NO_PROXY": "", "no_proxy": ""}


def sees_calls(folder):
    """Whether the proxy notices cargo looking for a package: a check that sees nothing proves nothing."""
    (folder / "src").mkdir(parents=True)
    (folder / "src/lib.rs").touch()
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "asks"\nedition = "2021"\n[dependencies]\nndarray = "0.17"\n[workspace]\n', encoding="utf-8"
    )
    proxy = Proxy()
    subprocess.run(
        ["cargo", "metadata", "--format-version=1"],
        cwd=folder,
        env=proxy.environment(),
        capture_output=True,
        check=False,
    )
    return proxy.calls > 0


LINKER = """#!/bin/sh
echo "$0" >> "{record}"
case "$1" in
-run) shift; exec "$@" ;;
*) exec ld "$@" ;;
esac
"""


def new_linkers(folder, record):
    """A folder with the linkers that a person installs later; they record that they were called."""
    folder.mkdir()
    for name in ("lld", "ld.lld", "mold"):
        (folder / name).write_text(LINKER.format(record=record), encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def calls_of_a_press(program, folder):
    """The calls that a press makes whose library is compiled, the new linkers that it uses, and what it said.

    The first two are `None` if it fails.
    """
    # A cell that infers nothing.
    cells = [text("# No network"), code(dependencies(Path.cwd())), code('let x: f64 = 1.5;\nprintln!("{x}")')]
    notebooks = write(folder / "notebooks", "offline", cells)
    command = [program, "--fresh", "--notebooks", notebooks, "--out", folder / "pages"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        return None, None, done.stdout + done.stderr
    proxy, record = Proxy(), folder / "linkers"
    linkers = new_linkers(folder / "linker", record)
    # Rust is not on the path of what is started from a menu.
    rust = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo") / "bin"
    path = [part for part in os.environ["PATH"].split(os.pathsep) if Path(part) != rust]
    environment = {**proxy.environment(), "PATH": os.pathsep.join([str(linkers), *path])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    said = done.stdout + done.stderr
    if done.returncode:
        return None, None, said
    return proxy.calls, record.read_text(encoding="utf-8").split() if record.exists() else [], said
