"""Kernels that cargo did not install, as stand-ins: programs that answer Jupyter with a version and run no cell."""

import os
import shutil
import subprocess
import sys

import trial

# A kernel in Python which says that it is the one in Rust.
KERNEL = """#!{python}
import sys
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class StandIn(Kernel):
    implementation, implementation_version, banner = "evcxr_jupyter", "{version}", "a stand-in"
    language_info = {{"name": "rust", "mimetype": "text/rust", "file_extension": ".rs"}}

    def do_execute(self, code, silent, *_, **__):
        content = {{"ename": "StandIn", "evalue": "a stand-in runs nothing", "traceback": []}}
        self.send_response(self.iopub_socket, "error", content)
        return {{"status": "error", "execution_count": 1, **content}}

IPKernelApp.launch_instance(["-f", sys.argv[sys.argv.index("--control_file") + 1]], kernel_class=StandIn)
"""
NONE = "#!/bin/sh\nexit 3\n"


def tried(program, folder, home):
    """Name of each case, whether it held, and what was said."""
    compiled = ["installing evcxr_jupyter failed", "network"]
    notebooks = trial.write(folder / "strange-notebooks", "one", [trial.text("# One"), trial.code("1 + 1")])
    for number, (name, text, wanted) in enumerate(
        [
            ("a kernel that cargo did not install", kernel("0.22.0"), ["used as it is", "a stand-in runs nothing"]),
            ("a kernel of another version", kernel("0.21.1"), ["is version 0.21.1", *compiled]),
            ("a program that only has the kernel's name", NONE, ["does not answer as a kernel", *compiled]),
        ]
    ):
        place, own = folder / f"strange{number}", folder / f"strange-home{number}"
        stranger = furnish(place, own, home, text)
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(place), "/usr/bin", "/bin"]),
            "DIFFUSION_INTUITION_HOME": str(own),
            "JUPYTER_DATA_DIR": str(folder / "strange-jupyter"),
            "CARGO_HOME": str(folder / "strange-cargo"),
            "CARGO_NET_OFFLINE": "true",
        }
        command = [program, "--notebooks", notebooks, "--out", folder / "strange-pages"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        said = done.stdout + done.stderr
        missing = [text for text in wanted if text not in said]
        kept = stranger.read_text(encoding="utf-8") == text
        yield name, done.returncode == 1 and kept and not missing, f"missing {missing}\n{said}"


def kernel(version):
    """A stand-in of this version."""
    return KERNEL.format(python=sys.executable, version=version)


def furnish(place, own, home, text):
    """A folder for the `PATH` with the stranger in it, and a home with the Python packages that are installed already."""
    place.mkdir()
    own.mkdir()
    for packages in home.glob("python-*"):
        (own / packages.name).symlink_to(packages)
    for tool in filter(shutil.which, ["rustc", "cargo", "rustup", "cc"]):
        (place / tool).symlink_to(shutil.which(tool))
    python = getattr(sys, "_base_executable", sys.executable)
    for name, script in {"python3": f'#!/bin/sh\nexec "{python}" "$@"\n', "evcxr_jupyter": text}.items():
        (place / name).write_text(script, encoding="utf-8")
        (place / name).chmod(0o755)
    return place / "evcxr_jupyter"
