//! What a vocabulary, a grammar or the exact denoiser cannot be or answer is refused with a sentence that says where and why.

use diffusion_intuition::text::{ExactText, Grammar, Vocabulary, WordVectors};
use diffusion_intuition::{Denoiser, Error, Prediction, Rng};
use ndarray::Array2;

use crate::text_exact::{D, World};
use crate::text_support::cats;

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Error>, text: &str) {
    assert_eq!(answer.unwrap_err().to_string(), text);
}

#[test]
fn vocabularies() {
    refused(
        Vocabulary::new::<&str>([]),
        "vocabulary: empty, at least one is needed",
    );
    refused(
        Vocabulary::new(["a", "b c"]),
        "word 1 of a vocabulary, \"b c\": a word has letters and no white space",
    );
    refused(
        Vocabulary::new(["a", "b", "a"]),
        "word 2 of a vocabulary, \"a\": it stands there before, and words differ",
    );
    let words = Vocabulary::new(["engineer", "engineers", "build"]).unwrap();
    refused(
        words.parse("engineers bild", 2),
        "word 2 (counted from 1), \"bild\": none of the 3 words; the nearest is \"build\"",
    );
    refused(words.parse("build", 2), "sentence: shape [1], expected [2]");
    refused(
        words.parse("build build build", 2),
        "sentence: shape [3], expected [2]",
    );
    assert_eq!((words.word(1), words.word(3)), ("engineers", "?"));
    let padded = Vocabulary::new(["·", "build"]).unwrap();
    assert_eq!(padded.parse(" build  build ", 4), Ok(vec![1, 1, 0, 0]));
    assert_eq!(padded.text(&[0, 1, 9, 0]), "build ?");
    assert!(padded.parse("build", usize::MAX).is_err());
}

#[test]
fn descriptions() {
    for (text, reason) in [
        (
            "a | b\nc || d",
            "line 2: an alternative without words: \"-\" stands for none",
        ),
        (
            "a |",
            "line 1: an alternative without words: \"-\" stands for none",
        ),
        (
            "a *0 | b",
            "line 1: *0: a weight is a number from 1e-9 to 1e9, written as *2.5",
        ),
        (
            "a *-1",
            "line 1: *-1: a weight is a number from 1e-9 to 1e9, written as *2.5",
        ),
        (
            "a *inf",
            "line 1: *inf: a weight is a number from 1e-9 to 1e9, written as *2.5",
        ),
        (
            "a *nan",
            "line 1: *nan: a weight is a number from 1e-9 to 1e9, written as *2.5",
        ),
        (
            "a * 2",
            "line 1: *: a weight is a number from 1e-9 to 1e9, written as *2.5",
        ),
        ("a [b]", "line 1: \"b\" is no value of an attribute above"),
        (
            "\n\nx = b\na [b",
            "line 4: \"a [b\": one pair of brackets is allowed, [value value]",
        ),
        (
            "x = b\na b]",
            "line 2: \"a b]\": one pair of brackets is allowed, [value value]",
        ),
        (
            "x = b\na [b] [b]",
            "line 2: \"a [b] [b]\": one pair of brackets is allowed, [value value]",
        ),
        (
            "a\nx = b",
            "line 2: attributes stand before all slots, and \"=\" is no word",
        ),
        (
            "x = b c\na",
            "line 1: \"b c\": a value of an attribute is one word",
        ),
        (
            "x = b | b\na",
            "line 1: \"b\" cannot be a value: each has a name of its own, without \"/\"",
        ),
        (
            "x = b\ny = b\na",
            "line 2: \"b\" cannot be a value: each has a name of its own, without \"/\"",
        ),
        (
            "x = b/c\na",
            "line 1: \"b/c\" cannot be a value: each has a name of its own, without \"/\"",
        ),
        (
            "x = b\nx = c\na",
            "line 2: \"x\" cannot name an attribute: one word is needed that no other has",
        ),
        (
            "= b\na",
            "line 1: \"\" cannot name an attribute: one word is needed that no other has",
        ),
        ("a ·", "line 1: \"·\" is no word of a grammar"),
        ("a - b", "line 1: \"-\" is no word of a grammar"),
        (
            "x = b | c\ny = d\na [b] | e [b d]",
            "line 3: no alternative for x = c, y = d: each combination needs one",
        ),
        ("x = b\ny = c [b]\na", ""),
        (
            "x = b | e\ny = c [b]\na",
            "line 2: no alternative for x = e: each combination needs one",
        ),
        (
            "x = b\ny = c\na [b/c]",
            "line 3: [b/c]: values of different attributes; a space between them means that both are needed",
        ),
    ] {
        match Grammar::new(text, 3) {
            Ok(_) => assert!(reason.is_empty(), "{text}"),
            Err(error) => assert_eq!(error.to_string(), format!("grammar, {reason}"), "{text}"),
        }
    }
    refused(
        Grammar::new("# nothing", 3),
        "list of a grammar's slots: empty, at least one is needed",
    );
    for places in [0, 2] {
        refused(
            Grammar::new("a | - | b c d", places),
            &format!(
                "a grammar whose longest sentence has 3 words, at {places} places: it needs a place for each word, \
                 and at least one"
            ),
        );
    }
    assert!(Grammar::new("-", 0).is_err());
}

/// What is short to write and long to work out.
#[test]
fn sizes() {
    let size = |text: &str, places| match Grammar::new(text, places) {
        Err(Error::Size { .. }) => {}
        _ => panic!("{text}"),
    };
    size("a", usize::MAX);
    size("a | -", 1 << 40);
    // 2^40 combinations of attributes.
    let attributes: String = (0..40).map(|i| format!("x{i} = y{i} | z{i}\n")).collect();
    size(&format!("{attributes}\na"), 1);
    // Each of 18 words to be remembered until the end: 2^18 states.
    let (mut names, mut early, mut late) = (String::new(), String::new(), String::new());
    for i in 0..18 {
        names += &format!("x{i} = y{i} | z{i}\n");
        early += &format!("a [y{i}] | b [z{i}]\n");
        late += &format!("a [z{i}] | b [y{i}]\n");
    }
    size(&format!("{names}{early}{late}"), 36);
    // As many alternatives without words as one likes are one.
    let nothing = vec!["-"; 300].join(" | ");
    let lines = vec![format!("{nothing} | a | b"); 12].join("\n");
    assert_eq!(Grammar::new(&lines, 12).unwrap().sentences(), 8191.0);
}

#[test]
fn questions() {
    let grammar = Grammar::aligned();
    refused(
        grammar.log_prob(&[0; 9]),
        "sentence: shape [9], expected [10]",
    );
    refused(
        grammar.first_error(&[86; 10]),
        "word 86 of a vocabulary of 86: words count from 0",
    );
    let names = "the grammar has topic, number, gender, tense, polarity";
    refused(
        grammar.attribute("tens", &[0; 10]),
        &format!("attribute, \"tens\": {names}"),
    );
    refused(
        grammar.given(&[("tense", "yesterday")]),
        "value of \"tense\", \"yesterday\": its values are past, present, future",
    );
    refused(
        grammar.given(&[("number", "one"), ("gender", "they")]),
        "sentences with number = one and gender = they: there are none: these exclude each other",
    );
    assert!(
        grammar
            .labels("tense", &ndarray::Array2::zeros((2, 9)))
            .is_err()
    );
    assert!(
        grammar
            .labels("tense", &ndarray::Array2::from_elem((2, 10), 86))
            .is_err()
    );
    assert_eq!(grammar.attribute("tense", &[0; 10]), Ok(None));
    assert!(
        grammar
            .sample(1 << 60, &mut diffusion_intuition::Rng::new(0))
            .is_err()
    );
    let plain = Grammar::new("a | b", 1).unwrap();
    refused(
        plain.attribute("x", &[0]),
        "attribute, \"x\": the grammar has none",
    );
    assert_eq!(plain.given(&[]).unwrap(), (plain.clone(), 1.0));
}

#[test]
fn questions_of_the_exact_denoiser() {
    let world = World::of(&cats());
    let exact = world.exact(Prediction::Eps);
    let x = Array2::<f32>::zeros((2, 30));
    assert!(matches!(
        exact.denoise(&x, 200),
        Err(Error::Timestep { t: 200, .. })
    ));
    assert!(matches!(
        exact.posteriors(&Array2::zeros((2, 29)), 0),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(
        exact.draw(&(&x / 0.0), 0, &mut Rng::new(0)),
        Err(Error::NotFinite { .. })
    ));
    assert_eq!(
        exact.log_density(&Array2::zeros((0, 30)), 0).unwrap().len(),
        0
    );
    let few = WordVectors::random(3, D, &mut Rng::new(0)).unwrap();
    let refused = ExactText::new(&world.grammar, &few, &world.schedule, Prediction::X0);
    assert!(matches!(refused, Err(Error::Shape { .. })));
    let words = world.grammar.vocabulary();
    assert!(matches!(exact.known(&[None; 5]), Err(Error::Shape { .. })));
    assert!(matches!(
        exact.known(&[Some(99); 6]),
        Err(Error::Word { word: 99, .. })
    ));
    let refused = exact
        .known(&words.pattern("a ___ cats ...", 6).unwrap())
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "known word 3 (counted from 1), \"cats\": no sentence has it there, with what is known before it"
    );
    assert_eq!(
        words.pattern("the __ cat", 6).unwrap()[2..4],
        [words.index("cat"), words.padding()]
    );
    assert!(exact.floor(0..0, 10, &mut Rng::new(0)).is_err());
    assert!(exact.floor(0..201, 10, &mut Rng::new(0)).is_err());
    assert!(exact.floor(0..200, 1, &mut Rng::new(0)).is_err());
    assert!(exact.floor(0..200, 1 << 60, &mut Rng::new(0)).is_err());
}
