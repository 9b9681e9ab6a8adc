"""Executes one notebook in the real kernel and reports every cell as a line of JSON.

Called by `cargo book` with one argument, a JSON object: `notebook` (what to execute), `executed` (where the
result goes), `folder` (working directory of the kernel), `kernel` and `display_name` (of the kernelspec),
`cell_timeout` and `startup_timeout` in seconds.

The kernel answers "ok" to panics and to errors returned by `?`; both leave their text on stderr, so a cell
that writes to stderr has failed, unless it carries the tag `raises-exception`, which then must fail. The kernel
sends stderr from a thread of its own, so a line can arrive after the cell's end: late lines are waited for after
each cell, what arrives before the next cell can have been compiled is the last one's, and at the end of the
notebook a marker on stderr proves that none is missing.

What a cell prints is bounded: a page keeps the first lines and says how many more there were, and a cell that
prints more than the kernel can pass on has failed.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from queue import Empty

import nbformat
import zmq
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from outputs import LETTERS, LINES, add_printed, failure_of, tidy
from processes import has_closed_stdout, memory_of

LATE = 0.06  # seconds to wait for late output after each cell
PATIENCE = 3  # seconds to wait for the failure of a cell that must fail
COMPILING = 0.05  # seconds that pass in any case before a cell runs: the compiler alone takes longer
MOST = 300_000  # lines, then the cell has failed
MEMORY = 1 << 30  # bytes that the kernel may grow by during a cell: it keeps what it has not yet passed on
ARRIVAL = 120  # seconds that the outputs may take to arrive after the cell's end, on a busy machine
WATCH = 0.5  # seconds between looks at the kernel while a cell runs
MARKER = "end of the notebook's stderr"
# The report is ours alone: a kernel that inherited it would hold it open when this process is killed.
reporting = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def report(**fields):
    """Prints one line of the report."""
    print(json.dumps(fields), file=reporting, flush=True)


def surplus_waits(channel):
    """Whether messages wait to be taken in."""
    return zmq.Socket.shadow(channel.socket).poll(0)


class Failure(Exception):
    """A cell that did not do what it should; carries what the reader needs to know."""

    def __init__(self, index, message):
        super().__init__(message)
        self.index = index


class Executor(NotebookClient):
    """Jupyter's client, with an ear for late output."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.errors_seen = []  # every (request, text) on stderr, whoever read it
        self.cell_of = {}  # the index of the cell of every request
        self.ended = {}  # the cell of every request that has ended, the last one last
        self.begin()

    def begin(self):
        """Begins a cell."""
        self.began = time.monotonic()  # when the cell was sent
        self.first_error = None  # when the first line came over stderr since then
        self.printed = {"stdout": [0, 0], "stderr": [0, 0]}  # lines and letters kept
        self.left_out = 0  # lines that are not

    async def async_start_new_kernel_client(self):
        """Listens to everything that comes in, also to what the client itself drops."""
        kernel_groups.append(self.km.provisioner.pid)
        client = await super().async_start_new_kernel_client()
        channel = client.iopub_channel
        get_message = channel.get_msg

        async def listen(timeout=None):
            message = None
            while self.left_out and message is None and surplus_waits(channel):
                message = self.skip(channel)
                await asyncio.sleep(0)
            message = message or await get_message(timeout=timeout)
            if message["msg_type"] == "stream" and message["content"]["name"] == "stderr":
                request, text = message["parent_header"].get("msg_id"), message["content"]["text"]
                if len(self.errors_seen) < LINES or MARKER in text:
                    self.errors_seen.append((request, text))
                self.first_error = self.first_error or time.monotonic()
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                self.take_in_late(message)
            return message

        channel.get_msg = listen
        return client

    def take_in_late(self, message):
        """Gives what an earlier cell printed to that cell: the kernel may send it after the cell's end."""
        parent = message["parent_header"]
        cell = self.ended.get(parent.get("msg_id"))
        if cell is None and self.ended and time.monotonic() - self.began < COMPILING:
            cell = list(self.ended.values())[-1]
        if cell is not None:
            add_printed(cell, message["content"]["text"])
            parent["msg_id"] = None  # no one else's

    def skip(self, channel):
        """Takes in printed lines that are left out anyway, fifty times as fast as the client; returns what is no
        such line, or nothing."""
        socket = zmq.Socket.shadow(channel.socket)
        for _ in range(LINES):
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return None
            content = json.loads(frames[-1])
            if json.loads(frames[-4])["msg_type"] != "stream" or content["name"] != "stdout":
                return channel.session.deserialize(channel.session.feed_identities(frames)[1])
            self.left_out += content["text"].count("\n")
        return None

    def output(self, outs, msg, display_id, cell_index):
        """Takes in an output; printed text only as far as a page keeps it."""
        if msg["msg_type"] == "stream":
            content = msg["content"]
            kept = self.printed[content["name"]]
            room = LETTERS - kept[1]
            if kept[0] >= LINES or room <= 0:
                self.left_out += content["text"].count("\n")
                return None
            if len(content["text"]) > room:
                self.left_out += 1
                content["text"] = content["text"][:room] + "\n"
            kept[0] += content["text"].count("\n")
            kept[1] += len(content["text"])
        return super().output(outs, msg, display_id, cell_index)

    async def watch(self):
        """Looks at the kernel while a cell runs; returns when the cell must be ended, with the reason."""
        kernel, closed = self.km.provisioner.pid, 0
        start = await asyncio.to_thread(memory_of, kernel)
        while True:
            await asyncio.sleep(WATCH)
            if self.left_out > MOST:
                return f"the cell printed more than {MOST:,} lines"
            if await asyncio.to_thread(memory_of, kernel) - start > MEMORY:
                return "the cell printed more than the kernel can pass on, or a line without an end"
            closed = closed + 1 if await asyncio.to_thread(has_closed_stdout, kernel) else 0
            if closed > 3:
                return "the cell closed its standard output, over which the kernel hears of its end"

    def early(self):
        """Whether the first line on stderr came before the current cell can have run."""
        return self.first_error is not None and self.first_error - self.began < COMPILING

    async def late_output(self, cell, index, request, patience):
        """Takes in what arrives after the end of the cell; a failure is waited for as long as `patience`."""
        end = time.monotonic() + patience
        while True:
            try:
                message = await self.kc.iopub_channel.get_msg(timeout=LATE)
            except Empty:
                if failure_of(cell) or time.monotonic() > end:
                    return
                continue
            if message["parent_header"].get("msg_id") == request:
                self.process_message(message, cell, index)

    async def drain_errors(self):
        """Waits for the marker, sent last, and returns all that came over stderr before it."""
        request = self.kc.execute(f'eprintln!("{MARKER}");', store_history=False)
        end = time.monotonic() + 60
        while not any(MARKER in text for _, text in self.errors_seen):
            if time.monotonic() > end:
                raise Failure(
                    None,
                    "the kernel no longer passes on what is written to stderr: a cell closed it, or wrote what is "
                    "not UTF-8",
                )
            with contextlib.suppress(Empty):
                await self.kc.iopub_channel.get_msg(timeout=1)
            if not await self.km.is_alive():
                raise Failure(None, "the kernel died after the last cell")
        return [entry for entry in self.errors_seen if entry[0] != request and MARKER not in entry[1]]


async def run_watched(executor, cell, index):
    """Runs a cell until it ends or must be ended."""
    running = asyncio.ensure_future(executor.async_execute_cell(cell, index))
    watching = asyncio.ensure_future(executor.watch())
    try:
        await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise Failure(index, watching.result())
        await running
    finally:
        running.cancel()
        watching.cancel()


async def execute_cell(executor, cell, index, before, count):
    """Executes one cell, which comes after the one with the index `before`; raises `Failure` if it fails."""
    requests = []
    executor.on_cell_executed = lambda cell, cell_index, execute_reply: requests.append(
        execute_reply["parent_header"]["msg_id"]
    )
    allowed = "raises-exception" in cell.metadata.get("tags", [])
    executor.begin()
    await run_watched(executor, cell, index)
    for request in requests:
        executor.cell_of[request] = index
        await executor.late_output(cell, index, request, PATIENCE if allowed else 0)
        executor.ended[request] = cell
    cell.execution_count = count
    tidy(cell, executor.left_out)
    if executor.left_out:
        report(event="note", index=index, left_out=executor.left_out)
    failure = failure_of(cell)
    if failure and executor.early():
        raise Failure(before, failure)
    if failure and not allowed:
        raise Failure(index, failure)
    if allowed and not failure:
        raise Failure(index, "the cell carries the tag raises-exception, but it succeeds")
    return requests if allowed else []


async def execute_cells(executor, cells):
    """Executes all code cells in order."""
    forgiven, before = set(), None
    for count, (index, cell) in enumerate(cells, start=1):
        report(event="start", cell=count, index=index)
        started = time.monotonic()
        try:
            forgiven.update(await execute_cell(executor, cell, index, before, count))
        except CellTimeoutError as error:
            if "IOPub" in str(error):
                raise Failure(index, f"the cell's outputs did not arrive within {ARRIVAL} s") from None
            raise Failure(index, f"the cell took longer than {executor.timeout} s") from None
        except DeadKernelError:
            raise Failure(index, "the kernel died") from None
        report(event="end", cell=count, index=index, seconds=time.monotonic() - started)
        before = index
    for request, text in await executor.drain_errors():
        shown = any(text in failure for failure in (failure_of(cell) or "" for _, cell in cells))
        if request not in forgiven and not shown:
            raise Failure(executor.cell_of.get(request), f"the cell wrote to stderr after its end: {text}")


kernel_groups = []  # process groups of the kernels that were started


def end_kernels():
    """Ends the kernel and what a killed kernel may have left running, such as a cell in an endless loop."""
    for group in kernel_groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def end_with_caller():
    """Ends everything when `cargo book` is gone, however it ended: its end of our standard input closes."""

    def wait():
        sys.stdin.read()
        end_kernels()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


async def execute(job):
    """Executes the notebook of a job and writes the result."""
    notebook = nbformat.read(job["notebook"], as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    executor = Executor(
        notebook,
        kernel_name=job["kernel"],
        timeout=job["cell_timeout"],
        startup_timeout=job["startup_timeout"],
        iopub_timeout=ARRIVAL,
        raise_on_iopub_timeout=True,
        resources={"metadata": {"path": job["folder"]}},
        allow_errors=True,
        record_timing=False,
        shutdown_kernel="immediate",
    )
    cells = [
        (index, cell)
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]
    report(event="cells", count=len(cells))
    try:
        async with executor.async_setup_kernel():
            await execute_cells(executor, cells)
    finally:
        end_kernels()
    notebook.metadata["kernelspec"] = {
        "display_name": job["display_name"],
        "language": "rust",
        "name": job["kernel"],
    }
    notebook.metadata["language_info"] = {
        "codemirror_mode": "rust",
        "file_extension": ".rs",
        "mimetype": "text/rust",
        "name": "rust",
        "pygments_lexer": "rust",
    }
    nbformat.write(notebook, job["executed"])


def main():
    """Does the job and reports how it ended."""
    job = json.loads(sys.argv[1])
    end_with_caller()
    try:
        asyncio.run(execute(job))
    except Failure as failure:
        report(event="failure", index=failure.index, message=str(failure))
    except Exception as error:  # whatever it is, it fails the book and is shown
        report(event="failure", index=None, message=f"{type(error).__name__}: {error}")
    else:
        report(event="done")


if __name__ == "__main__":
    main()
