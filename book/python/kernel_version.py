"""Asks a program whether it is a kernel of this name, and of which version: evcxr says so in no other way.

Called by `cargo book` with the program and the name. Prints the version, or why there is none.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

PATIENCE = 60  # seconds; without its libraries' sources it starts in two


def version(program, name, folder):
    """What the kernel answers."""
    spec = folder / "kernels/asked/kernel.json"
    spec.parent.mkdir(parents=True)
    (folder / "work").mkdir()
    argv = [program, "--control_file", "{connection_file}"]
    env = {"EVCXR_TMPDIR": str(folder / "work")}
    spec.write_text(json.dumps({"argv": argv, "display_name": "asked", "language": "rust", "env": env}), encoding="utf-8")
    specs = KernelSpecManager(kernel_dirs=[str(folder / "kernels")])
    manager = KernelManager(kernel_name="asked", kernel_spec_manager=specs, connection_file=str(folder / "connection.json"))
    manager.start_kernel(cwd=folder)
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        content = client.kernel_info(reply=True, timeout=PATIENCE)["content"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if content.get("implementation") != name:
        raise RuntimeError(f"it is {content.get('implementation')}")
    return content["implementation_version"]


if __name__ == "__main__":
    # The answer is ours alone: a kernel says things, too.
    answering = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        try:
            print(version(sys.argv[1], sys.argv[2], Path(temporary)), file=answering)
        except (OSError, RuntimeError, TimeoutError) as error:
            sys.exit(f"{sys.argv[1]}: {error}")
