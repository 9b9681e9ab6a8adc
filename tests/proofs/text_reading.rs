//! How many sentences are of a language, and how likely those are.

use diffusion_intuition::text::Grammar;
use diffusion_intuition::{Error, Rng};
use ndarray::{Array2, array};

use crate::support::assert_close;

#[test]
fn sentences_are_counted() {
    let grammar = Grammar::new("a *3 | b\nc | d", 2).unwrap();
    let words = grammar.vocabulary();
    let w = |text: &str| words.parse(text, 2).unwrap();
    let [ac, bd, cc] = ["a c", "b d", "c c"].map(w);
    let rows = [&ac, &ac, &bd, &cc, &ac].map(|s| [s[0], s[1]]);
    let reading = grammar.read(&Array2::from(rows.to_vec())).unwrap();
    assert_eq!((reading.count, reading.valid, reading.distinct), (5, 4, 2));
    assert_eq!(reading.share(), 0.8);
    // ln p is ln ¾·½ for the three, ln ¼·½ for the other.
    let mean = -(3.0 * (3_f64 / 8.0).ln() + (1_f64 / 8.0).ln()) / 4.0;
    assert_close("nll", reading.nll.unwrap().mean, mean, 1e-14);
    let one = grammar
        .read(&array![[ac[0], ac[1]], [cc[0], cc[1]]])
        .unwrap();
    assert_eq!((one.valid, one.nll), (1, None));
    let none = Array2::zeros((0, 2));
    assert!(matches!(grammar.read(&none), Err(Error::Empty { .. })));
    assert!(matches!(
        grammar.read(&array![[0, 99]]),
        Err(Error::Word { .. })
    ));
    assert!(matches!(
        grammar.read(&array![[0]]),
        Err(Error::Shape { .. })
    ));
}

#[test]
fn what_is_sampled_is_as_surprising_as_the_grammar() {
    let grammar = Grammar::aligned();
    let sample = grammar.sample(4000, &mut Rng::new(0)).unwrap();
    let reading = grammar.read(&sample).unwrap();
    assert_eq!(reading.valid, 4000);
    let nll = reading.nll.unwrap();
    // Five standard errors: wrong once in two million.
    assert_close(
        "entropy",
        nll.mean,
        grammar.entropy(),
        5.0 * nll.standard_error,
    );
    // Pairs of equal sentences are rare: 4000²/2 pairs of some e^12.5.
    assert!(
        reading.distinct > 3800 && reading.distinct < 4000,
        "{}",
        reading.distinct
    );
}
