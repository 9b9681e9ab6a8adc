//! What a person sees while the press works: bars on a terminal, plain lines in a log.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::sync::LazyLock;
use std::time::Duration;

/// All turning signs: what is done at once is shown below each other.
static SPINNERS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Prints a line of its own.
pub fn say(line: &str) {
    SPINNERS.suspend(|| println!("{line}"));
}

/// A text from elsewhere, with signs for control characters, which a terminal would obey.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            '\0'..' ' => char::from_u32(0x2400 + u32::from(letter)).unwrap_or(' '),
            _ if letter.is_control() => '\u{fffd}',
            _ => letter,
        })
        .collect()
}

/// A turning sign with a message and the time so far.
pub fn spinner(message: &str) -> ProgressBar {
    let spinner = SPINNERS.add(ProgressBar::new_spinner());
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

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_terminal_is_told_nothing() {
        assert_eq!(plain("a\n\tβ"), "a\n\tβ");
        assert_eq!(plain("\x1b[2J\x07\u{9b}\x7f"), "␛[2J␇\u{fffd}\u{fffd}");
    }
}
