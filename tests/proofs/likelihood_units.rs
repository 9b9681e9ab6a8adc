//! Bits of held-out samples in the data's own units.

use diffusion_intuition::data::Standardizer;
use diffusion_intuition::likelihood::{bits_of_samples, bits_per_dim};
use diffusion_intuition::{Gaussian, Mixture, Rng};

#[test]
fn a_density_on_another_scale_gives_the_same_bits() {
    // Columns with standard deviations near 0.1 and 50.
    let law = Mixture::new(
        &[1.0],
        vec![Gaussian::diagonal(&[3.0, -7.0], &[0.1, 50.0]).unwrap()],
    )
    .unwrap();
    let rows = law.sample(300, &mut Rng::new(0)).unwrap();
    let scale = Standardizer::fit(&rows).unwrap();
    let (mean, std) = (scale.mean(), scale.std());
    let moved = [(3.0 - mean[0]) / std[0], (-7.0 - mean[1]) / std[1]];
    let narrowed = Gaussian::diagonal(&moved, &[0.1 / std[0], 50.0 / std[1]]).unwrap();
    let standardised = Mixture::new(&[1.0], vec![narrowed]).unwrap();
    let x0 = scale.transform(&rows).unwrap().mapv(f64::from);
    let found = bits_of_samples(&standardised.log_density(&x0).unwrap(), &scale).unwrap();
    let direct = law.log_density(&rows.mapv(f64::from)).unwrap();
    let wanted = bits_per_dim(-direct.mean().unwrap(), 2);
    // Rounding of the standardised values to f32: 1e-7 relative, in an exponent of a few units.
    assert!(
        (found.mean - wanted).abs() < 1e-5,
        "{} {wanted}",
        found.mean
    );
    // The standard error is that of one sample's bits over √n; moving all by a constant leaves it.
    let error = bits_per_dim(direct.std(1.0), 2) / 300_f64.sqrt();
    assert!((found.standard_error - error).abs() < 1e-5);
    assert_eq!(found.n, 300);
}
