//! Every question has an answer or a sentence that refuses it, whatever a page asks.

use diffusion_intuition::Schedule;
use live::{Asked, Desk};

/// The questions that the browser's answers are compared by.
const QUESTIONS: &str = include_str!("../../book/checks/browser/questions.txt");
const OF_DIGITS: &str = include_str!("../../book/checks/browser/questions-digits.txt");
const OF_PROMPTS: &str = include_str!("../../book/checks/browser/questions-prompts.txt");
const OF_WORDS: &str = include_str!("../../book/checks/browser/questions-words.txt");

fn questions(all: &'static str) -> impl Iterator<Item = (&'static str, Vec<f64>)> {
    let blocks = all.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks.map(|block| {
        let (text, numbers) = block.split_once("\nnumbers").unwrap_or((block, ""));
        let numbers = numbers.split_whitespace().map(|x| x.parse().unwrap());
        (text, numbers.collect())
    })
}

#[test]
fn questions_are_answered_or_refused_as_they_should_be() {
    let mut desk = Desk::default();
    let mut refused = Vec::new();
    for (text, numbers) in questions(QUESTIONS) {
        match desk.answer(&Asked::new(text, &numbers)) {
            Ok(answer) => {
                let named = answer.contents();
                let lengths = named.lines().map(|line| line.split_once(' ').unwrap().1);
                let lengths = lengths.map(|len| len.parse::<usize>().unwrap());
                assert_eq!(lengths.sum::<usize>(), answer.numbers().len(), "{text}");
                assert!(answer.numbers().iter().all(|x| x.is_finite()), "{text}");
            }
            Err(refusal) => refused.push(refusal.to_string()),
        }
    }
    assert_eq!(refused.len(), 5, "{refused:?}");
    assert!(refused[0].contains("t = 200 is outside the schedule"));
    assert!(refused[1].contains("u = 1.5 is not from 0 to 1"));
    assert!(refused[2].contains("which is no number for it"));
    assert!(refused[3].contains("no question has the name"));
    assert!(refused[4].contains("u = 1.5: must be from 0 to 1"));
}

/// Each setting of each question in turn is left out, or made something that it cannot be.
#[test]
fn bad_settings_are_refused_and_nothing_panics() {
    const BAD: [&str; 7] = ["", "0", "-1", "NaN", "inf", "1e300", "no such word"];
    let mut refused = 0;
    for (text, numbers) in questions(QUESTIONS) {
        let lines: Vec<&str> = text.lines().collect();
        for at in 1..lines.len() {
            let (key, _) = lines[at].split_once(' ').unwrap();
            for bad in BAD {
                let mut changed: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
                changed[at] = format!("{key} {bad}");
                if bad.is_empty() {
                    changed.remove(at);
                }
                let mut desk = Desk::default();
                let asked = desk.answer(&Asked::new(&changed.join("\n"), &numbers));
                refused += usize::from(asked.is_err());
            }
        }
        for count in [0, 1, numbers.len().saturating_sub(1)] {
            let few = &numbers[..count.min(numbers.len())];
            let _ = Desk::default().answer(&Asked::new(text, few));
            let strange: Vec<f64> = few.iter().map(|_| f64::NAN).collect();
            let _ = Desk::default().answer(&Asked::new(text, &strange));
        }
    }
    assert!(refused > 300, "{refused} of the bad settings are refused");
}

fn bytes_of(asked: &Asked) -> Vec<u8> {
    let Ok(name) = asked.word("file") else {
        return Vec::new();
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../weights");
    std::fs::read(format!("{folder}/{name}.safetensors")).unwrap()
}

/// The sentences that refuse are the library's own, and say which word.
#[test]
fn a_sentence_that_nobody_would_write_is_refused_by_its_word() {
    let mut desk = Desk::default();
    let mut refused = Vec::new();
    for (text, numbers) in questions(OF_WORDS) {
        let asked = Asked::new(text, &numbers);
        let bytes = bytes_of(&asked);
        match desk.answer(&asked.with_bytes(&bytes)) {
            Ok(answer) => assert!(answer.numbers().iter().all(|x| x.is_finite()), "{text}"),
            Err(refusal) => refused.push(refusal.to_string()),
        }
    }
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(refused[0].starts_with("word 4 (counted from 1), \"steerd\""));
    assert!(refused[1].starts_with("known word 8 (counted from 1), \"his\""));
    assert!(refused[2].contains("these exclude each other"));
}

/// Told all that it can be told, by its words and as labels, the network writes such a sentence; and what is exact beside
/// it adds up to 1 at every place and step.
#[test]
fn gaps_are_filled_as_wished() {
    let mut desk = Desk::default();
    let weights = Asked::new("learned\nfile aligned", &[]);
    let bytes = bytes_of(&weights);
    desk.answer(&weights.with_bytes(&bytes)).unwrap();
    let language = desk.answer(&Asked::new("language", &[])).unwrap();
    let letters: Vec<u8> = language.numbers().iter().map(|x| *x as u8).collect();
    let words = String::from_utf8(letters).unwrap();
    let words: Vec<&str> = words.lines().collect();
    for by in ["network", "exact"] {
        let text = format!(
            "fill\nsentence two ___ ___ ___ ___ raft ___ ___ ___ ___\ntopic sea\ntense past\n\
             polarity negated\nsteps 20\nseed 5\nby {by}"
        );
        let answer = desk.answer(&Asked::new(&text, &[])).unwrap();
        let numbers = answer.numbers();
        // fits, then exact: 10 places of 86 words, 1 + 20 times.
        for place in numbers[..21 * 860].chunks_exact(86) {
            // Eighty-six roundings of f64 near 1.
            assert!((place.iter().sum::<f64>() - 1.0).abs() < 1e-13);
        }
        // Then the words, all of one sentence: no place is wrong.
        assert!(answer.contents().ends_with("words 10\nwrong 0"), "{by}");
        let end = &numbers[numbers.len() - 10..];
        let end: Vec<&str> = end.iter().map(|word| words[*word as usize]).collect();
        assert_eq!([end[0], end[4], end[5]], ["two", "their", "raft"]);
        assert!(["yesterday", "before"].contains(&end[9]), "{end:?}");
        assert!(["never", "seldom"].contains(&end[2]), "{end:?}");
    }
}

/// The part of the digit that is kept is kept to the bit, in four pictures that differ beyond it.
#[test]
fn half_a_digit_goes_on_in_several_ways() {
    let mut desk = Desk::default();
    let mut refused = Vec::new();
    for (text, numbers) in questions(OF_DIGITS) {
        let asked = Asked::new(text, &numbers);
        let bytes = bytes_of(&asked);
        match desk.answer(&asked.with_bytes(&bytes)) {
            Ok(answer) if text.starts_with("half") => {
                let (known, states) = answer.numbers().split_at(64);
                let pictures: Vec<&[f64]> = states[..4 * 64].chunks_exact(64).collect();
                for at in (0..64).filter(|at| at % 8 < 4) {
                    assert!(pictures.iter().all(|of| of[at] == known[at]), "{at}");
                }
                let right = (0..64).filter(|at| at % 8 >= 4);
                let differ = |at: &usize| pictures.iter().any(|of| of[*at] != pictures[0][*at]);
                assert!(right.clone().filter(differ).count() > 16);
                assert!(right.clone().all(|at| known[at] == 0.0));
            }
            Ok(_) => {}
            Err(refusal) => refused.push(refusal.to_string()),
        }
    }
    assert_eq!(refused.len(), 2, "{refused:?}");
    assert!(refused[0].starts_with("row 300 is none of the 300 digits"));
    assert!(refused[1].contains("the name \"middle\""));
}

/// What is refused is the sentence's first word that cannot stand there, a step that there is not, or a side.
#[test]
fn a_prompt_that_is_none_is_refused_by_its_word() {
    let mut desk = Desk::default();
    let mut refused = Vec::new();
    for (text, numbers) in questions(OF_PROMPTS) {
        let asked = Asked::new(text, &numbers);
        let bytes = bytes_of(&asked);
        match desk.answer(&asked.with_bytes(&bytes)) {
            Ok(answer) => assert!(answer.numbers().iter().all(|x| x.is_finite()), "{text}"),
            Err(refusal) => refused.push(refusal.to_string()),
        }
    }
    assert_eq!(refused.len(), 4, "{refused:?}");
    assert!(refused[0].starts_with("word 4 (counted from 1), \"dog\""));
    assert!(refused[1].starts_with("after the last word, \"red\""));
    assert!(refused[2].starts_with("word 5 (counted from 1), \"a\""));
    assert_eq!(
        refused[3],
        "x_t of a U-Net: shape [1, 3], expected [1, 768]"
    );
}

/// Guided, the network paints what it is told, and the program says so; told nothing, at scale 0, it does not. Every
/// place shares out all of its attention.
#[test]
fn a_prompt_is_painted_and_read_back() {
    let mut desk = Desk::default();
    let weights = Asked::new("brushes\nfile prompts", &[]);
    let bytes = bytes_of(&weights);
    desk.answer(&weights.with_bytes(&bytes)).unwrap();
    let mut obeyed = [0, 0];
    for (scale, obeyed) in [3, 0].into_iter().zip(&mut obeyed) {
        for seed in 0..3 {
            let text = format!(
                "picture\nsentence A large yellow circle.\nscale {scale}\nsteps 25\nseed {seed}"
            );
            let answer = desk.answer(&Asked::new(&text, &[])).unwrap();
            let before = 26 * 4 * 768 + 25;
            let verdicts: Vec<u8> = answer.numbers()[before..]
                .iter()
                .map(|x| *x as u8)
                .collect();
            let verdicts = String::from_utf8(verdicts).unwrap();
            let right = verdicts.lines().filter(|line| line.starts_with('|'));
            *obeyed += right
                .inspect(|line| assert!(line.starts_with("|large yellow circle at (")))
                .count();
            assert_eq!(verdicts.lines().count(), 4);
        }
    }
    assert!(obeyed[0] >= 10 && obeyed[1] <= 2, "{obeyed:?} of 12 each");
    let gaze = Asked::new("gaze\nsentence A large yellow circle.\nt 200", &[0.5; 768]);
    for shares in desk.answer(&gaze).unwrap().numbers().chunks_exact(10) {
        // Ten roundings of f32, of four heads.
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    }
}

#[test]
fn what_stands_on_nothing_is_refused() {
    for text in [
        "train\nsteps 1",
        "look\nt 0\nreach 5",
        "excess",
        "paint\nsteps 1",
        "show\nsteps 2\nseed 0",
        "play\nsteps 1",
        "learn\nsteps 1",
        "score\nseed 0",
        "digits",
        "",
        "load",
        "learned",
        "fill",
        "half\nrow 0\npart left\nseed 0",
        "scene",
        "brushes",
        "picture\nsentence a red crab\nscale 1\nsteps 5\nseed 0",
        "gaze\nsentence a red crab\nt 0",
    ] {
        let refusal = Desk::default().answer(&Asked::new(text, &[]));
        assert!(refusal.is_err(), "{text}");
    }
}

/// The heap that is wished for is one Gaussian, around (0, 1.4) and .15 wide, so all its heights are known: none is at
/// another place or another time.
#[test]
fn heights_of_one_heap_are_those_of_its_gaussian() {
    let (steps, t) = (1000, 499); // u = (t + 1) / T
    let schedule = Schedule::linear(steps, 1e-4, 0.02).unwrap();
    for (u, alpha_bar) in [("0", 1.0), ("0.5", schedule.alpha_bar(t).unwrap())] {
        let text = format!(
            "terrain\nkind linear\nT {steps}\nstart 0.0001\nend 0.02\ndata ring\ntowards 3\nreach 2.8\nu {u}"
        );
        let answer = Desk::default().answer(&Asked::new(&text, &[])).unwrap();
        let place = |i: usize| 2.8 * (i as f64 / 40.0 - 1.0);
        let variance = alpha_bar * 0.15 * 0.15 + 1.0 - alpha_bar;
        let height = |i: usize, j: usize| {
            let up = place(j) - alpha_bar.sqrt() * 1.4;
            -(place(i).powi(2) + up * up) / (2.0 * variance)
        };
        let all = (0..81 * 81).map(|at| height(at / 81, at % 81));
        let highest = all.clone().fold(f64::NEG_INFINITY, f64::max);
        assert_eq!(answer.numbers().len(), 81 * 81);
        for (at, (found, height)) in answer.numbers().iter().zip(all).enumerate() {
            // Some roundings of numbers up to the largest, ln of the density at a corner.
            let off = (found - (height - highest)).abs();
            assert!(off < 1e-14 * (10.0 + height.abs()), "place {at}: {off:e}");
        }
    }
}
