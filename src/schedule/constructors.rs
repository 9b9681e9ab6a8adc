//! The named schedules, each with the paper that it comes from.

use ndarray::Array1;

use super::Schedule;
use crate::check;
use crate::error::{Error, Result};

/// Largest β that the schedules given through ᾱ allow (Nichol & Dhariwal 2021, §3.2).
const MAX_BETA: f64 = 0.999;

impl Schedule {
    /// Linear: T values of β, evenly spaced from `beta_start` to `beta_end`, both included.
    ///
    /// With T = 1000, 1e-4 and 0.02 this is the schedule of Ho et al. 2020 (§4). The end points belong
    /// to that T: a shorter schedule with the same end points does not reach N(0, I). Use
    /// [`linear_rescaled`](Self::linear_rescaled) for one that does.
    ///
    /// ᾱ_{T−1} is 4.0·10⁻⁵ with T = 1000, 1e-4 and 0.02: x̂0 from a predicted ε multiplies its error by
    /// √(1−ᾱ)/√ᾱ = 157 there, and what of that a step keeps is small: see [`sampler`](crate::sampler).
    ///
    /// # Errors
    /// As [`from_betas`](Self::from_betas); [`Error::Size`] for more timesteps than memory can hold.
    pub fn linear(timesteps: usize, beta_start: f64, beta_end: f64) -> Result<Self> {
        Self::from_betas(linspace(beta_start, beta_end, timesteps)?)
    }

    /// Linear from 1e-4 to 0.02, rescaled by 1000/T, so that every T adds about the same noise in all.
    ///
    /// β_t runs from 0.1/T to 20/T (Nichol & Dhariwal's code). ᾱ_{T−1} is 4.0·10⁻⁵ with T = 1000, 3.0·10⁻⁵
    /// with 200, 7.7·10⁻⁶ with 50, and 0 with 20, where the last β is 1.
    ///
    /// # Errors
    /// As [`linear`](Self::linear), so for T < 20, where the last β would exceed 1.
    pub fn linear_rescaled(timesteps: usize) -> Result<Self> {
        let scale = 1000.0 / timesteps as f64;
        Self::linear(timesteps, scale * 1e-4, scale * 0.02)
    }

    /// Scaled-linear: √β evenly spaced, then squared (Rombach et al. 2022, latent diffusion).
    ///
    /// With their T = 1000, 0.00085 and 0.012, ᾱ_{T−1} is 0.0047: the noise keeps 7 % of the data's amplitude.
    ///
    /// # Errors
    /// As [`linear`](Self::linear); [`Error::Parameter`] for an end point that is negative or NaN.
    pub fn scaled_linear(timesteps: usize, beta_start: f64, beta_end: f64) -> Result<Self> {
        for (name, value) in [("beta_start", beta_start), ("beta_end", beta_end)] {
            check::parameter(name, value, value >= 0.0, "in (0, 1]")?;
        }
        let roots = linspace(beta_start.sqrt(), beta_end.sqrt(), timesteps)?;
        Self::from_betas(roots.mapv(|root| root * root))
    }

    /// Cosine with the published settings: s = 0.008, β ≤ 0.999.
    ///
    /// ᾱ_{T−1} is 0.0024/T²: 2.4·10⁻⁹ with T = 1000, 6.1·10⁻⁸ with 200. The start is pure noise, and x̂0 from
    /// a predicted **ε** multiplies the prediction's error by √(1−ᾱ)/√ᾱ there, 20,000 and 4,000: train for v
    /// or x0, or start a little later; [`sampler`](crate::sampler) says how, and refuses what would fail.
    ///
    /// # Errors
    /// [`Error::Parameter`] for T = 0; [`Error::Size`] for more timesteps than memory can hold.
    pub fn cosine(timesteps: usize) -> Result<Self> {
        Self::cosine_with(timesteps, 0.008)
    }

    /// Cosine: ᾱ(u) = f(u)/f(0), f(u) = cos²(π/2 · (u + s)/(1 + s)), u = t/T
    /// (Nichol & Dhariwal 2021, eq. 17).
    ///
    /// β_t = 1 − ᾱ((t+1)/T) / ᾱ(t/T), at most 0.999: without that limit the last β would be 1. For where it
    /// ends see [`cosine`](Self::cosine).
    ///
    /// # Errors
    /// As [`cosine`](Self::cosine); [`Error::Parameter`] for an `s` that is negative or not finite.
    pub fn cosine_with(timesteps: usize, s: f64) -> Result<Self> {
        let fine = s.is_finite() && s >= 0.0;
        check::parameter("s", s, fine, "finite and not negative")?;
        let quarter = std::f64::consts::FRAC_PI_2;
        let f = |u: f64| ((u + s) / (1.0 + s) * quarter).cos().powi(2);
        Self::from_alpha_bar_function(timesteps, |u| f(u) / f(0.0))
    }

    /// Square root, for words: ᾱ_t = 1 − √(t/T + s), s = 10⁻⁴, t from 0 (Li et al. 2022, Diffusion-LM, appendix A).
    ///
    /// t = 0 has noise of variance √s = 0.01 already, a standard deviation of 0.1: little noise changes no word
    /// to which a point is nearest. ᾱ_{T−1} is 0.0025 with T = 200, 2.0·10⁻⁴ with 2000. β_t = 1 − ᾱ_t/ᾱ_{t−1}, at
    /// most 0.999. (The paper's code takes ᾱ_{t+1}/0.99 for ᾱ_t.)
    ///
    /// # Errors
    /// [`Error::Parameter`] for T = 0, and from T = 10,000 on, where the formula is not positive before the end.
    pub fn sqrt(timesteps: usize) -> Result<Self> {
        const S: f64 = 1e-4;
        let valid = "from 1 to 9999, so that 1 − √(t/T + 1e-4) is positive";
        check::parameter("T", timesteps, (1..10_000).contains(&timesteps), valid)?;
        Self::from_alpha_bars_at(timesteps, |steps| match steps.checked_sub(1) {
            None => 1.0,
            Some(t) => 1.0 - (t as f64 / timesteps as f64 + S).sqrt(),
        })
    }

    /// Sigmoid with the settings start = −3, end = 3, τ = 1.
    ///
    /// ᾱ_{T−1} is 0.0003/T: 3.0·10⁻⁷ with T = 1000, 1.5·10⁻⁶ with 200. x̂0 from a predicted **ε** multiplies the
    /// prediction's error by 1,800 and 800 there; as with [`cosine`](Self::cosine), train for v or x0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for T = 0; [`Error::Size`] for more timesteps than memory can hold.
    pub fn sigmoid(timesteps: usize) -> Result<Self> {
        Self::sigmoid_with(timesteps, -3.0, 3.0, 1.0)
    }

    /// Sigmoid on ᾱ (Jabri et al. 2022, RIN; written out in Chen 2023, algorithm 1).
    ///
    /// With σ the logistic function and z(u) = (start + u·(end − start))/τ,
    /// ᾱ(u) = (σ(z(1)) − σ(z(u))) / (σ(z(1)) − σ(z(0))), u = t/T, clipped from below at 1e-9;
    /// β_t = 1 − ᾱ((t+1)/T) / ᾱ(t/T), at most 0.999. For where it ends see [`sigmoid`](Self::sigmoid).
    ///
    /// # Errors
    /// As [`cosine`](Self::cosine); [`Error::Parameter`] unless start < end and τ > 0, all finite and such that
    /// σ(z(0)) < σ(z(1)) in f64.
    pub fn sigmoid_with(timesteps: usize, start: f64, end: f64, tau: f64) -> Result<Self> {
        check::parameter("start", start, start.is_finite(), "finite")?;
        let fine = end.is_finite() && end > start;
        check::parameter("end", end, fine, "finite and above start")?;
        let fine = tau.is_finite() && tau > 0.0;
        check::parameter("tau", tau, fine, "finite and positive")?;
        let logistic = |u: f64| 1.0 / (1.0 + (-(start + u * (end - start)) / tau).exp());
        let (first, last) = (logistic(0.0), logistic(1.0));
        let fine = last > first && (end - start).is_finite();
        let valid = "such that the logistic function differs at start/tau and end/tau";
        check::parameter("end", end, fine, valid)?;
        Self::from_alpha_bar_function(timesteps, |u| {
            ((last - logistic(u)) / (last - first)).max(1e-9)
        })
    }

    /// From given betas; shape (T).
    ///
    /// # Errors
    /// [`Error::Parameter`] for none; [`Error::Schedule`] for a β that is NaN, outside (0, 1], or 1
    /// anywhere but at the last timestep (β = 1 erases the signal: steps after it would add nothing);
    /// [`Error::Schedule`] for betas so small that 1 − β rounds to 1, or so many and large that ᾱ
    /// underflows to 0 before the end.
    pub fn from_betas(betas: impl Into<Array1<f64>>) -> Result<Self> {
        let betas: Array1<f64> = betas.into();
        let timesteps = betas.len();
        let valid = "at least 1: a schedule needs a timestep";
        check::parameter("T", timesteps, timesteps > 0, valid)?;
        for (t, &beta) in betas.iter().enumerate() {
            let last = t + 1 == timesteps;
            if !(beta > 0.0 && (beta < 1.0 || (last && beta == 1.0))) {
                return Err(Error::Schedule {
                    name: "beta",
                    t,
                    value: beta,
                    valid: valid_beta(beta, timesteps),
                });
            }
        }
        let alphas = betas.mapv(|beta| 1.0 - beta);
        let alpha_bars: Array1<f64> = alphas
            .iter()
            .scan(1.0, |product, alpha| {
                *product *= alpha;
                Some(*product)
            })
            .collect();
        check_alpha_bars(&alpha_bars)?;
        Ok(Self {
            betas,
            alphas,
            alpha_bars,
        })
    }

    /// From given ᾱ_t; shape (T): β_t = 1 − ᾱ_t/ᾱ_{t−1}, with ᾱ = 1 before t = 0.
    ///
    /// # Errors
    /// [`Error::Parameter`] for none; [`Error::Schedule`] unless they fall strictly from below 1 and
    /// stay positive (the last may be 0); [`Error::Parameter`] if the last is not 0 and yet less than 1.1e-16
    /// of the one before, so that its β rounds to 1.
    pub fn from_alpha_bars(alpha_bars: impl Into<Array1<f64>>) -> Result<Self> {
        let alpha_bars: Array1<f64> = alpha_bars.into();
        check_alpha_bars(&alpha_bars)?;
        let before = std::iter::once(&1.0).chain(&alpha_bars);
        let betas: Array1<f64> = before
            .zip(&alpha_bars)
            .map(|(before, after)| 1.0 - after / before)
            .collect();
        if let (Some(beta), Some(&value)) = (betas.last(), alpha_bars.last()) {
            let valid = "0, or more than 1.1e-16 of the one before: its beta rounds to 1";
            let fine = *beta != 1.0 || value == 0.0;
            check::parameter("the last alpha_bar", value, fine, valid)?;
        }
        Self::from_betas(betas)
    }

    /// The same schedule shifted and rescaled so that the last step has no signal left: ᾱ_{T−1} = 0.
    ///
    /// √ᾱ_t ← (√ᾱ_t − √ᾱ_{T−1}) · √ᾱ_0 / (√ᾱ_0 − √ᾱ_{T−1}) (Lin et al. 2024, algorithm 1): the first
    /// value stays, the last becomes 0, so the last β is exactly 1. Such a schedule cannot be used with
    /// ε-prediction at its last step (x_t = ε there says nothing of x_0): predict x0 or v, with any sampler.
    ///
    /// # Errors
    /// [`Error::Parameter`] for T = 1: a single step cannot both keep its ᾱ and reach 0.
    pub fn zero_terminal_snr(&self) -> Result<Self> {
        let last = self.timesteps() - 1;
        let valid = "at least 2 to rescale to zero terminal SNR";
        check::parameter("T", last + 1, last > 0, valid)?;
        let roots = self.alpha_bars.mapv(f64::sqrt);
        let (first, end) = (roots[0], roots[last]);
        Self::from_alpha_bars(roots.mapv(|root| ((root - end) * (first / (first - end))).powi(2)))
    }

    /// The same range of noise in `n` levels that are evenly spaced in λ = ½ ln(ᾱ/(1−ᾱ)): from the first ᾱ
    /// of this schedule to its last.
    ///
    /// A sampler that visits all of them takes equal steps in λ, at noise levels that the original need not
    /// have: with the exact denoiser, which knows every ᾱ, this is sampling in continuous time.
    ///
    /// # Errors
    /// [`Error::Parameter`] for n < 2; [`Error::Size`] for more than memory can hold;
    /// [`Error::Unsupported`] with zero terminal SNR, where λ is −∞.
    pub fn uniform_in_lambda(&self, n: usize) -> Result<Self> {
        let last = self.timesteps() - 1;
        check::parameter("number of noise levels", n, n > 1, "at least 2")?;
        let lambdas = 0.5 * self.log_snr();
        let (first, end) = (lambdas[0], lambdas[last]);
        if end == f64::NEG_INFINITY {
            return Err(no_lambda(last));
        }
        // ᾱ = 1/(1 + e^{−2λ}).
        let lambdas = linspace(first, end, n)?;
        Self::from_alpha_bars(lambdas.mapv(|lambda| 1.0 / (1.0 + (-2.0 * lambda).exp())))
    }

    /// β_t = min(1 − ᾱ((t+1)/T)/ᾱ(t/T), 0.999) for a function ᾱ(u) on u in [0, 1].
    fn from_alpha_bar_function(timesteps: usize, alpha_bar: impl Fn(f64) -> f64) -> Result<Self> {
        check_size(timesteps)?;
        Self::from_alpha_bars_at(timesteps, |i| alpha_bar(i as f64 / timesteps as f64))
    }

    /// β_t = min(1 − ᾱ(t+1)/ᾱ(t), 0.999) for ᾱ after 0..=T steps.
    fn from_alpha_bars_at(timesteps: usize, at: impl Fn(usize) -> f64) -> Result<Self> {
        let betas: Array1<f64> = (0..timesteps)
            .map(|t| (1.0 - at(t + 1) / at(t)).min(MAX_BETA))
            .collect();
        Self::from_betas(betas)
    }
}

/// What would be valid in place of a wrong β.
fn valid_beta(beta: f64, timesteps: usize) -> String {
    match beta {
        1.0 => format!(
            "it wipes out the signal before the end, only the last of the {timesteps} betas (t = {}) may be 1",
            timesteps - 1
        ),
        _ => "a beta must lie in (0, 1]".into(),
    }
}

/// ᾱ must fall strictly from 1, and may be 0 at the last timestep only.
fn check_alpha_bars(alpha_bars: &Array1<f64>) -> Result<()> {
    let mut previous = 1.0;
    for (t, &alpha_bar) in alpha_bars.iter().enumerate() {
        let zero_too_early = alpha_bar == 0.0 && t + 1 < alpha_bars.len();
        if !(alpha_bar >= 0.0 && alpha_bar < previous) || zero_too_early {
            let valid = format!(
                "after {previous}, alpha_bars must fall strictly, from below 1 and not below 0"
            );
            return Err(Error::Schedule {
                name: "alpha_bar",
                t,
                value: alpha_bar,
                valid,
            });
        }
        previous = alpha_bar;
    }
    Ok(())
}

/// As NumPy's `linspace`: the same operations in the same order, so the tables agree to the last bit.
fn linspace(start: f64, end: f64, n: usize) -> Result<Array1<f64>> {
    check_size(n)?;
    let step = (end - start) / (n.max(2) - 1) as f64;
    let mut values: Array1<f64> = (0..n).map(|i| start + i as f64 * step).collect();
    if n > 1 {
        values[n - 1] = end;
    }
    Ok(values)
}

/// Refuses more timesteps than memory can hold tables for: β, α, ᾱ and one to compute with.
fn check_size(timesteps: usize) -> Result<()> {
    check::elements::<f64>("tables of the schedule", &[timesteps, 4]).map(|_| ())
}

/// For what is spaced in λ, on a schedule that ends without signal at `t`.
pub(crate) fn no_lambda(t: usize) -> Error {
    let what = format!(
        "lambda, half the log-SNR, is infinite at t = {t}, where alpha_bar = 0 (zero terminal SNR)"
    );
    let valid = "use timesteps that are not spaced in it";
    Error::Unsupported { what, valid }
}
