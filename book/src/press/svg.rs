//! Figures on a page: several drawings share one document there, so their names must not clash.

/// Prepares a drawing to stand inside a page: without its XML prologue, and with the prefix before every name
/// that it defines, wherever the name is used.
pub fn inline(svg: &str, prefix: &str) -> String {
    let start = svg.find("<svg").unwrap_or(0);
    let svg = svg[start..].trim_end();
    let names = names(svg);
    let mut out = String::with_capacity(svg.len() + names.len() * 16);
    let mut rest = svg;
    // Names are used in `id="…"`, in lists such as `aria-labelledby="… …"`, and after `#`.
    while let Some(at) = rest.find(['"', '\'', '#', ' ']) {
        let (before, after) = rest.split_at(at + 1);
        out.push_str(before);
        let length = after.find(|c: char| !is_name(c)).unwrap_or(after.len());
        let word = &after[..length];
        let used_as_name = before.ends_with('#') || in_name_list(&out);
        if used_as_name && names.contains(&word) {
            out.push_str(prefix);
        }
        out.push_str(word);
        rest = &after[length..];
    }
    out.push_str(rest);
    out
}

/// A drawing as a figure of a page, under a name and with room for the controls of its frames.
pub fn in_page(svg: &str, prefix: &str, name: &str) -> String {
    let drawing = inline(svg, &format!("{prefix}-")).replace("\n\n", "\n");
    let drawing = two_forms(without_hidden(&drawing));
    // Where the page's script will put its controls, so that nothing moves when it does.
    let controls = if drawing.contains(" data-frames=") {
        "<div class=\"di-controls\"></div>"
    } else {
        ""
    };
    let caption = match element(svg, "desc") {
        "" => String::new(),
        // The drawing says it already to those who do not see it.
        text => format!(
            "<p class=\"di-caption\"><span aria-hidden=\"true\">{text}</span> \
             <a class=\"di-anchor\" href=\"#{name}\" title=\"Link to this figure\" aria-label=\"Link to this figure\">#</a></p>"
        ),
    };
    format!(
        "<div><div class=\"di-figure-frame\" id=\"{name}\">{drawing}</div>{controls}{caption}</div>"
    )
}

/// A drawing without the areas that the next line paints over, of the same shape: where a map has no values between its
/// lowest and its highest, all its layers are one.
fn without_hidden(drawing: &str) -> String {
    fn shape(line: &str) -> Option<&str> {
        let (colour, shape) = line.strip_prefix("<path fill=\"#")?.split_once("\" d=\"")?;
        (colour.len() == 6).then_some(shape)
    }
    let mut out = String::with_capacity(drawing.len());
    let mut lines = drawing.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().and_then(shape);
        if shape(line).is_none() || shape(line) != next {
            out.push_str(line);
        }
    }
    out
}

/// The name of a figure that is shown away from where it was drawn: on its own page it is there already.
pub fn name_on_page(name: &str, own: bool) -> String {
    match own {
        true => format!("opening-{name}"),
        false => name.to_owned(),
    }
}

/// A drawing that holds a wide and a narrow form is as high as the page's style makes it, by the shape of the form
/// that it shows: so its own view box goes.
fn two_forms(drawing: String) -> String {
    let root = drawing.find('>').map_or("", |end| &drawing[..end]);
    let view = root
        .split_once(" viewBox=\"")
        .and_then(|(_, view)| view.split('"').next());
    match view {
        Some(view) if root.contains("--di-narrow:") => {
            drawing.replacen(&format!(" viewBox=\"{view}\""), "", 1)
        }
        _ => drawing,
    }
}

/// The title of a drawing, or nothing.
pub fn title(svg: &str) -> &str {
    element(svg, "title")
}

/// The text of the first element of this name, or nothing.
fn element<'a>(svg: &'a str, name: &str) -> &'a str {
    let start = |rest: &&str| rest.starts_with(['>', ' ']);
    let opening = format!("<{name}");
    let mut parts = svg.split(&opening).skip(1);
    let rest = parts.find(start).unwrap_or_default();
    let text = rest.split_once('>').map_or("", |(_, text)| text);
    text.split("</").next().unwrap_or_default()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')
}

/// Whether the text ends inside an attribute whose value is a list of names.
fn in_name_list(text: &str) -> bool {
    let Some(open) = text.rfind('=') else {
        return false;
    };
    let attribute = text[..open]
        .rsplit([' ', '\n', '\t'])
        .next()
        .unwrap_or_default();
    let value = &text[open + 1..];
    let quotes = value.matches(['"', '\'']).count();
    quotes == 1 && matches!(attribute, "id" | "aria-labelledby" | "aria-describedby")
}

/// All names that a drawing defines.
fn names(svg: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for quote in ['"', '\''] {
        let mark = format!(" id={quote}");
        for (at, _) in svg.match_indices(&mark) {
            let value = &svg[at + mark.len()..];
            names.extend(value.split(quote).next());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{in_page, inline, name_on_page, title};

    #[test]
    fn a_drawing_has_one_title() {
        assert_eq!(
            title("<svg><title id=\"t\">The loss</title></svg>"),
            "The loss"
        );
        assert_eq!(title("<svg></svg>"), "");
        let told = in_page(
            "<svg><title>T</title><desc id='d'>Falls.</desc></svg>",
            "f1",
            "name",
        );
        assert!(
            told.contains("<span aria-hidden=\"true\">Falls.</span>")
                && told.contains("href=\"#name\"")
        );
        assert!(!in_page("<svg></svg>", "f1", "name").contains("di-caption"));
        // No name stands twice on a page.
        assert_eq!(name_on_page("figure-a", true), "opening-figure-a");
        assert_eq!(name_on_page("figure-a", false), "figure-a");
    }

    #[test]
    fn the_style_of_the_page_picks_one_of_two_forms() {
        let plain = "<svg class=\"di-figure\" viewBox=\"0 0 4 3\"><path d=\"M0 0\"/></svg>";
        assert!(in_page(plain, "f1", "name").contains(plain));
        let both = "<svg class=\"di-figure\" viewBox=\"0 0 4 3\" style=\"--di-wide:4/3;--di-narrow:2/5\">\
                    <svg class=\"di-wide\" viewBox=\"0 0 4 3\"><g id=\"m0\"/></svg>\
                    <svg class=\"di-narrow\" viewBox=\"0 0 2 5\"><use href=\"#m0\"/></svg></svg>";
        let page = in_page(both, "f1", "name");
        assert!(page.contains("<svg class=\"di-figure\" style=\"--di-wide:4/3;--di-narrow:2/5\">"));
        assert!(page.contains("class=\"di-wide\" viewBox=\"0 0 4 3\"><g id=\"f1-m0\"/>"));
        assert!(page.contains("class=\"di-narrow\" viewBox=\"0 0 2 5\"><use href=\"#f1-m0\"/>"));
    }

    #[test]
    fn what_is_painted_over_goes() {
        let area =
            |colour: &str, shape: &str| format!("<path fill=\"#{colour}\" d=\"{shape}\"/>\n");
        let (low, high, other) = (
            area("440154", "m0,0h9v9z"),
            area("fde725", "m0,0h9v9z"),
            area("fde725", "m3,3h1v1z"),
        );
        let page = in_page(&format!("<svg>\n{low}{high}{other}</svg>"), "f1", "name");
        assert!(page.contains(&format!("<svg>\n{high}{other}</svg>")));
        let page = in_page(&format!("<svg>\n{low}{other}{high}</svg>"), "f1", "name");
        assert!(page.contains(&format!("{low}{other}{high}")));
    }

    #[test]
    fn names_get_the_prefix_everywhere() {
        let svg = "<?xml version=\"1.0\"?>\n<svg aria-labelledby=\"t d\"><title id=\"t\">t d #t2</title><desc id='d'/>\
                   <style>#clip{fill:red}</style><g clip-path=\"url(#clip)\" fill=\"#222222\"/><clipPath id=\"clip\"/></svg>\n";
        assert_eq!(
            inline(svg, "f1-"),
            "<svg aria-labelledby=\"f1-t f1-d\"><title id=\"f1-t\">t d #t2</title><desc id='f1-d'/>\
             <style>#f1-clip{fill:red}</style><g clip-path=\"url(#f1-clip)\" fill=\"#222222\"/><clipPath id=\"f1-clip\"/></svg>"
        );
    }
}
