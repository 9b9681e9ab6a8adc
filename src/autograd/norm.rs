//! Group and layer norm, with scale and shift by the time embedding and SiLU in the same pass.

use fearless_simd::dispatch;

use super::gather::Rows;
use super::math::SIMD;
use super::norm_passes::{affine, backward, backward_sums, forward, moments};
use super::op::{Backward, Op, Value, Var};
use super::parameters::{ParameterId, Parameters};
use super::tape::{Tape, shapes_fit};
use crate::error::Result;
use crate::parallel::*;

/// γ and β of a norm, for [`Tape::group_norm`] and [`Tape::layer_norm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Norm {
    /// γ, shape (1, channels); in checkpoints (channels), as in PyTorch, like β.
    pub weight: ParameterId,
    /// β, shape (1, channels).
    pub bias: ParameterId,
}

/// What [`Tape::group_norm`] counts together, and what it does in the same pass.
#[derive(Debug, Clone, Copy)]
pub struct GroupNorm<'a> {
    /// γ and β.
    pub norm: Norm,
    /// Groups of channels, each with a mean and variance of its own.
    pub groups: usize,
    /// Rows of a picture: height · width.
    pub pixels: usize,
    /// Scales and shifts in a table (k, 2·channels), and which of its rows belongs to each picture.
    pub table: Option<(Var, &'a Rows)>,
    /// Whether SiLU follows.
    pub silu: bool,
}

impl Parameters {
    /// Adds `name.weight` of ones and `name.bias` of zeros, (1, channels) both: the default of PyTorch's
    /// `nn.GroupNorm` and `nn.LayerNorm`.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn norm(&mut self, name: &str, channels: usize) -> Result<Norm> {
        let [weight, bias] = self.vectors(name, channels)?;
        self.get_mut(weight).fill(1.0);
        Ok(Norm { weight, bias })
    }
}

/// Numbers that are worth a hand-over to another thread: about 10 µs.
const PIECE: usize = 1 << 14;

struct Normalised {
    x: Var,
    weight: Var,
    bias: Var,
    table: Option<(Var, Rows)>,
    /// For each picture mean, 1/√(variance + ε) and the factor and summand of z, one number a channel.
    moments: Var,
    groups: usize,
    pixels: usize,
    silu: bool,
}

impl Tape<'_> {
    /// Group norm of pictures, x (n·pixels, channels): every picture's groups of channels/groups channels have mean
    /// 0 and variance 1 over all of the group's pixels; then γ and β; then, if there is a table,
    /// ·(1 + scale) + shift; then, if wanted, SiLU.
    ///
    /// x̂ = (x − mean)/√(variance + 1e-5), variance with the number of values as divisor (Wu & He 2018, eq. 2);
    /// z = (γ·x̂ + β)·(1 + scale) + shift, scale in the table's first channels (improved DDPM, Nichol & Dhariwal
    /// 2021, appendix A); y = z or z·sigmoid(z).
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) with the shape of x, and that of γ or the table if their channels
    /// differ, (groups, channels) if groups do not divide them, or (pixels, channels) if x has not whole pictures;
    /// [`Error::Foreign`](crate::Error::Foreign) for a norm of other parameters.
    pub fn group_norm(&mut self, x: Var, with: GroupNorm) -> Result<Var> {
        let (op, dim @ (rows, cols)) = ("group_norm", self.dim(x)?);
        let GroupNorm {
            norm,
            groups,
            pixels,
            silu,
            ..
        } = with;
        let shape = self.affine_shape(op, [norm.weight, norm.bias], 1)?;
        shapes_fit(shape == [1, cols], op, dim, shape.into())?;
        shapes_fit(groups > 0 && cols % groups == 0, op, dim, (groups, cols))?;
        // No pictures at all are whole ones of any size, even of one that cannot be counted.
        let whole = pixels > 0 && rows % pixels == 0 && pixels.checked_mul(cols).is_some();
        shapes_fit(whole, op, dim, (pixels, cols))?;
        let n = rows / pixels;
        if let Some((table, rows)) = with.table {
            rows.fit_film(op, n, dim, self.dim(table)?)?;
        }
        let mut y = self.take(op, dim)?;
        let mut of_pictures = self.take(op, (n, 4 * cols))?;
        let [weight, bias] = [norm.weight, norm.bias].map(|id| self.parameter(id));
        let [x_values, gamma, beta] = [x, weight, bias].map(|var| self.slice(var));
        let table = with.table.map(|(table, rows)| (self.slice(table), rows));
        let size = pixels * cols;
        let least = PIECE / size;
        let all = y
            .par_chunks_exact_mut(size)
            .zip(of_pictures.par_chunks_exact_mut(4 * cols));
        let all = all.zip(x_values.par_chunks_exact(size)).with_min_len(least);
        all.enumerate().for_each(|(i, ((y, all), x))| {
            let table = table.map(|(table, rows)| scale_and_shift(table, rows, i, cols));
            dispatch!(*SIMD, simd => {
                moments(simd, all, x, groups);
                affine(simd, all, [gamma, beta], table);
                forward(simd, y, x, all, silu);
            });
        });
        let moments = self.push_node(Value::Buffer(of_pictures), (n, 4 * cols), false);
        let table = with.table.map(|(table, rows)| (table, rows.clone()));
        let mut operands = vec![x, weight, bias];
        operands.extend(table.as_ref().map(|(table, _)| *table));
        let op = Normalised {
            x,
            weight,
            bias,
            table,
            moments,
            groups,
            pixels,
            silu,
        };
        Ok(self.push(op, &operands, y, dim))
    }

    /// Layer norm of every row of x (n, channels): γ·(x − mean)/√(variance + 1e-5) + β (Ba et al. 2016).
    ///
    /// # Errors
    /// As [`group_norm`](Self::group_norm).
    pub fn layer_norm(&mut self, x: Var, norm: Norm) -> Result<Var> {
        let (groups, pixels, table, silu) = (1, 1, None, false);
        self.group_norm(
            x,
            GroupNorm {
                norm,
                groups,
                pixels,
                table,
                silu,
            },
        )
    }
}

/// Scales and shifts of picture or sentence `i`: its row of `table`, which has the scales in its first `cols` columns.
pub(super) fn scale_and_shift<'a>(
    table: &'a [f32],
    rows: &Rows,
    i: usize,
    cols: usize,
) -> [&'a [f32]; 2] {
    let table = &table[rows.of()[i] as usize * 2 * cols..][..2 * cols];
    table.split_at(cols).into()
}

impl Op for Normalised {
    /// With z = y₀·(1 + scale) + shift and y₀ = γ·x̂ + β, sums over a picture's pixels: dshift = Σ dz,
    /// dscale = Σ dz·y₀, dβ = Σ dz·(1 + scale), dγ = Σ dz·x̂·(1 + scale), the last two over all pictures.
    fn backward(&self, walk: &mut Backward, _y: Var, mut dy: Vec<f32>) {
        let cols = walk.dim(self.x).1.max(1);
        let [x, moments] = [self.x, self.moments].map(|var| walk.slice(var));
        let [gamma, beta] = [self.weight, self.bias].map(|var| walk.slice(var));
        let size = self.pixels * cols;
        let mut sums = walk.take(dy.len() / size * 4 * cols);
        let least = PIECE / size;
        let all = dy
            .par_chunks_exact_mut(size)
            .zip(sums.par_chunks_exact_mut(4 * cols));
        let values = x
            .par_chunks_exact(size)
            .zip(moments.par_chunks_exact(4 * cols));
        let all = all.zip(values).with_min_len(least);
        all.for_each(|((dy, sums), (x, moments))| {
            dispatch!(*SIMD, simd => {
                backward_sums(simd, dy, sums, x, moments, self.silu);
                backward(simd, dy, sums, x, moments, self.groups);
            });
        });
        let table = self
            .table
            .as_ref()
            .map(|(table, rows)| (walk.slice(*table), rows));
        let [mut dgamma, mut dbeta] = [self.weight, self.bias].map(|var| walk.open(var));
        for (d, adds) in [&mut dgamma, &mut dbeta] {
            if !*adds {
                d.values().fill(0.0);
            }
        }
        for (i, sums) in sums.chunks_exact(4 * cols).enumerate() {
            let scale = table.map(|(table, rows)| scale_and_shift(table, rows, i, cols)[0]);
            let (dgamma, dbeta) = (dgamma.0.values(), dbeta.0.values());
            for c in 0..cols {
                let scale = 1.0 + scale.map_or(0.0, |scale| scale[c]);
                dbeta[c] += sums[c] * scale;
                dgamma[c] += sums[cols + c] * scale;
            }
        }
        walk.put(self.weight, dgamma.0);
        walk.put(self.bias, dbeta.0);
        if let Some((table, rows)) = &self.table {
            let (mut dtable, adds) = walk.open(*table);
            rows.scatter(dtable.values(), 2 * cols, adds, |d, i| {
                let sums = &sums[i * 4 * cols..][..2 * cols];
                for c in 0..cols {
                    d[c] += gamma[c] * sums[cols + c] + beta[c] * sums[c];
                    d[cols + c] += sums[c];
                }
            });
            walk.put(*table, dtable);
        }
        walk.recycle(sums);
        walk.give(self.x, dy);
    }
}
