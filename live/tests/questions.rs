//! Every question has an answer or a sentence that refuses it, whatever a page asks.

use live::{Asked, Desk};

/// The questions that the browser's answers are compared by.
const QUESTIONS: &str = include_str!("../../book/checks/browser/questions.txt");

fn questions() -> impl Iterator<Item = (&'static str, Vec<f64>)> {
    let blocks = QUESTIONS
        .split("\n\n")
        .filter(|block| !block.trim().is_empty());
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
    for (text, numbers) in questions() {
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
    assert_eq!(refused.len(), 4, "{refused:?}");
    assert!(refused[0].contains("t = 200 is outside the schedule"));
    assert!(refused[1].contains("u = 1.5 is not from 0 to 1"));
    assert!(refused[2].contains("which is no number for it"));
    assert!(refused[3].contains("no question has the name"));
}

/// Each setting of each question in turn is left out, or made something that it cannot be.
#[test]
fn bad_settings_are_refused_and_nothing_panics() {
    const BAD: [&str; 7] = ["", "0", "-1", "NaN", "inf", "1e300", "no such word"];
    let mut refused = 0;
    for (text, numbers) in questions() {
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
    ] {
        let refusal = Desk::default().answer(&Asked::new(text, &[]));
        assert!(refusal.is_err(), "{text}");
    }
}
