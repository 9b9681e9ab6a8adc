//! Convolutions whose pixels are computed 4×4 together: their derivatives.

use diffusion_intuition::Rng;
use diffusion_intuition::autograd::{Gradients, Resize, Tape, Var};
use diffusion_intuition::network::Parameters;
use ndarray::{Array2, array};

/// |M|·|x|·|M|ᵀ.
fn plane(matrix: &Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    let matrix = matrix.mapv(f64::abs);
    matrix.dot(&x.mapv(f64::abs)).dot(&matrix.t())
}

/// What all magnitudes on the way to ∂/∂W add up to, (9·inputs, outputs): |Gᵀ|\[(|A| |s| |Aᵀ|) ⊙ (|Bᵀ| |d| |B|)\]|G|.
fn magnitudes(
    pixel: &dyn Fn([usize; 3], usize) -> f64,
    slopes: &Array2<f64>,
    sizes: [usize; 4],
) -> Array2<f64> {
    let [height, width, inputs, outputs] = sizes;
    let bt = array![
        [4., 0., 5., 0., 1., 0.],
        [0., 4., 4., 1., 1., 0.],
        [0., 4., 4., 1., 1., 0.],
        [0., 2., 1., 2., 1., 0.],
        [0., 2., 1., 2., 1., 0.],
        [0., 4., 0., 5., 0., 1.]
    ];
    let (ones, powers) = ([1.; 4], [1., 2., 4., 8.]);
    let a = array![
        [1., 0., 0., 0.],
        ones,
        ones,
        powers,
        powers,
        [0., 0., 0., 1.]
    ];
    let (sixth, fine) = ([4. / 24.; 3], [1. / 24., 2. / 24., 4. / 24.]);
    let g = array![[6. / 24., 0., 0.], sixth, sixth, fine, fine, [0., 0., 1.]];
    let mut at_points = vec![Array2::<f64>::zeros((6, 6)); inputs * outputs];
    let (pictures, across) = (slopes.nrows() / (height * width), width / 4);
    for square in 0..pictures * height / 4 * across {
        let (row, left) = (square / across * 4, square % across * 4);
        let (picture, top) = (row / height, row % height);
        let of_slopes: Vec<_> = (0..outputs)
            .map(|o| {
                Array2::from_shape_fn((4, 4), |(i, j)| slopes[[(row + i) * width + left + j, o]])
            })
            .map(|s| plane(&a, &s))
            .collect();
        for c in 0..inputs {
            let d = Array2::from_shape_fn((6, 6), |(i, j)| pixel([picture, top + i, left + j], c));
            let d = plane(&bt, &d);
            for (at, s) in at_points[c * outputs..].iter_mut().zip(&of_slopes) {
                *at += &(&d * s);
            }
        }
    }
    let planes: Vec<_> = at_points
        .iter()
        .map(|u| plane(&g.t().to_owned(), u))
        .collect();
    Array2::from_shape_fn((9 * inputs, outputs), |(row, o)| {
        let (tap, c) = (row / inputs, row % inputs);
        planes[c * outputs + o][[tap / 3, tap % 3]]
    })
}

/// Derivatives against sums in f64, over several canvases. For W each within the rounding of its way: 6 times in pixels
/// and in slopes, 8 in what is left of them (factors are rounded too), once in the product and once for each square, each
/// time by half a unit of no more than what all magnitudes add up to; plain sums stay below that too. For x, which goes
/// the way of a result, within 100 units of the largest (24 to 58
/// measured): a wrong factor is off by thousands.
#[test]
fn gradients_are_the_sums() {
    let ([inputs, outputs], [h, w], pictures) = ([48, 32], [8, 8], 30);
    for (resize, times, over) in [
        (Resize::Keep, 1, 1),
        (Resize::Halve, 2, 1),
        (Resize::Double, 1, 2),
    ] {
        let mut rng = Rng::new(13);
        let mut parameters = Parameters::new();
        let layer = parameters.conv2d("conv", inputs, outputs, &mut rng);
        let layer = layer.unwrap().resizing(resize);
        let [height, width] = layer.size([h, w]);
        let x_values = rng.standard_normal(pictures * h * w, inputs).unwrap();
        let slopes = rng.standard_normal(pictures * height * width, outputs);
        let slopes = slopes.unwrap();
        let mut tape = Tape::new(&parameters);
        let x = tape.variable(&x_values);
        let y = tape.conv2d(x, layer, [h, w]).unwrap();
        // ∂(Σ y·s)/∂y = s.
        let s = tape.input(&slopes);
        let loss = tape.mul(y, s).and_then(|y| tape.sum(y)).unwrap();
        let mut gradients = Gradients::new(&parameters);
        tape.backward(loss, &mut gradients).unwrap();
        let weight = parameters.get(layer.weight);
        let mut dw = Array2::<f64>::zeros(weight.dim());
        let mut dx = Array2::<f64>::zeros(x_values.dim());
        for (to, tap) in (0..slopes.nrows()).flat_map(|to| (0..9).map(move |tap| (to, tap))) {
            let (picture, row, column) = (to / (height * width), to / width % height, to % width);
            let (v, u) = (times * row + tap / 3, times * column + tap % 3);
            if v < 1 || u < 1 || v > over * h || u > over * w {
                continue;
            }
            let from = (picture * h + (v - 1) / over) * w + (u - 1) / over;
            for (c, o) in (0..inputs).flat_map(|c| (0..outputs).map(move |o| (c, o))) {
                let slope = f64::from(slopes[[to, o]]);
                dw[[tap * inputs + c, o]] += f64::from(x_values[[from, c]]) * slope;
                dx[[from, c]] += f64::from(weight[[tap * inputs + c, o]]) * slope;
            }
        }
        let found = gradients.get(layer.weight);
        let pixel = |[picture, v, u]: [usize; 3], c: usize| match v < 1
            || u < 1
            || v > over * h
            || u > over * w
        {
            true => 0.0,
            false => f64::from(x_values[[(picture * h + (v - 1) / over) * w + (u - 1) / over, c]]),
        };
        if times == 1 {
            let sizes = [height, width, inputs, outputs];
            let bounds = magnitudes(&pixel, &slopes.mapv(f64::from), sizes);
            let squares = slopes.nrows() / 16;
            let units = (squares + 21) as f64 * f64::from(f32::EPSILON) / 2.0;
            for ((found, wanted), bound) in found.iter().zip(&dw).zip(&bounds) {
                let off = (f64::from(*found) - wanted).abs();
                assert!(off <= units * bound, "{resize:?}: {found} for {wanted}");
            }
        }
        let found = tape.gradient(x).unwrap();
        let scale = dx.iter().fold(0.0, |most: f64, d| most.max(d.abs()));
        let off = found
            .iter()
            .zip(&dx)
            .map(|(d, wanted)| (f64::from(*d) - wanted).abs());
        let units = off.fold(0.0, f64::max) / scale / f64::from(f32::EPSILON);
        assert!(units < 100.0, "{resize:?}: {units}");
    }
}

/// A layer that is used twice has the gradients of both uses: here exactly twice those of one.
#[test]
fn gradients_of_two_uses_add_up() {
    let mut rng = Rng::new(14);
    let mut parameters = Parameters::new();
    let layer = parameters.conv2d("conv", 16, 16, &mut rng).unwrap();
    let x_values = rng.standard_normal(20 * 64, 16).unwrap();
    let gradients = |uses: usize| {
        let mut tape = Tape::new(&parameters);
        let x = tape.variable(&x_values);
        let square = |tape: &mut Tape| -> Var {
            let y = tape.conv2d(x, layer, [8, 8]).unwrap();
            tape.mul(y, y).and_then(|y| tape.sum(y)).unwrap()
        };
        let mut loss = square(&mut tape);
        for _ in 1..uses {
            let other = square(&mut tape);
            loss = tape.add(loss, other).unwrap();
        }
        let mut gradients = Gradients::new(&parameters);
        tape.backward(loss, &mut gradients).unwrap();
        [
            gradients.get(layer.weight).to_owned(),
            tape.gradient(x).unwrap(),
        ]
    };
    let [once, twice] = [1, 2].map(gradients);
    for (once, twice) in once.iter().zip(&twice) {
        assert_eq!(once * 2.0, *twice);
    }
}
