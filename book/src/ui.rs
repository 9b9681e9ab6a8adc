//! What a person sees while the press works: bars on a terminal, plain lines in a log.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Prints a line of its own.
pub fn say(line: &str) {
    println!("{line}");
}

/// A turning sign with a message and the time so far.
pub fn spinner(message: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        spinner.set_style(style);
    }
    spinner.set_message(message.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// A bar that counts steps.
pub fn steps(name: &str, count: u64) -> ProgressBar {
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template(
        "{prefix:24!} [{bar:30}] {pos:>3}/{len:3} {elapsed:>4} {wide_msg}",
    ) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_prefix(name.to_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}

/// Seconds as a person says them.
pub fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        s if s < 9.95 => format!("{s:.1} s"),
        s if s < 119.5 => format!("{s:.0} s"),
        s => format!("{} min {} s", s as u64 / 60, s as u64 % 60),
    }
}
