//! Numbers of 16 bits: IEEE 754's half precision (F16), and the upper half of an f32 (BF16).

/// The smallest positive F16, 2⁻²⁴: the spacing of all below 2⁻¹⁴.
const SPACING: f32 = 1.0 / (1 << 24) as f32;

/// An F16: a sign, 5 bits of exponent (bias 15), 10 of mantissa.
pub(super) fn from_f16(bits: u16) -> f32 {
    let (exponent, mantissa) = (u32::from(bits >> 10 & 31), u32::from(bits & 1023));
    let size = match exponent {
        0 => mantissa as f32 * SPACING,
        31 => f32::from_bits(0x7f80_0000 | mantissa << 13), // infinite, or NaN
        _ => f32::from_bits((exponent + 112) << 23 | mantissa << 13),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// A BF16: a sign, 8 bits of exponent, 7 of mantissa.
pub(super) fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The F16 nearest to a number, of two equally near ones that with an even mantissa; infinite from 65 520 on.
pub(super) fn to_f16(x: f32) -> u16 {
    let (sign, size) = ((x.to_bits() >> 16) as u16 & 0x8000, x.abs());
    if size >= 65_520.0 {
        return sign | 0x7c00;
    }
    // Beside a number 2¹³ times as large, the last bit of an f32 is the last of an F16: adding it rounds.
    let exponent = (size.to_bits() >> 23).max(127 - 14);
    let large = f32::from_bits((exponent + 13) << 23);
    let rounded = (size + large) - large;
    match rounded < 1024.0 * SPACING {
        true => sign | (rounded / SPACING) as u16,
        false => sign | ((rounded.to_bits() >> 13) - (112 << 10)) as u16,
    }
}
