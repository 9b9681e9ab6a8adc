//! The report.

use diffusion_intuition::prelude::*;
use ndarray::s;

use crate::model::{Model, Source};
use crate::verdict::{SEEDS, Verdict};

/// Columns that get a histogram.
const MOST_COLUMNS: usize = 9;

/// Points of a scatter plot: more are a blot.
const MOST_POINTS: usize = 1500;

/// The page on a model, with `samples` in the data's units.
pub fn report(
    source: &Source,
    model: &Model,
    verdict: &Verdict,
    samples: &Array2<f64>,
) -> Result<Report> {
    let (n, m) = (source.table.rows.nrows(), model.split.held_out.nrows());
    let mut page = Report::new(&format!("A diffusion model of {}", source.name));
    page.heading("The data").table(&columns(source)?);
    for remark in source.table.remarks() {
        page.text(&format!("Note: {remark}."));
    }
    page.text(&format!(
        "{} rows were learned from, {m} held out. Each column was moved and scaled to mean 0 and standard deviation 1, by \
         the rows that were learned from.",
        n - m
    ));

    page.heading("Training");
    draw(&mut page, losses(model));
    page.text(
        "The loss cannot reach 0: x_t does not tell all of its noise. It says whether the training ran, not how good the \
         samples are.",
    );

    page.heading("How likely the model finds rows that it never saw").table(&likelihoods(verdict)?).text(
        "Fewer bits are better; below 0 is no mistake, for these are bits of a density, and change with the data's unit. \
         Compare them with each other: a model that finds the rows it was trained on much likelier than the others has \
         learned them by heart.",
    );
    for remark in &verdict.remarks {
        page.text(remark);
    }

    page.heading("How far samples are from rows that it never saw").table(&distances(source, verdict)?).text(&format!(
        "Wasserstein-1 distances, in standard deviations of the column, between {m} samples and the held-out rows. The floor \
         is the same between two sets of {m} real rows: nothing but chance. Mean and 95 % interval over {} seeds.",
        SEEDS.count()
    ));
    if let Some((distance, floor, learned_from)) = &verdict.exact {
        page.text(&format!(
            "Here the law behind the data is known. {n} samples are {distance} away from it; {n} real points are {floor}: \
             {:.2} times. The rows that were learned from are {learned_from:.3} away.",
            distance.mean / floor.mean
        ));
    }

    page.heading("Samples");
    draw(&mut page, histograms(source, samples));
    if source.table.rows.ncols() >= 2 {
        draw(&mut page, scatter(source, samples));
    }
    Ok(page)
}

/// A figure, or why there is none: the page is more than its figures.
fn draw(page: &mut Report, figure: Result<Figure>) {
    match figure {
        Ok(figure) => page.figure(&figure),
        Err(error) => page.text(&format!("This figure could not be drawn: {error}.")),
    };
}

fn losses(model: &Model) -> Result<Figure> {
    // Means of a hundredth of the run each: single losses are mostly noise.
    let piece = model.losses.len().div_ceil(100);
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    let means: Vec<f32> = model.losses.chunks(piece).map(mean).collect();
    let steps: Vec<usize> = (1..=means.len())
        .map(|i| (i * piece).min(model.losses.len()))
        .collect();
    let last = means.last().copied().unwrap_or(f32::NAN);
    Panel::new()
        .title("Loss")
        .x_label("step")
        .y_label("mean squared error of ε")
        .line("", &steps, &means)
        .y_range(0.0, f64::from(means[0]).max(1.0))
        .height(220.0)
        .figure(&format!(
            "The loss falls from {:.2} to {last:.2}.",
            means[0]
        ))
}

/// A line a column of the data.
pub fn columns(source: &Source) -> Result<Table> {
    let summary = source.table.summary()?;
    Table::new(&summary.caption(), data::Summary::HEADERS).rows(summary.columns.iter().map(|c| {
        let [mean, low, high] = [c.mean, c.smallest, c.largest].map(|x| num(x, c.digits));
        (
            verbatim(&c.name),
            mean,
            num(c.std, 4),
            low,
            high,
            c.different,
        )
    }))
}

pub fn likelihoods(verdict: &Verdict) -> Result<Table> {
    let caption = "−log₂ p per dimension, in the data's units: mean over rows, 95 % interval";
    let mut table = Table::new(caption, &["according to", "bits", "±"]);
    for (name, bits) in &verdict.bits {
        table.push((
            *name,
            format!("{:.3}", bits.mean),
            format!("{:.3}", bits.half_width(0.95)?),
        ))?;
    }
    Ok(table)
}

pub fn distances(source: &Source, verdict: &Verdict) -> Result<Table> {
    let labels = source.table.labels();
    let mut table = Table::new(
        "Samples against held-out rows",
        &["column", "distance", "floor", "over the floor"],
    );
    for comparison in &verdict.distances {
        let name = comparison
            .column
            .map_or("all together (sliced)".to_owned(), |j| verbatim(&labels[j]));
        let (distance, floor) = (comparison.distance, comparison.floor);
        table.push((
            name,
            format!("{:.3} ± {:.3}", distance.mean, distance.half_width(0.95)?),
            format!("{:.3} ± {:.3}", floor.mean, floor.half_width(0.95)?),
            num(distance.mean / floor.mean, 3),
        ))?;
    }
    Ok(table)
}

fn histograms(source: &Source, samples: &Array2<f64>) -> Result<Figure> {
    let rows = &source.table.rows;
    let labels = source.table.labels();
    let bins = ((rows.nrows() as f64).sqrt().round() as usize).clamp(10, 60);
    let panel = |j: usize| {
        Panel::new()
            .x_label(&verbatim(&labels[j]))
            .y_label("density")
            .histogram("data", rows.column(j), bins)
            .opacity(0.55)
            .histogram("samples", samples.column(j), bins)
            .opacity(0.55)
    };
    let panels: Vec<Panel> = (0..rows.ncols().min(MOST_COLUMNS)).map(panel).collect();
    let alt = format!(
        "Histograms of data and samples, for {}.",
        labels[..panels.len()].join(", ")
    );
    Figure::panels(
        "Data and samples, column by column",
        panels.len().min(3),
        &panels,
        &alt,
    )
}

fn scatter(source: &Source, samples: &Array2<f64>) -> Result<Figure> {
    let labels = source.table.labels();
    let pair = |rows: &Array2<f64>| {
        rows.slice(s![..rows.nrows().min(MOST_POINTS), ..2])
            .to_owned()
    };
    let both = [
        ("data", pair(&source.table.rows)),
        ("samples", pair(samples)),
    ];
    let ranges = [0, 1].map(|j| {
        let values = both.iter().flat_map(|(_, rows)| rows.column(j));
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), x| {
            (low.min(*x), high.max(*x))
        });
        let margin = 0.03 * (high - low);
        (low - margin, high + margin)
    });
    let panel = |(i, (name, rows)): (usize, &(&str, Array2<f64>))| {
        Panel::new()
            .title(name)
            .x_label(&verbatim(&labels[0]))
            .y_label(&verbatim(&labels[1]))
            .x_range(ranges[0].0, ranges[0].1)
            .y_range(ranges[1].0, ranges[1].1)
            .points("", rows)
            .color(i)
            .width(3.0)
            .opacity(0.5)
    };
    let panels: Vec<Panel> = both.iter().enumerate().map(panel).collect();
    let alt = format!(
        "Data and samples as points over {} and {}.",
        labels[0], labels[1]
    );
    Figure::panels("The first two columns", 2, &panels, &alt)
}
