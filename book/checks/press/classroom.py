"""Proves that many users share one read-only prefix: nobody compiles the library, nobody disturbs another.

Usage: python3 book/checks/press/classroom.py PROGRAM   (the compiled `book`; the working directory is a clone)

A prefix is set up, by a run that is killed and one that goes on where it was, and made read-only. Users, each with a
home and a clone of their own and no rights beyond those, start kernels from it at once; the kernel of one is killed.
CLASSROOM_USERS says how many there are (3 unless it says otherwise). Kernel and Python packages are those that are
installed already. CLASSROOM_PREFIX names a prefix to try as it is, of an image for example, in place of a new one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from trial import FIRST, Count, processes

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
USERS = int(os.environ.get("CLASSROOM_USERS", "3"))
PATIENCE = 900  # seconds for the slowest user of a full class
SETTLE = 5  # seconds until a kernel is idle


def furnish(prefix):
    """Puts links to the installed kernel and packages into the prefix, in place of a quarter of an hour."""
    home = Path(os.environ.get("DIFFUSION_INTUITION_HOME") or Path(sys.prefix).parent)
    prefix.mkdir()
    for pattern in ("evcxr-*", "python-*"):
        for installed in home.glob(pattern):
            if (installed / "bin").is_dir():
                (prefix / installed.name).symlink_to(installed)


def set_up(program, prefix, kill_after=None):
    """Sets the prefix up; returns the exit code, what was said and the seconds."""
    start = time.perf_counter()
    command = [program, "setup", "--prefix", prefix]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as setting_up:
        try:
            said, _ = setting_up.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            os.killpg(setting_up.pid, signal.SIGKILL)
            said, _ = setting_up.communicate()
    return setting_up.returncode, said, time.perf_counter() - start


def make_read_only(folder):
    """Takes everybody's right to write away."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def make_writable(folder):
    """Gives it back, so that the folder can be removed."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o700)


def enrol(folder, number):
    """A home and a clone; times and place are not those of the clone that the prefix was set up from."""
    home = folder / f"user {number}" if number == 1 else folder / f"user{number}"
    clone = home / "book"
    home.mkdir(mode=0o700)
    shutil.copytree(Path.cwd(), clone, ignore=shutil.ignore_patterns("target", ".git"), copy_function=shutil.copy)
    return home, clone


def start_user(prefix, home, clone, killed):
    """Starts this script as a user of the prefix, without the rights of root."""
    kept = ("PATH", "LANG", "LC_ALL", "TMPDIR")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    rustup = os.environ.get("RUSTUP_HOME") or str(Path.home() / ".rustup")
    environment |= {
        "HOME": str(home),
        "RUSTUP_HOME": rustup,
        "CARGO_HOME": str(home / "cargo"),
        "CARGO_NET_OFFLINE": "true",
        "JUPYTER_PATH": str(prefix / "share/jupyter"),
        # A home whose path has a space cannot hold the kernel's folder.
        "DIFFUSION_INTUITION_HOME": str(home.parent / f"{home.name.replace(' ', '-')}-cache"),
    }
    command = [sys.executable, "-B", __file__, "--user", clone, "kill" if killed else "stay"]
    if os.geteuid() == 0 and shutil.which("setpriv"):
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def tree(process):
    """A process and all below it."""
    parents = {number: parent for number, parent, _, _ in processes()}
    below = {process}
    while more := {number for number, parent in parents.items() if parent in below} - below:
        below |= more
    return below


def memory(process):
    """Megabytes that a kernel and its children hold, pages that others share in equal parts."""
    held = 0
    for number in tree(process):
        try:
            lines = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        held += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return held / 1000


def disk(folder):
    """Megabytes that a folder takes; links take nothing."""
    files = [path.lstat() for path in folder.rglob("*")] if folder.exists() else []
    return sum(file.st_blocks * 512 for file in files) / 1e6


def user(clone, killed):
    """One user: from the start of a kernel to the first figure, then idle; prints what was measured."""
    from jupyter_client import KernelManager
    from latency import run

    notebook = json.loads((clone / FIRST).read_text(encoding="utf-8"))
    sources = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    folder = Path(os.environ["DIFFUSION_INTUITION_HOME"])
    start = time.perf_counter()
    manager = KernelManager(kernel_name="diffusion-intuition")
    manager.start_kernel(cwd=str(clone / "notebooks"), stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        shown = next(shown for shown, _ in (run(client, source) for source in sources) if shown is not None)
        time.sleep(SETTLE)
        process = manager.provisioner.pid
        libraries = list(folder.glob("kernels/*/target/**/libdiffusion_intuition-*.rlib"))
        measured = {
            "seconds": shown - start,
            "memory": memory(process),
            "disk": disk(folder),
            "compiled": [str(file) for file in libraries if not file.is_symlink()],
            "shared": len(libraries),
        }
        if killed:
            os.kill(process, signal.SIGKILL)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(json.dumps(measured))


def teach(folder, prefix, count):
    """Lets all users work at once, and counts what held."""
    users = [enrol(folder, number) for number in range(USERS)]
    print(f"the prefix takes {disk(prefix):.0f} MB without kernel and packages")
    before = sorted((str(path), path.lstat().st_mtime) for path in prefix.rglob("*"))
    running = [start_user(prefix, *user, killed=number == 0) for number, user in enumerate(users)]
    for number, process in enumerate(running):
        printed, said = process.communicate(timeout=PATIENCE)
        good = process.returncode == 0
        count(f"user {number} sees a figure", good, said)
        if not good:
            continue
        measured = json.loads(printed.splitlines()[-1])
        count(f"user {number} compiles no library", measured["shared"] and not measured["compiled"], printed)
        print(
            f"user {number}: first figure {measured['seconds']:.1f} s, idle {measured['memory']:.0f} MB, "
            f"disk {measured['disk']:.1f} MB"
        )
        count(f"user {number} takes at most 30 MB of disk", measured["disk"] <= 30, measured["disk"])
    after = sorted((str(path), path.lstat().st_mtime) for path in prefix.rglob("*"))
    count("the prefix is as it was", before == after)


def main():
    """Sets up, teaches, counts."""
    program = str(Path(sys.argv[1]).absolute())
    count = Count()
    given = os.environ.get("CLASSROOM_PREFIX")
    if given:
        with tempfile.TemporaryDirectory() as temporary:
            teach(Path(temporary).resolve(), Path(given), count)
        return count.end()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        prefix = folder / "prefix"
        furnish(prefix)
        set_up(program, prefix, kill_after=5)
        ended, said, seconds = set_up(program, prefix)
        count("a killed set-up goes on", ended == 0, said)
        print(f"setting up without kernel and packages took {seconds:.0f} s")
        if ended == 0:
            make_read_only(prefix)
            try:
                teach(folder, prefix, count)
            finally:
                make_writable(prefix)
    return count.end()


if __name__ == "__main__":
    if sys.argv[1] == "--user":
        user(Path(sys.argv[2]), sys.argv[3] == "kill")
    else:
        sys.exit(main())
