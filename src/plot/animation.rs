//! Frames over time in one SVG: it plays by itself, and a page may take over with a slider.

use super::text::escape;

/// Seconds that a frame stays: short enough to move, long enough to read a few of them.
fn pace(frames: usize) -> f64 {
    (8.0 / frames as f64).clamp(0.1, 1.0)
}

/// How many frames the last one lasts, so that the end can be seen before it starts again.
fn hold(frames: usize) -> f64 {
    (1.5 / pace(frames)).ceil()
}

/// The i-th of so many frames as a group; all but the one that tells the `story` are hidden where nothing moves.
pub(super) fn group(
    (i, frames): (usize, usize),
    label: &str,
    content: &str,
    is_story: bool,
) -> String {
    let pace = pace(frames);
    let period = pace * (frames as f64 - 1.0 + hold(frames));
    // A negative delay puts every frame into its phase from the start.
    let delay = short(pace * i as f64 - period);
    let (class, hidden) = match is_story {
        true => ("di-frame di-story", ""),
        false => ("di-frame", " visibility=\"hidden\""),
    };
    let label = escape(label);
    format!(
        "<g class=\"{class}\" data-label=\"{label}\"{hidden} style=\"animation-delay:{delay}s\">\n{content}</g>\n"
    )
}

/// The rules for a figure whose root has the class `id`; they reach no other figure on a page.
pub(super) fn style(id: &str, frames: usize) -> String {
    if frames < 2 {
        return String::new();
    }
    let hold = hold(frames);
    let all = frames as f64 - 1.0 + hold;
    let period = short(pace(frames) * all);
    let keyframes = |name: &str, until: f64| {
        let until = short(until);
        format!(
            "@keyframes {id}-{name}{{0%{{visibility:visible}}{until}%,100%{{visibility:hidden}}}}\n"
        )
    };
    format!(
        "<style>\n{}{}\
         .{id} .di-frame{{animation:{id}-f {period}s step-end infinite}}\n\
         .{id} .di-frame:last-child{{animation-name:{id}-l}}\n\
         @media print,(prefers-reduced-motion:reduce){{.{id} .di-frame{{animation:none}}}}\n\
         .{id}.di-slider-on .di-frame{{animation:none;visibility:hidden}}\n\
         .{id}.di-slider-on .di-frame.di-current{{visibility:visible}}\n</style>\n",
        keyframes("f", 100.0 / all),
        keyframes("l", 100.0 * hold / all),
    )
}

fn short(value: f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}
