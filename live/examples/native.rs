//! Answers the questions of a file on this machine, so that the answers of a page can be compared with them.
//!
//! The file has a question a paragraph: its name, its settings a line each, and its numbers after a line that begins
//! with `numbers`; the setting `file` names weights whose bytes it tells. Printed are, for every question, the names
//! and lengths of the answer's arrays in a line, and the bits of all its numbers in another; or `refused` and the
//! sentence.

use std::error::Error;

use live::{Asked, Desk};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args()
        .nth(1)
        .ok_or("name the file of questions")?;
    let text = std::fs::read_to_string(path)?;
    let mut desk = Desk::default();
    for question in text
        .split("\n\n")
        .filter(|question| !question.trim().is_empty())
    {
        let (question, numbers) = question.split_once("\nnumbers").unwrap_or((question, ""));
        let numbers: Vec<f64> = numbers
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let asked = Asked::new(question, &numbers);
        let bytes = match asked.word("file") {
            Ok(name) => std::fs::read(format!("weights/{name}.safetensors"))?,
            Err(_) => Vec::new(),
        };
        match desk.answer(&asked.with_bytes(&bytes)) {
            Ok(answer) => {
                println!("{}", answer.contents().replace('\n', ";"));
                let bits = answer
                    .numbers()
                    .iter()
                    .map(|x| format!("{:x}", x.to_bits()));
                println!("{}", bits.collect::<Vec<_>>().join(" "));
            }
            Err(refusal) => println!("refused\n{refusal}"),
        }
    }
    Ok(())
}
