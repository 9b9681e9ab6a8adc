//! Numbers as readers want them: a true minus sign, no trailing noise, powers of ten as superscripts.

use super::numbers::Numeric;

/// `value` with `digits` significant digits, at least one: `0.1322`, `12.0`, `3.0×10⁻⁵`, `−2`.
///
/// Values below 10⁻⁴ or from 10⁶ on are written with a power of ten.
///
/// ```
/// use diffusion_intuition::plot::significant;
/// assert_eq!(significant(0.132_24, 4), "0.1322");
/// assert_eq!(significant(-2.0, 2), "−2.0");
/// assert_eq!(significant(2.999e-5, 2), "3.0×10⁻⁵");
/// ```
pub fn significant(value: impl Numeric, digits: usize) -> String {
    let value = value.to_f64();
    if !value.is_finite() {
        return signed(&value.to_string());
    }
    if value == 0.0 {
        return "0".into();
    }
    let digits = digits.clamp(1, 17);
    // Rounding may carry into the next decade (9.99 to two digits is 10), so ask the formatter.
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        return signed(&format!("{value:.decimals$}"));
    }
    format!("{}×{}", signed(mantissa), power_of_ten(exponent))
}

/// Like [`significant`] with at most `digits` digits: zeros that end the decimals are left out.
pub(super) fn shortest(value: impl Numeric, digits: usize) -> String {
    let text = significant(value, digits);
    let (number, power) = text.split_at(text.find('×').unwrap_or(text.len()));
    let number = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    };
    format!("{number}{power}")
}

/// `10⁻⁶`.
pub(super) fn power_of_ten(exponent: i32) -> String {
    let exponent = exponent.to_string();
    let digits = exponent.chars().map(|c| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
    });
    ['1', '0'].into_iter().chain(digits).collect()
}

/// The hyphen in front of a number becomes a minus sign.
pub(super) fn signed(number: &str) -> String {
    number.replacen('-', "−", 1)
}

/// Labels of evenly spaced ticks: the same number of decimals for all, plain `0`.
pub(super) fn ticks(values: &[f64], step: f64) -> Vec<String> {
    let largest = values.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let (scale, power) = match largest >= 1e5 || (largest > 0.0 && largest < 1e-3) {
        true => {
            let exponent = largest.log10().floor() as i32;
            (10f64.powi(exponent), format!("×{}", power_of_ten(exponent)))
        }
        false => (1.0, String::new()),
    };
    let decimals = decimals(step / scale);
    let label = |value: &f64| match *value == 0.0 {
        true => "0".into(),
        false => signed(&format!("{:.decimals$}{power}", value / scale)),
    };
    values.iter().map(label).collect()
}

/// Decimals that a multiple of `step` needs (`step` is 1, 2, 2.5 or 5 times a power of ten).
fn decimals(step: f64) -> usize {
    let whole = |decimals: &usize| {
        let scaled = step * 10f64.powi(*decimals as i32);
        (scaled - scaled.round()).abs() < 1e-6 * scaled
    };
    (0..17).find(whole).unwrap_or(17)
}
