//! Grammars as tables, from which sentences are listed one by one: another way than the crate's automata.

use std::collections::BTreeMap;

use diffusion_intuition::Rng;
use diffusion_intuition::text::Grammar;
use rand::RngExt;

/// Words, or none, or a value; the values it needs, one of each list; its weight.
pub type Choice = (&'static str, Vec<Vec<&'static str>>, f64);

/// A grammar: attributes with their values, and slots.
pub struct Table {
    pub attributes: Vec<(&'static str, Vec<Choice>)>,
    pub slots: Vec<Vec<Choice>>,
    pub places: usize,
}

/// Of a sentence: its probability, and the values of the attributes it may have.
#[derive(Default)]
pub struct Listed {
    pub p: f64,
    pub ways: BTreeMap<Vec<&'static str>, f64>,
}

fn line(choices: &[Choice]) -> String {
    let choices = choices.iter().map(|(words, needs, weight)| {
        let words = if words.is_empty() { "-" } else { words };
        let needs: Vec<String> = needs.iter().map(|any| any.join("/")).collect();
        match needs[..] {
            [] => format!("{words} *{weight}"),
            _ => format!("{words} [{}] *{weight}", needs.join(" ")),
        }
    });
    choices.collect::<Vec<_>>().join(" | ")
}

fn fitting<'a>(choices: &'a [Choice], values: &[&str]) -> Vec<(&'a str, f64)>
where
    'static: 'a,
{
    let fits = |needs: &[Vec<&str>]| {
        needs
            .iter()
            .all(|any| any.iter().any(|v| values.contains(v)))
    };
    let chosen = choices.iter().filter(|(_, needs, _)| fits(needs));
    let chosen: Vec<(&'static str, f64)> =
        chosen.map(|(words, _, weight)| (*words, *weight)).collect();
    let sum: f64 = chosen.iter().map(|(_, weight)| weight).sum();
    chosen
        .into_iter()
        .map(|(words, weight)| (words, weight / sum))
        .collect()
}

impl Table {
    pub fn grammar(&self) -> Grammar {
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|(name, choices)| format!("{name} = {}", line(choices)));
        let lines = attributes.chain(self.slots.iter().map(|choices| line(choices)));
        Grammar::new(&lines.collect::<Vec<_>>().join("\n"), self.places).unwrap()
    }

    /// All sentences, as word numbers of the grammar.
    pub fn list(&self, grammar: &Grammar) -> BTreeMap<Vec<usize>, Listed> {
        let mut values: Vec<(Vec<&'static str>, f64)> = vec![(Vec::new(), 1.0)];
        for (_, choices) in &self.attributes {
            let longer = values.iter().flat_map(|(values, p)| {
                let more = fitting(choices, values).into_iter();
                more.map(move |(value, q)| ([&values[..], &[leak(value)]].concat(), p * q))
            });
            values = longer.collect();
        }
        let mut all = BTreeMap::<Vec<usize>, Listed>::new();
        for (values, p) in values {
            let mut texts = vec![(String::new(), p)];
            for slot in &self.slots {
                let longer = texts.iter().flat_map(|(text, p)| {
                    let more = fitting(slot, &values).into_iter();
                    more.map(move |(words, q)| (format!("{text} {words}"), p * q))
                });
                texts = longer.collect();
            }
            for (text, p) in texts {
                let sentence = grammar.vocabulary().parse(&text, self.places).unwrap();
                let listed = all.entry(sentence).or_default();
                listed.p += p;
                *listed.ways.entry(values.clone()).or_default() += p;
            }
        }
        all
    }
}

/// The names of this file's tables live as long as the program.
fn leak(name: &str) -> &'static str {
    let names = ["one", "many", "calm", "wild", "red", "blue", "green"];
    names
        .into_iter()
        .find(|known| *known == name)
        .expect("a value")
}

/// Unequal weights, a part left out, and a sentence that is made in two ways: (black)(cat) and ()(black cat).
pub fn cats() -> Table {
    Table {
        attributes: vec![
            ("number", vec![("one", vec![], 3.0), ("many", vec![], 1.0)]),
            (
                "mood",
                vec![("calm", vec![], 1.0), ("wild", vec![vec!["many"]], 2.0)],
            ),
        ],
        slots: vec![
            vec![("the", vec![], 2.0), ("a", vec![vec!["one"]], 1.0)],
            vec![
                ("", vec![], 1.0),
                ("black", vec![], 0.7),
                ("old", vec![vec!["calm"]], 0.2),
            ],
            vec![
                ("cat", vec![vec!["one"]], 1.0),
                ("black cat", vec![vec!["one"]], 0.5),
                ("cats", vec![vec!["many"]], 1.0),
            ],
            vec![
                ("sleeps", vec![vec!["one"]], 1.0),
                ("sleep", vec![vec!["many"]], 0.4),
                ("ran", vec![vec!["calm", "wild"]], 0.3),
                ("ran off", vec![vec!["wild"], vec!["many"]], 1.6),
            ],
        ],
        places: 6,
    }
}

/// A table of attributes and slots as they fall. Each slot has something for all values.
pub fn random(seed: u64) -> Table {
    const WORDS: [&str; 8] = ["", "u", "v", "w", "u v", "v u", "x", "w w"];
    let mut rng = Rng::new(seed);
    let weight = |rng: &mut Rng| (1 + rng.random_range(0..19)) as f64 / 4.0;
    let number = vec![
        ("one", vec![], weight(&mut rng)),
        ("many", vec![], weight(&mut rng)),
    ];
    let colour = ["red", "blue", "green"].map(|value| {
        let needs = match value == "green" && rng.random_range(0..2) == 0 {
            true => vec![vec!["one"]],
            false => vec![],
        };
        (value, needs, weight(&mut rng))
    });
    let slots = (0..3).map(|_| {
        let choices = (0..2 + rng.random_range(0..4)).map(|i| {
            let mut needs = Vec::new();
            if i > 0 && rng.random_range(0..2) == 0 {
                needs.push(vec![["one", "many"][rng.random_range(0..2)]]);
            }
            if i > 0 && rng.random_range(0..2) == 0 {
                needs.push(
                    [vec!["red", "blue"], vec!["green"], vec!["blue", "green"]]
                        [rng.random_range(0..3)]
                    .clone(),
                );
            }
            (WORDS[rng.random_range(0..8)], needs, weight(&mut rng))
        });
        choices.collect()
    });
    Table {
        slots: slots.collect(),
        attributes: vec![("number", number), ("colour", colour.to_vec())],
        places: 6,
    }
}
