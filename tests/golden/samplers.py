"""Golden values for tests/proofs/sampler_golden.rs: Hugging Face diffusers' schedulers, step by step.

    python -m venv venv && venv/bin/pip install torch diffusers numpy
    venv/bin/python tests/golden/samplers.py        # writes samplers.csv beside it

Made with diffusers 0.42.1 and torch 2.15.0 (CPU). Not run by `cargo test`.

The model is a formula that the test repeats: for element j of a row of x_t, at timestep t,
    0.8 sin(1.3 x_j + 0.01 t) + 0.1 j
(so it is nonlinear, depends on t, and tells columns apart). It is read as eps, x0 or v. Everything runs in
f64; the noise is that of this crate's generator (rng.py beside this file).

samplers.csv: case, step, t, then the batch x_t, row by row, before that step (t = -1: the result).
Every case starts with Rng::new(4).standard_normal(2, 3) and draws from Rng::new(5).

DDPM with variance beta runs on a spacing that ends at t = 0 only: diffusers adds noise at the last step of
one that does not. DDIM runs on step counts that divide T only: diffusers takes t - T//N for the next timestep,
whatever its list says.
"""

import csv
from pathlib import Path

import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler
from diffusers.schedulers import scheduling_ddim as ddim
from diffusers.schedulers import scheduling_ddpm as ddpm
from diffusers.schedulers import scheduling_dpmsolver_multistep as dpm

import rng

HERE = Path(__file__).parent
T = 100
ROWS, COLUMNS = 2, 3
KINDS = {"eps": "epsilon", "x0": "sample", "v": "v_prediction"}
LINEAR = dict(num_train_timesteps=T, beta_schedule="linear", beta_start=1e-3, beta_end=0.06)
ZERO_SNR = dict(LINEAR, rescale_betas_zero_snr=True)


def model(x, t):
    return 0.8 * torch.sin(1.3 * x + 0.01 * int(t)) + 0.1 * torch.arange(COLUMNS, dtype=torch.float64)[:, None]


def cases():
    """name, scheduler, number of steps, arguments of step()."""
    trailing = dict(timestep_spacing="trailing")
    # x0 is clipped by hand only where a case says so: diffusers clips to [-1, 1] unless told otherwise.
    free = dict(trailing, clip_sample=False)
    for kind, name in KINDS.items():
        predict = dict(prediction_type=name)
        for variance, theirs in {"posterior": "fixed_small", "beta": "fixed_large"}.items():
            for steps in [10, 7]:
                spacing = dict(timestep_spacing="trailing" if variance == "posterior" else "linspace")
                scheduler = DDPMScheduler(
                    **LINEAR, **spacing, **predict, clip_sample=False, variance_type=theirs
                )
                yield f"ddpm-{variance}/{kind}/{steps}", scheduler, steps, {}
        for eta in [0.0, 0.6, 1.0]:
            for steps in [10, 5]:
                scheduler = DDIMScheduler(**LINEAR, **free, **predict, set_alpha_to_one=True)
                yield f"ddim-{eta}/{kind}/{steps}", scheduler, steps, dict(eta=eta)
        for steps in [10, 7, 20]:
            scheduler = DPMSolverMultistepScheduler(
                **LINEAR, **trailing, **predict, algorithm_type="dpmsolver++", solver_order=2,
                solver_type="midpoint", final_sigmas_type="zero", lower_order_final=True,
            )
            yield f"dpm/{kind}/{steps}", scheduler, steps, {}
        # All steps of the schedule, from T-1 to 0.
        scheduler = DDPMScheduler(**LINEAR, **free, **predict, variance_type="fixed_small")
        yield f"ddpm-posterior/{kind}/{T}", scheduler, T, {}
        clipped = dict(trailing, clip_sample=True, clip_sample_range=0.7)
        yield f"ddpm-clip/{kind}/10", DDPMScheduler(**LINEAR, **clipped, **predict), 10, {}
        scheduler = DDIMScheduler(**LINEAR, **clipped, **predict, set_alpha_to_one=True)
        yield f"ddim-clip/{kind}/10", scheduler, 10, dict(eta=0.0, use_clipped_model_output=True)
        dynamic = dict(trailing, thresholding=True, dynamic_thresholding_ratio=0.7, sample_max_value=1e9)
        scheduler = DDPMScheduler(**LINEAR, **dynamic, clip_sample=False, **predict)
        yield f"ddpm-dynamic/{kind}/10", scheduler, 10, {}
        scheduler = DPMSolverMultistepScheduler(
            **LINEAR, **dynamic, **predict, algorithm_type="dpmsolver++", final_sigmas_type="zero",
        )
        yield f"dpm-dynamic/{kind}/10", scheduler, 10, {}
    for kind in ["x0", "v"]:
        predict = dict(prediction_type=KINDS[kind])
        for steps in [10, T]:
            scheduler = DDIMScheduler(**ZERO_SNR, **free, **predict, set_alpha_to_one=True)
            yield f"zero-ddim-0.0/{kind}/{steps}", scheduler, steps, dict(eta=0.0)
            scheduler = DDPMScheduler(**ZERO_SNR, **free, **predict, variance_type="fixed_small")
            yield f"zero-ddpm-posterior/{kind}/{steps}", scheduler, steps, {}
    scheduler = DDIMScheduler(
        **LINEAR, timestep_spacing="leading", clip_sample=False, set_alpha_to_one=True
    )
    yield "ddim-leading/eps/10", scheduler, 10, dict(eta=0.0)


def as_doubles(scheduler):
    """The tables in f64: diffusers makes them in f32 (and rounds sigma there), which costs 1e-7 a step."""
    for name in ["betas", "alphas", "alphas_cumprod", "final_alpha_cumprod", "one"]:
        if hasattr(scheduler, name):
            setattr(scheduler, name, getattr(scheduler, name).double())
    return scheduler


def normals(stream):
    """`Rng::standard_normal(ROWS, COLUMNS)`. diffusers wants images: (batch, channels, width)."""
    values = torch.tensor(rng.normals(rng.fork(stream), ROWS * COLUMNS), dtype=torch.float64)
    return values.reshape(ROWS, COLUMNS, 1)


def main():
    with open(HERE / "samplers.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["case", "step", "t", *(f"x{i}{j}" for i in range(ROWS) for j in range(COLUMNS))])
        for name, scheduler, steps, arguments in cases():
            scheduler = as_doubles(scheduler)
            scheduler.set_timesteps(steps)
            x, stream = normals(rng.new(4)), rng.new(5)
            for module in [ddpm, ddim, dpm]:
                module.randn_tensor = lambda *_, **__: normals(stream)
            ts = scheduler.timesteps.tolist()
            # The long cases would fill the file: every 20th step of them.
            every = 20 if steps == T else 1
            for step, t in enumerate(ts):
                if step % every == 0:
                    out.writerow([name, step, t, *(f"{v:.9g}" for v in x.flatten().tolist())])
                x = scheduler.step(model(x, t), t, x, **arguments).prev_sample
            out.writerow([name, len(ts), -1, *(f"{v:.9g}" for v in x.flatten().tolist())])


if __name__ == "__main__":
    main()
