//! Group and layer norm, with scale and shift by the time embedding and SiLU in the same pass.

use fearless_simd::{Simd, dispatch};

use super::gather::Rows;
use super::math::{SIMD, fuses, not_below, piece, sigmoid};
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

/// Added to a variance, as PyTorch does.
const EPS: f32 = 1e-5;

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
    /// 2021, §3.3: adaptive group norm); y = z or z·sigmoid(z).
    ///
    /// # Errors
    /// [`Error::Shapes`](crate::Error::Shapes) with the shape of x, and that of γ or the table if their channels
    /// differ, (groups, channels) if groups do not divide them, or (pixels, channels) if x has not whole pictures;
    /// [`Error::Foreign`](crate::Error::Foreign) for a norm of other parameters.
    pub fn group_norm(&mut self, x: Var, with: GroupNorm) -> Result<Var> {
        let op = "group_norm";
        let dim @ (rows, cols) = self.dim(x)?;
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
        shapes_fit(pixels > 0 && rows % pixels == 0, op, dim, (pixels, cols))?;
        let n = rows / pixels;
        if let Some((table, rows)) = with.table {
            let table_dim = self.dim(table)?;
            let fit = Some(table_dim.1) == cols.checked_mul(2);
            shapes_fit(fit, op, dim, table_dim)?;
            rows.fit(op, table_dim)?;
            let batch = rows.of().len();
            shapes_fit(batch == n, op, dim, (batch, table_dim.0))?;
        }
        let mut y = self.take(op, dim)?;
        let mut moments = self.take(op, (n, 4 * cols))?;
        let [weight, bias] = [norm.weight, norm.bias].map(|id| self.parameter(id));
        let [x_values, gamma, beta] = [x, weight, bias].map(|var| self.slice(var));
        let table = with.table.map(|(table, rows)| (self.slice(table), rows));
        let size = pixels * cols;
        let least = piece(y.len(), size) / size;
        let all = y
            .par_chunks_exact_mut(size)
            .zip(moments.par_chunks_exact_mut(4 * cols));
        let all = all.zip(x_values.par_chunks_exact(size)).with_min_len(least);
        all.enumerate().for_each(|(i, ((y, moments), x))| {
            let table = table.map(|(table, rows)| scale_and_shift(table, rows, i, cols));
            dispatch!(*SIMD, simd => {
                forward_moments(simd, moments, x, groups);
                affine(simd, moments, [gamma, beta], table);
                forward(simd, y, x, moments, silu);
            });
        });
        let moments = self.push_node(Value::Buffer(moments), (n, 4 * cols), false);
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

/// Scales and shifts of picture `i`.
fn scale_and_shift<'a>(table: &'a [f32], rows: &Rows, i: usize, cols: usize) -> [&'a [f32]; 2] {
    let table = &table[rows.of()[i] as usize * 2 * cols..][..2 * cols];
    table.split_at(cols).into()
}

/// Mean and 1/√(variance + ε) of each channel's group, in the first half of `moments`.
#[inline(always)]
fn forward_moments<S: Simd>(_: S, moments: &mut [f32], x: &[f32], groups: usize) {
    let cols = moments.len() / 4;
    let (mean, rest) = moments.split_at_mut(cols);
    let inverse = &mut rest[..cols];
    let count = (x.len() / groups) as f32;
    mean.fill(0.0);
    for row in x.chunks_exact(cols) {
        for c in 0..cols {
            mean[c] += row[c];
        }
    }
    for group in mean.chunks_exact_mut(cols / groups) {
        let sum: f32 = group.iter().sum();
        group.fill(sum / count);
    }
    inverse.fill(0.0);
    for row in x.chunks_exact(cols) {
        for c in 0..cols {
            let off = row[c] - mean[c];
            inverse[c] += off * off;
        }
    }
    for group in inverse.chunks_exact_mut(cols / groups) {
        let sum: f32 = group.iter().sum();
        group.fill(1.0 / (sum / count + EPS).sqrt());
    }
}

/// Factor a and summand b of z = (x − mean)·a + b, in the second half of `moments`.
#[inline(always)]
fn affine<S: Simd>(
    _: S,
    moments: &mut [f32],
    [gamma, beta]: [&[f32]; 2],
    table: Option<[&[f32]; 2]>,
) {
    let cols = moments.len() / 4;
    let (first, second) = moments.split_at_mut(2 * cols);
    let (factor, summand) = second.split_at_mut(cols);
    for c in 0..cols {
        let (scale, shift) = table.map_or((0.0, 0.0), |[scale, shift]| (scale[c], shift[c]));
        factor[c] = first[cols + c] * gamma[c] * (1.0 + scale);
        summand[c] = beta[c] * (1.0 + scale) + shift;
    }
}

/// y = z or silu(z) of one picture.
#[inline(always)]
fn forward<S: Simd>(_: S, y: &mut [f32], x: &[f32], moments: &[f32], silu: bool) {
    let cols = moments.len() / 4;
    let [mean, _, factor, summand] = [0, 1, 2, 3].map(|i| &moments[i * cols..][..cols]);
    for (y, x) in y.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
        for c in 0..cols {
            y[c] = (x[c] - mean[c]) * factor[c] + summand[c];
        }
        if silu {
            for y in y {
                let z = not_below(*y);
                *y = z * sigmoid(z, fuses::<S>());
            }
        }
    }
}

/// Turns dy into dz, and sums dz and dz·x̂ over the pixels of a picture, channel by channel.
#[inline(always)]
fn backward_sums<S: Simd>(
    _: S,
    dy: &mut [f32],
    sums: &mut [f32],
    x: &[f32],
    moments: &[f32],
    silu: bool,
) {
    let cols = moments.len() / 4;
    let [mean, inverse, factor, summand] = [0, 1, 2, 3].map(|i| &moments[i * cols..][..cols]);
    let (sum, product) = sums.split_at_mut(cols);
    let product = &mut product[..cols];
    sum.fill(0.0);
    product.fill(0.0);
    for (dy, x) in dy.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
        if silu {
            for c in 0..cols {
                let z = not_below((x[c] - mean[c]) * factor[c] + summand[c]);
                let s = sigmoid(z, fuses::<S>());
                dy[c] *= s + z * s * (1.0 - s);
            }
        }
        for c in 0..cols {
            sum[c] += dy[c];
            product[c] += dy[c] * ((x[c] - mean[c]) * inverse[c]);
        }
    }
}

/// Turns dz into dx = a·dz − inverse·(mean of dx̂ + x̂·mean of dx̂·x̂), with dx̂ = a/inverse·dz and means over a group.
#[inline(always)]
fn backward<S: Simd>(
    _: S,
    dz: &mut [f32],
    sums: &[f32],
    x: &[f32],
    moments: &[f32],
    groups: usize,
) {
    let cols = moments.len() / 4;
    let [mean, inverse, factor, _] = [0, 1, 2, 3].map(|i| &moments[i * cols..][..cols]);
    let (sum, product) = sums.split_at(cols);
    let count = (dz.len() / groups) as f32;
    let width = cols / groups;
    for group in (0..cols).step_by(width) {
        // The factor holds one `inverse` already.
        let (mut of_sum, mut of_product) = (0.0, 0.0);
        for c in group..group + width {
            of_sum += factor[c] * sum[c];
            of_product += factor[c] * product[c];
        }
        let (of_sum, of_product) = (of_sum / count, of_product / count);
        for (dz, x) in dz.chunks_exact_mut(cols).zip(x.chunks_exact(cols)) {
            for c in group..group + width {
                let normal = (x[c] - mean[c]) * inverse[c];
                dz[c] = factor[c] * dz[c] - (of_sum + normal * of_product);
            }
        }
    }
}

impl Op for Normalised {
    /// With z = y₀·(1 + scale) + shift and y₀ = γ·x̂ + β, sums over a picture's pixels: dshift = Σ dz,
    /// dscale = Σ dz·y₀, dβ = Σ dz·(1 + scale), dγ = Σ dz·x̂·(1 + scale), the last two over all pictures.
    fn backward(&self, walk: &mut Backward, _y: Var, mut dy: Vec<f32>) {
        let cols = walk.dim(self.x).1.max(1);
        let [x, moments] = [self.x, self.moments].map(|var| walk.slice(var));
        let [gamma, beta] = [self.weight, self.bias].map(|var| walk.slice(var));
        let size = self.pixels * cols;
        let mut sums = walk.take(dy.len() / size * 2 * cols);
        let least = piece(dy.len(), size) / size;
        let all = dy
            .par_chunks_exact_mut(size)
            .zip(sums.par_chunks_exact_mut(2 * cols));
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
        for (i, sums) in sums.chunks_exact(2 * cols).enumerate() {
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
                let sums = &sums[i * 2 * cols..][..2 * cols];
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
