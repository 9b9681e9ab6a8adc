//! Measures one case: check everyone, then rounds in which ours and each peer take turns.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::case::{Case, Contender, Result};
use crate::machine;
use crate::peer::Peers;
use crate::report::Row;

/// Time for one contender in one round.
const SECONDS: f64 = 0.25;

/// A rest before each measurement: the last one's idle threads spin for a while.
const REST: Duration = Duration::from_millis(250);

/// A batch is timed as a whole, so that reading the clock does not count; as in `serve.py`.
const BATCH_SECONDS: f64 = 2e-3;

/// Measures `case` on ours and on those of its peers that are there and pass the check.
pub fn run(case: &mut dyn Case, peers: &mut Peers, rounds: usize, scratch: &Path) -> Result<Row> {
    let name = case.name();
    let parameters = case.prepare(scratch)?;
    case.verify_ours()
        .map_err(|error| format!("{name}: ours is wrong: {error}"))?;

    let mut contenders: Vec<(&'static Contender, Vec<f64>)> = Vec::new();
    for contender in case.peers() {
        let Some(peer) = peers.get_mut(contender.library) else {
            continue;
        };
        let prepared = peer
            .ask(&json!({
                "do": "prepare",
                "case": case.module(),
                "form": contender.form,
                "parameters": parameters,
            }))
            .and_then(|_| {
                peer.ask(&json!({
                    "do": "verify",
                    "form": contender.form,
                    "parameters": parameters,
                    "folder": scratch,
                }))
            })
            .and_then(|_| case.verify_peer(scratch));
        match prepared {
            Ok(()) => contenders.push((contender, Vec::new())),
            Err(error) => println!("{name}: {} is left out: {error}.", contender.label),
        }
    }
    println!("{name}: checked: {}", case.verified());

    let batch = calibrate(case);
    let mut ours = Vec::new();
    let mut rates = Vec::new();
    for _ in 0..rounds {
        if case.flops().is_some() {
            thread::sleep(REST);
            rates.push(machine::sgemm(SECONDS));
        }
        thread::sleep(REST);
        ours.push(time(case, batch));
        contenders.retain_mut(|(contender, seconds)| {
            let peer = peers.get_mut(contender.library).expect("it was prepared");
            thread::sleep(REST);
            let request = json!({ "do": "time", "form": contender.form, "seconds": SECONDS });
            let answer = peer.ask(&request).and_then(|answer| {
                let seconds = answer["seconds"].as_f64();
                seconds.ok_or("there was no time in its answer".into())
            });
            let answered = answer.map(|time| seconds.push(time));
            if let Err(error) = &answered {
                println!("{name}: {} is left out: {error}.", contender.label);
            }
            answered.is_ok()
        });
    }
    peers.retain(|_, peer| peer.ask(&json!({ "do": "forget" })).is_ok());

    let figure = |seconds: Vec<f64>| case.amount() / median(seconds);
    Ok(Row {
        case: name,
        unit: case.unit(),
        ours: figure(ours),
        peers: contenders
            .into_iter()
            .map(|(contender, seconds)| (contender, figure(seconds)))
            .collect(),
        limit: case
            .flops()
            .map(|flops| case.amount() * median(rates) / flops),
    })
}

/// Calls in a batch, after a warm-up.
fn calibrate(case: &mut dyn Case) -> usize {
    let start = Instant::now();
    let mut calls = 0;
    while calls < 3 || start.elapsed().as_secs_f64() < SECONDS {
        case.ours();
        calls += 1;
    }
    let call = start.elapsed().as_secs_f64() / f64::from(calls);
    (BATCH_SECONDS / call).round().max(1.0) as usize
}

/// Median seconds of a call, over batches, at least three; as in `serve.py`.
fn time(case: &mut dyn Case, batch: usize) -> f64 {
    let mut calls = Vec::new();
    let start = Instant::now();
    while calls.len() < 3 || start.elapsed().as_secs_f64() < SECONDS {
        let start = Instant::now();
        (0..batch).for_each(|_| case.ours());
        calls.push(start.elapsed().as_secs_f64() / batch as f64);
    }
    median(calls)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}
