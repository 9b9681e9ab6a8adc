"""Proves that a sentence says what is missing on a machine, and what to do.

Usage: python3 book/checks/missing.py PROGRAM   (the compiled `book`)

The program runs with a `PATH` of its own, which holds only what a case leaves on it, and with a home of its own.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NOWHERE = "http://127.0.0.1:9"  # nothing listens there
OLD = "#!/bin/sh\necho '3.8.0 linux /usr'\n"
NO_VENV = """#!/bin/sh
case "$2" in
-c) exec "{python}" "$@" ;;
esac
echo "No module named venv" >&2
exit 1
"""


def programs(folder, tools, **scripts):
    """A folder for the `PATH` with these tools of the system and these programs of our own."""
    folder.mkdir()
    for tool in tools:
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return str(folder)


def cases(folder, python):
    """Name, changed environment, and what the message must hold."""
    rust = ["rustc", "cargo", "rustup"]
    with_python = {"python3": f'#!/bin/sh\nexec "{python}" "$@"\n'}
    home = Path(os.environ.get("DIFFUSION_INTUITION_HOME") or installed_home())
    furnished = folder / "furnished"
    furnished.mkdir()
    for packages in home.glob("python-*"):
        (furnished / packages.name).symlink_to(packages)
    yield (
        "no C compiler",
        {"PATH": programs(folder / "1", rust, **with_python)},
        ["no C compiler", "install one"],
    )
    yield (
        "no rustc",
        {"PATH": programs(folder / "2", ["cc"], **with_python)},
        ["rustc does not answer", "install Rust"],
    )
    yield (
        "no python3",
        {"PATH": programs(folder / "3", [*rust, "cc"])},
        ["no python3 found", "install Python 3.11"],
    )
    yield (
        "an old python3",
        {"PATH": programs(folder / "4", [*rust, "cc"], python3=OLD)},
        ["3.8.0", "install a newer one"],
    )
    yield (
        "no venv",
        {"PATH": programs(folder / "5", [*rust, "cc"], python3=NO_VENV.format(python=python))},
        ["install its venv module"],
    )
    everything = programs(folder / "6", [*rust, "cc"], **with_python)
    yield (
        "no network for Python packages",
        {"PATH": everything, "PIP_INDEX_URL": NOWHERE, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"},
        ["installing the Python packages failed", "network", "run `cargo book` again"],
    )
    yield (
        "no network for the kernel",
        {
            "PATH": everything,
            "DIFFUSION_INTUITION_HOME": str(furnished),
            "CARGO_HOME": str(folder / "cargo"),
            "CARGO_NET_OFFLINE": "true",
        },
        ["installing evcxr_jupyter failed", "network", "run `cargo book` again"],
    )
    yield (
        "no place to write",
        {"PATH": everything, "DIFFUSION_INTUITION_HOME": "/dev/null/home"},
        ["cannot make /dev/null/home", "set DIFFUSION_INTUITION_HOME"],
    )
    full = folder / "full"
    full.mkdir()
    if small_disk(full):
        yield (
            "a full disk",
            {"PATH": everything, "DIFFUSION_INTUITION_HOME": str(full)},
            ["disk", "full", "free some space"],
        )
        subprocess.run(["umount", full], check=False)
    else:
        print("left out: a full disk (no right to mount a small one)")


def installed_home():
    """Where the per-user folder lies: this very interpreter is installed in it."""
    return Path(sys.prefix).parent


def small_disk(folder):
    """Mounts a disk that is soon full, where that is allowed."""
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def main():
    """Runs all cases and ends with a line that counts them."""
    program = sys.argv[1]
    python = getattr(sys, "_base_executable", sys.executable)
    passed = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        for number, (name, changes, wanted) in enumerate(cases(folder, python)):
            environment = {
                **os.environ,
                "DIFFUSION_INTUITION_HOME": str(folder / f"home{number}"),
                "JUPYTER_DATA_DIR": str(folder / "jupyter"),
                **changes,
            }
            done = subprocess.run(
                [program], env=environment, capture_output=True, text=True, timeout=300, check=False
            )
            missing = [text for text in wanted if text not in done.stderr]
            # One sentence, not a back trace; what a tool said may follow it.
            good = done.returncode == 1 and not missing and done.stderr.startswith("error: ")
            passed, failed = passed + good, failed + (not good)
            print(f"{'ok' if good else 'FAILED'}: {name}", flush=True)
            if not good:
                print(f"exit code {done.returncode}, missing {missing}\n{done.stdout}{done.stderr}")
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
