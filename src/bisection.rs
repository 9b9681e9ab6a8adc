//! Bisection.

/// The place between `low` and `high` up to which `is_below` holds.
pub(crate) fn bisect(mut low: f64, mut high: f64, is_below: impl Fn(f64) -> bool) -> f64 {
    // 60 halvings leave less than the spacing of f64.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        match is_below(middle) {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}
