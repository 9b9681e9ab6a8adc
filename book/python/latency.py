"""Measures one kernel from outside: from its start to its first figure, and one further cell.

Called by `cargo book latency` with one argument, a JSON object: `kernel` (name of the kernelspec), `folder`
(working directory of the kernel), `cells` (sources, run in order until one shows a drawing), `further` (sources
to run after that). Prints a JSON object: `first_figure` and `further` in seconds, and `printed`, what the
further cells printed.
"""

import contextlib
import json
import os
import signal
import sys
import time

from jupyter_client import KernelManager

PATIENCE = 300  # seconds without any message


def run(client, source):
    """Runs one cell; returns when it showed a drawing, or None, and what it printed."""
    request = client.execute(source)
    shown, printed = None, ""
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") != request:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "error" or (kind == "stream" and content["name"] == "stderr"):
            sys.exit(f"a cell failed: {source}\n{content}")
        if kind == "stream":
            printed += content["text"]
        if "image/svg+xml" in content.get("data", {}) and shown is None:
            shown = time.perf_counter()
        if kind == "status" and content["execution_state"] == "idle":
            return shown, printed


def measure(job):
    """Starts a kernel and measures it."""
    start = time.perf_counter()
    manager = KernelManager(kernel_name=job["kernel"])
    manager.start_kernel(cwd=job["folder"])
    client = manager.client()
    try:
        client.start_channels()
        client.kernel_info()
        client.get_shell_msg(timeout=PATIENCE)
        ready = time.perf_counter()
        for source in job["cells"]:
            shown, _ = run(client, source)
            if shown is not None:
                break
        else:
            sys.exit("no cell showed a figure")
        times, printed = [], []
        for source in job["further"]:
            before = time.perf_counter()
            printed.append(run(client, source)[1])
            times.append(time.perf_counter() - before)
    finally:
        client.stop_channels()
        group = manager.provisioner.pid
        manager.shutdown_kernel(now=True)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
    return {
        "ready": ready - start,
        "first_figure": shown - start,
        "further": times,
        "printed": printed,
    }


if __name__ == "__main__":
    # The report is ours alone: a kernel that inherited it would hold it open when this process is killed.
    reporting = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    print(json.dumps(measure(json.loads(sys.argv[1]))), file=reporting)
