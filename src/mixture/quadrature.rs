//! Rules for integrals over a one-dimensional mixture: nodes, each with the length that it stands for.

/// Nodes of the trapezoidal rule for each standard deviation of the narrowest component. On smooth
/// functions that vanish at both ends the rule's error falls faster than any power of the spacing.
const NODES_PER_STD: f64 = 16.0;

/// Most nodes of the trapezoidal rule. It is also the largest ratio of 16 times a place to the narrowest
/// component, so that rounding a node to f64 moves it by less than 1e-12 of that.
const MOST_EVEN: f64 = 65_536.0;

/// How many standard deviations beyond its mean a component is integrated: e^(−72) is left out.
const REACH: f64 = 12.0;

/// Longest panel of Gauss's rule, in standard deviations of the narrowest component there.
const PANEL: f64 = 0.5;

/// Positive nodes and weights of Gauss's rule with 16 nodes on [−1, 1] (Abramowitz & Stegun 1964, table 25.4).
/// On half a standard deviation it is exact to 1e-16 for the density, and for its logarithm where two
/// components meet: their sum has its zeros π/12 standard deviations off the axis, or farther.
const GAUSS: [(f64, f64); 8] = [
    (0.095_012_509_837_637_44, 0.189_450_610_455_068_5),
    (0.281_603_550_779_258_9, 0.182_603_415_044_923_58),
    (0.458_016_777_657_227_37, 0.169_156_519_395_002_54),
    (0.617_876_244_402_643_8, 0.149_595_988_816_576_74),
    (0.755_404_408_355_003, 0.124_628_971_255_533_88),
    (0.865_631_202_387_831_8, 0.095_158_511_682_492_79),
    (0.944_575_023_073_232_6, 0.062_253_523_938_647_894),
    (0.989_400_934_991_649_9, 0.027_152_459_411_754_096),
];

/// A node of a rule, and the length that it stands for.
///
/// Its place is origin + offset, where the origin is the mean of the narrowest component there: a component
/// may be narrower than the spacing of f64 at its mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub origin: f64,
    pub offset: f64,
    pub weight: f64,
}

impl Node {
    /// The place, rounded to f64.
    pub fn x(&self) -> f64 {
        self.origin + self.offset
    }

    /// The distance from `place`.
    pub fn from(&self, place: f64) -> f64 {
        (self.origin - place) + self.offset
    }
}

/// Mean and standard deviation of a component.
type Part = (f64, f64);

/// Nodes over all of a mixture's mass, rising, at least about `fewest`.
///
/// Evenly spaced for a trapezoidal rule if the narrowest component allows it; otherwise in panels, as long
/// as the narrowest component allows at each place, with nothing where there is no mass.
pub(super) fn nodes(parts: &[Part], fewest: f64) -> Vec<Node> {
    let low = parts.iter().map(|(m, s)| m - REACH * s);
    let low = low.fold(f64::INFINITY, f64::min);
    let high = parts.iter().map(|(m, s)| m + REACH * s);
    let high = high.fold(f64::NEG_INFINITY, f64::max);
    let narrowest = parts.iter().fold(f64::INFINITY, |n, (_, s)| n.min(*s));
    let nodes_over = |length: f64| NODES_PER_STD * length / narrowest;
    let farthest = low.abs().max(high.abs());
    match nodes_over(farthest.max(high - low)) <= MOST_EVEN {
        true => even(low, high, nodes_over(high - low).max(fewest) as usize),
        false => panels(parts),
    }
}

/// `n` evenly spaced nodes from `low` to `high`.
fn even(low: f64, high: f64, n: usize) -> Vec<Node> {
    let weight = (high - low) / (n - 1) as f64;
    let node = |i: usize| Node {
        origin: 0.0,
        offset: low + i as f64 * weight,
        weight,
    };
    (0..n).map(node).collect()
}

/// An end of a component's reach: hi + lo, exactly.
#[derive(Debug, Clone, Copy)]
struct End {
    hi: f64,
    lo: f64,
    part: usize,
    is_first: bool,
}

impl End {
    /// mean ± 12 standard deviations, with what rounding leaves of the sum (Knuth's two-sum).
    fn new(mean: f64, reach: f64, part: usize) -> Self {
        let hi = mean + reach;
        let of_reach = hi - mean;
        Self {
            hi,
            lo: (mean - (hi - of_reach)) + (reach - of_reach),
            part,
            is_first: reach < 0.0,
        }
    }

    /// The distance from `origin`.
    fn from(&self, origin: f64) -> f64 {
        (self.hi - origin) + self.lo
    }
}

/// Between any two neighbouring ends, panels that are short against the narrowest component that reaches
/// there.
fn panels(parts: &[Part]) -> Vec<Node> {
    let both = |(k, (mean, std)): (usize, &Part)| {
        [-REACH, REACH].map(|side| End::new(*mean, side * std, k))
    };
    let mut ends: Vec<End> = parts.iter().enumerate().flat_map(both).collect();
    ends.sort_by(|a, b| a.hi.total_cmp(&b.hi).then(a.lo.total_cmp(&b.lo)));
    let mut nodes = Vec::new();
    let mut here: Vec<usize> = Vec::new();
    for pair in ends.windows(2) {
        match pair[0].is_first {
            true => here.push(pair[0].part),
            false => here.retain(|k| *k != pair[0].part),
        }
        let narrowest = here.iter().map(|k| parts[*k]);
        let narrowest = narrowest.min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((origin, std)) = narrowest {
            let (from, to) = (pair[0].from(origin), pair[1].from(origin));
            gauss(origin, from, to, PANEL * std, &mut nodes);
        }
    }
    nodes
}

/// Gauss's rule on equal panels of length `longest` or less.
fn gauss(origin: f64, from: f64, to: f64, longest: f64, nodes: &mut Vec<Node>) {
    let count = ((to - from) / longest).ceil();
    if count < 1.0 {
        return;
    }
    let half = 0.5 * (to - from) / count;
    let left = GAUSS.iter().rev().map(|(x, w)| (-x, *w));
    let rule: Vec<(f64, f64)> = left.chain(GAUSS).collect();
    for panel in 0..count as usize {
        let middle = from + (2 * panel + 1) as f64 * half;
        nodes.extend(rule.iter().map(|(x, w)| Node {
            origin,
            offset: middle + half * x,
            weight: half * w,
        }));
    }
}
