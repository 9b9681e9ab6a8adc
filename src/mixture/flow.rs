//! The ODE of a path, with the exact velocity; and the map from noise to data that it is.

use ndarray::{Array, Array1, ArrayRef, Dimension};

use super::density::Mixture;
use super::points::{Points, Real};
use crate::check;
use crate::error::Result;
use crate::path::Path;
use crate::schedule::Schedule;

impl Mixture {
    /// The exact law of x_u = signal(u)·x_0 + noise(u)·ε when x_0 follows this mixture, in the path's own units.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for a `u` outside [0, 1].
    pub fn marginal_on(&self, path: &Path, u: f64) -> Result<Self> {
        check::parameter("u", u, (0.0..=1.0).contains(&u), "from 0 to 1")?;
        let (signal, noise) = (path.signal(u), path.noise(u));
        Ok(self.noised(signal, [signal * signal, noise * noise]))
    }

    /// The exact velocity E[ẋ_u | x_u = x] = signal′(u) x0* + noise′(u) ε* of a path at each of `x`, which are in the
    /// path's own units; the shape of `x`.
    ///
    /// What flow matching tries to learn (Lipman et al. 2023, eq. 8; Liu et al. 2023, eq. 2): the ODE ẋ = velocity
    /// carries the law of x_1 to that of x_0. On [`Path::linear`] it is E[ε − x_0 | x_u].
    ///
    /// # Errors
    /// As [`marginal_on`](Self::marginal_on); for `x` as [`score`](Self::score).
    pub fn velocity<F: Real, D: Dimension>(
        &self,
        path: &Path,
        x: &ArrayRef<F, D>,
        u: f64,
    ) -> Result<Array<F, D>> {
        let marginal = self.marginal_on(path, u)?;
        let (signal, noise) = (path.signal(u), path.noise(u));
        let (of_x0, of_eps) = path.slopes(u);
        let points = Points::new(x, self.dim())?;
        Ok(points.map_to_points(|x, velocity| {
            let mut x0 = vec![0.0; x.len()];
            self.x0_at(&marginal, signal, x, &mut x0);
            marginal.score_at(x, velocity);
            for (v, x0) in velocity.iter_mut().zip(x0) {
                *v = of_x0 * x0 - of_eps * noise * *v;
            }
        }))
    }

    /// Every state of the ODE ẋ = [`velocity`](Self::velocity) from `x` at u = `us[0]` to u = `us[1]`, in `steps` equal
    /// steps of Euler's (`order` 1) or Heun's (`order` 2) method, in f64 and the path's own units; `steps` + 1 arrays
    /// of the shape of `x`, `x` itself first. From noise to data `us` is `[1.0, 0.0]`.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) for no steps or another order; [`Error::Size`](crate::Error::Size)
    /// for more states than memory can hold; as [`velocity`](Self::velocity).
    pub fn flow<D: Dimension>(
        &self,
        path: &Path,
        x: &ArrayRef<f64, D>,
        us: [f64; 2],
        steps: usize,
        order: usize,
    ) -> Result<Vec<Array<f64, D>>> {
        check::parameter("steps of the ODE", steps, steps > 0, "at least 1")?;
        let fine = matches!(order, 1 | 2);
        check::parameter("order of the method", order, fine, "1 (Euler) or 2 (Heun)")?;
        check::elements::<f64>("states of the ODE", &[steps.saturating_add(1), x.len()])?;
        let step = (us[1] - us[0]) / steps as f64;
        let at = |k: usize| match k == steps {
            true => us[1],
            false => us[0] + k as f64 * step,
        };
        let mut states = vec![x.to_owned()];
        for k in 0..steps {
            let x = &states[k];
            let slope = self.velocity(path, x, at(k))?;
            let euler = x + &(step * &slope);
            states.push(match order {
                1 => euler,
                _ => x + &(0.5 * step * (slope + self.velocity(path, &euler, at(k + 1))?)),
            });
        }
        Ok(states)
    }

    /// The map that deterministic samplers approximate, exactly: in one dimension the probability-flow ODE never lets
    /// two points pass each other, so it takes x_t to the x_0 with the same share of its law below it,
    /// F_0⁻¹(F_t(x)), F_t the [`cdf`](Self::cdf) of q(x_t). From x_{T−1} it is what a one-step model tries to learn.
    /// The shape of `x` is (n) or (n, 1), the result's (n); `t` is 0-based.
    ///
    /// It is the same for all paths and schedules through the same level.
    ///
    /// # Errors
    /// [`Error::Timestep`](crate::Error::Timestep) if `t` is not in `0..T`; [`Error::Shape`](crate::Error::Shape) if
    /// the mixture is not one-dimensional; for `x` as [`score`](Self::score).
    pub fn one_step_map<F: Real, D: Dimension>(
        &self,
        schedule: &Schedule,
        t: usize,
        x: &ArrayRef<F, D>,
    ) -> Result<Array1<f64>> {
        self.check_one_dimension()?;
        let marginal = self.marginal(schedule, t)?;
        let points = Points::new(x, 1)?;
        Ok(points.map_to_scalars(|x| self.place_of(marginal.tails(x[0]))))
    }
}
