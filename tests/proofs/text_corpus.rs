//! The reader's own text: what becomes a word, what is counted and left out, and which files are refused with which
//! words.

use std::collections::HashSet;
use std::fs;

use diffusion_intuition::text::{Corpus, CorpusConfig, Vocabulary};
use diffusion_intuition::{Error, Rng};
use ndarray::array;

fn all() -> CorpusConfig {
    CorpusConfig {
        min_count: 1,
        ..CorpusConfig::default()
    }
}

/// The words of one line.
fn words(line: &str) -> Vec<String> {
    let corpus = Corpus::parse(line, &all()).unwrap();
    let sentence = corpus.sentences.row(0);
    let words = sentence.iter().map(|word| corpus.vocabulary.word(*word));
    words.map(str::to_owned).collect()
}

#[test]
fn words_are_what_a_person_expects() {
    for (line, expected) in [
        ("The sea, the SEA!", "the sea , the sea !"),
        ("  don't \t stop…  ", "don't stop …"),
        ("it’s the dogs’ ball", "it's the dogs ’ ball"),
        (
            "'tis \"well-known\" (e.g. to us).",
            "' tis \" well-known \" ( e.g . to us ) .",
        ),
        (
            "3.14, 1,000 and 1,2-3; a,b",
            "3.14 , 1,000 and 1,2-3 ; a , b",
        ),
        ("wait... what?! -- no", "wait ... what ? ! -- no"),
        ("rock-'n'-roll- -x", "rock - ' n ' - roll - - x"),
        ("ÄRGER in STRASSE; ΟΔΟΣ", "ärger in strasse ; οδος"),
        ("cafe\u{301} na\u{ef}ve", "cafe\u{301} naïve"),
        ("co\u{ad}operate \u{feff}x\u{200b}y", "cooperate x y"),
        ("我爱你。", "我 爱 你 。"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("👍👍 👍🏽 ☀\u{fe0f}", "👍👍 👍🏽 ☀\u{fe0f}"),
        ("a · b · c", "a • b • c"),
        ("<unk> x_1", "< unk > x _ 1"),
        ("$5 50% C++ #1", "$ 5 50 % c ++ # 1"),
        ("a\u{a0}b\u{2028}c\u{1b}[2J", "a b c [ 2j"),
    ] {
        let expected: Vec<&str> = expected.split(' ').collect();
        assert_eq!(words(line), expected, "{line:?}");
    }
}

#[test]
fn sentences_are_written_as_people_write() {
    for text in [
        "the sea, the moon (far away) and 3.14!",
        "she said \"no\", \"yes\" and “perhaps”.",
        "wait... what?",
        "我爱你。",
        "it costs $5.",
    ] {
        let corpus = Corpus::parse(text, &all()).unwrap();
        assert_eq!(corpus.text(&corpus.sentences.row(0).to_vec()), text);
    }
}

const TEXT: &str = "\u{feff}The sea is calm.\r\n\r\nThe moon is far.\n   \nThe sea is calm.\rThe tide is very, very, very high.\n\
                    The sea is far.";

#[test]
fn everything_is_counted() {
    let config = CorpusConfig {
        places: Some(6),
        ..CorpusConfig::default()
    };
    let corpus = Corpus::parse(TEXT, &config).unwrap();
    // the, is and the point 4 times, sea 3 times, calm and far twice; moon once.
    let expected = [".", "is", "the", "sea", "calm", "far", "<unk>", "·"];
    let found: Vec<&str> = (0..corpus.vocabulary.len())
        .map(|i| corpus.vocabulary.word(i))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        corpus.sentences,
        array![
            [2, 3, 1, 4, 0, 7],
            [2, 6, 1, 5, 0, 7],
            [2, 3, 1, 4, 0, 7],
            [2, 3, 1, 5, 0, 7]
        ]
    );
    assert_eq!(corpus.lines, [1, 3, 5, 7]);
    let report = &corpus.report;
    assert_eq!((report.lines, report.empty), (7, 2));
    assert_eq!((report.too_long, report.longest), (1, (10, 6)));
    assert_eq!((report.sentences, report.repeated), (4, 1));
    assert_eq!((report.median_length, report.longest_kept), (5, 5));
    assert_eq!((report.words, report.unknown), (20, 1));
    assert_eq!((report.different, report.vocabulary), (7, 6));
    assert_eq!(report.unknown_share(), 0.05);
    let text = report.to_string();
    let expected = "7 lines, 2 of them empty. 4 sentences of up to 5 words and signs, half of them of up to 5; 1 repeat an \
                    earlier one; 1 longer ones are left out, up to 10 words (line 6).\n20 words and signs, 7 different, 6 in \
                    the vocabulary; 1 others (5.0 %) are unknown words.";
    assert_eq!(text, expected);

    // The most frequent of as many as are asked for.
    let max_words = Some(2);
    let corpus = Corpus::parse(TEXT, &CorpusConfig { max_words, ..all() }).unwrap();
    assert_eq!(corpus.vocabulary.len(), 4);
    assert_eq!(
        (corpus.vocabulary.word(0), corpus.vocabulary.word(1)),
        (".", "is")
    );
}

#[test]
fn places_hold_nineteen_lines_of_twenty() {
    // One line of each length from 1 to 40: 38 of them hold 95 %.
    let lines = (1..=40).map(|n| vec!["so"; n].join(" ") + "\n");
    let text: String = lines.collect();
    let corpus = Corpus::parse(&text, &all()).unwrap();
    assert_eq!((corpus.places(), corpus.report.too_long), (38, 2));
    assert_eq!(corpus.report.longest, (40, 40));
}

#[test]
fn blanks_are_places_to_fill() {
    let corpus = Corpus::parse(TEXT, &all()).unwrap();
    let places = corpus.places();
    let number = |word: &str| corpus.vocabulary.index(word);
    let padding = number(Vocabulary::PADDING);
    let mut expected = vec![number("the"), None, number("is"), None, number(".")];
    expected.resize(places, padding);
    assert_eq!(corpus.pattern("The ___ is __.").unwrap(), expected);
    match corpus.pattern("the see is calm").unwrap_err() {
        Error::Name { name, valid, .. } => {
            assert_eq!(name, "see");
            assert!(valid.contains("\"sea\""), "{valid}");
        }
        other => panic!("{other:?}"),
    }
    let long = vec!["___"; places + 1].join(" ");
    assert!(matches!(corpus.pattern(&long), Err(Error::Shape { .. })));
    // A blank is no word where one must be.
    assert!(corpus.pattern("_").is_err());
}

#[test]
fn held_out_sentences_are_never_seen_in_training() {
    // Sentences of two words out of four, some twice and three times.
    let names = ["sea", "moon", "tide", "wind"];
    let lines = (0..40).map(|i| format!("{} {}\n", names[i % 4], names[i * i / 3 % 4]));
    let corpus = Corpus::parse(&lines.collect::<String>(), &all()).unwrap();
    let rows = |part: &ndarray::Array2<usize>| -> HashSet<Vec<usize>> {
        part.rows().into_iter().map(|row| row.to_vec()).collect()
    };
    let different = rows(&corpus.sentences).len();
    assert!(different > 6 && different < 17);
    let (train, held_out) = corpus.split(3, &mut Rng::new(4)).unwrap();
    assert_eq!(train.nrows() + held_out.nrows(), 40);
    assert_eq!(rows(&held_out).len(), 3);
    assert!(held_out.nrows() > 3, "copies go along");
    assert!(rows(&train).is_disjoint(&rows(&held_out)));
    assert_eq!(
        corpus.split(3, &mut Rng::new(4)).unwrap(),
        (train, held_out.clone())
    );
    let other = corpus.split(3, &mut Rng::new(5)).unwrap().1;
    assert_ne!(rows(&other), rows(&held_out));
    for n in [0, different, usize::MAX] {
        let refused = corpus.split(n, &mut Rng::new(0));
        assert!(matches!(refused, Err(Error::Parameter { .. })), "{n}");
    }
}

#[track_caller]
fn refused(text: &str, config: &CorpusConfig, line: Option<usize>, part: &str) {
    match Corpus::parse(text, config).unwrap_err() {
        Error::File {
            file,
            line: found,
            reason,
        } => {
            assert_eq!((file.as_str(), found), ("text", line), "{reason}");
            assert!(reason.contains(part), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn texts_without_sentences_are_refused() {
    let default = CorpusConfig::default();
    refused("", &default, None, "no sentences");
    refused("\n \r\n\t\n", &default, None, "no sentences");
    refused("a b c\nd e", &default, None, "no word of it occurs 2 times");
    let novel = format!("a title\n{}\n", "word ".repeat(129));
    let part = "one sentence a line is expected";
    refused(&novel, &default, Some(2), part);
    refused("a\nb c \0\n", &default, Some(2), "NUL byte");
    let two = Some(2);
    let short = CorpusConfig {
        places: two,
        ..all()
    };
    refused(
        "a b c\nd e f g",
        &short,
        None,
        "even the shortest of its sentences has 3 words, more than 2",
    );
    assert_eq!(Corpus::parse(&novel, &short).unwrap().report.too_long, 1);
    for config in [
        CorpusConfig {
            min_count: 0,
            ..all()
        },
        CorpusConfig {
            max_words: Some(0),
            ..all()
        },
        CorpusConfig {
            places: Some(0),
            ..all()
        },
    ] {
        let refused = Corpus::parse(TEXT, &config);
        assert!(
            matches!(refused, Err(Error::Parameter { .. })),
            "{config:?}"
        );
    }
    let places = Some(usize::MAX);
    let refused = Corpus::parse(TEXT, &CorpusConfig { places, ..all() });
    assert!(matches!(refused, Err(Error::Size { .. })));
}

#[test]
fn files_are_read_in_utf8_and_utf16_and_others_named() {
    let name = format!("diffusion-intuition-corpus-{}.txt", std::process::id());
    let path = std::env::temp_dir().join(name);
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Corpus::read(&path, &all())
    };
    let text = "the séa\nis calm\n";
    let expected = Corpus::parse(text, &all()).unwrap();
    assert_eq!(read(text.as_bytes()).unwrap(), expected);
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        read(&[&[0xff, 0xfe], &wide[..]].concat()).unwrap(),
        expected
    );
    for (bytes, line, part) in [
        // é in Latin-1.
        (
            &b"the sea\r\nis calm\r\nor s\xe9a\n"[..],
            Some(3),
            "not text in UTF-8: byte 0xe9; save it as UTF-8",
        ),
        (b"PK\x03\x04....", None, "save it as plain text"),
        (b"%PDF-1.7", None, "a PDF"),
        (b"{\\rtf1 x}", None, "rich text"),
        (b"\x1f\x8b\x08", None, "compressed by gzip"),
    ] {
        match read(bytes).unwrap_err() {
            Error::File {
                file,
                line: found,
                reason,
            } => {
                assert_eq!((file, found), (path.display().to_string(), line));
                assert!(
                    reason.contains(part) && !reason.contains("Excel"),
                    "{reason}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    fs::remove_file(&path).unwrap();
    let missing = Corpus::read(&path, &all()).unwrap_err();
    assert!(missing.to_string().starts_with(&path.display().to_string()));
}
