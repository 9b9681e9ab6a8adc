//! Frames over time in one SVG: it animates by itself, and a page may take over with a slider.

use std::fmt::Write;

use super::text::escape;

/// Seconds that a frame stays: short enough to move, long enough to read a few of them.
fn pace(frames: usize) -> f64 {
    (8.0 / frames as f64).clamp(0.1, 1.0)
}

/// How many frames the last one lasts, so that the end can be seen before it starts again.
fn hold(frames: usize) -> f64 {
    (1.5 / pace(frames)).ceil()
}

/// The frames as groups. All but the one that tells the story are hidden where no animation runs.
pub(super) fn groups(frames: &[(&str, String)], story: usize) -> String {
    let pace = pace(frames.len());
    let period = pace * (frames.len() as f64 - 1.0 + hold(frames.len()));
    let mut out = String::from("<g>\n");
    for (i, (label, content)) in frames.iter().enumerate() {
        // A negative delay puts every frame into its phase from the start.
        let delay = short(pace * i as f64 - period);
        let (class, hidden) = match i == story {
            true => ("di-frame di-story", ""),
            false => ("di-frame", " visibility=\"hidden\""),
        };
        let _ = write!(
            out,
            "<g class=\"{class}\" data-label=\"{}\"{hidden} style=\"animation-delay:{delay}s\">\n{content}</g>\n",
            escape(label)
        );
    }
    out.push_str("</g>\n");
    out
}

/// The rules for a figure whose root has the class `id`; they reach no other figure on a page.
pub(super) fn style(id: &str, frames: usize) -> String {
    if frames < 2 {
        return String::new();
    }
    let hold = hold(frames);
    let all = frames as f64 - 1.0 + hold;
    let (period, each, last) = (
        short(pace(frames) * all),
        short(100.0 / all),
        short(100.0 * hold / all),
    );
    let keyframes = |name: &str, until: &str| {
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
        keyframes("f", &each),
        keyframes("l", &last),
    )
}

fn short(value: f64) -> String {
    format!("{}", (value * 1000.0).round() / 1000.0)
}
