"""One library as a peer of the benchmark: answers JSON lines on stdin until stdin closes.

    python serve.py LIBRARY

A case is a module `CASE_LIBRARY.py` with `FORMS`: from the name of each way in which a friend of the
library would write the work, to a function that takes the case's parameters and returns one without
parameters that does the work once and waits for its end. `verify` of that module hands its results over
as files. Start-up, compilation and warm-up happen in "prepare", so only work is measured.
"""

import importlib
import json
import os
import resource
import statistics
import sys
import time

# A batch is timed as a whole, so that reading the clock does not count.
BATCH_SECONDS = 2e-3
WARM_UP_SECONDS = 0.5


class Work:
    """One form of one case, warmed up."""

    def __init__(self, request):
        self.module = importlib.import_module(f"{request['case']}_{sys.argv[1]}")
        self.run = self.module.FORMS[request["form"]](request["parameters"])
        calls, start = 0, time.perf_counter()
        while calls < 3 or time.perf_counter() - start < WARM_UP_SECONDS:
            self.run()
            calls += 1
        start = time.perf_counter()
        self.run()
        self.batch = max(1, round(BATCH_SECONDS / (time.perf_counter() - start)))

    def verify(self, request):
        self.module.verify(self.run, request["parameters"], request["folder"])
        return {}

    def time(self, request):
        """Median seconds of a call, over batches for as long as asked, at least three."""
        calls = []
        end = time.perf_counter() + request["seconds"]
        while len(calls) < 3 or time.perf_counter() < end:
            start = time.perf_counter()
            for _ in range(self.batch):
                self.run()
            calls.append((time.perf_counter() - start) / self.batch)
        return {"seconds": statistics.median(calls)}


def to_loss(request):
    """Trains until the held-out loss is low enough. Compilation is done before the clock starts."""
    given = request["parameters"]
    module = importlib.import_module(f"{request['case']}_{sys.argv[1]}")
    form = module.FORMS[request["form"]]
    held_out = module.batch(given, "held_out")
    training = form(given)
    training()
    training.held_out_loss(held_out)
    training.restart()
    steps, loss, start = 0, float("inf"), time.perf_counter()
    while loss > given["loss"] and steps < given["most"]:
        training()
        steps += given["steps"]
        loss = training.held_out_loss(held_out)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"seconds": seconds, "steps": steps, "loss": loss, "peak_bytes": peak}


def main():
    # Whatever a library prints goes to the log, not between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    if hasattr(os, "sched_setaffinity"):
        threads = int(os.environ["OMP_NUM_THREADS"])
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    works = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            match request["do"]:
                case "start":
                    library = importlib.import_module(sys.argv[1])
                    answer = {"version": library.__version__}
                case "prepare":
                    works[request["form"]] = Work(request)
                    answer = {}
                case "to_loss":
                    answer = to_loss(request)
                case "forget":
                    works.clear()
                    answer = {}
                case method:
                    answer = getattr(works[request["form"]], method)(request)
        except Exception as error:
            text = str(error).strip().splitlines() or [""]
            answer = {"error": f"{type(error).__name__}: {text[0]}"}
        print(json.dumps(answer), file=answers, flush=True)


main()
