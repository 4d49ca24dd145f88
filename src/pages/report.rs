//! The static report: a folder of pages, charts and the digest that any browser opens from a disk.

use rayon::prelude::*;
use serde_json::Value;

use super::{
    Links, ListQuery, Page, PageError, assets, digest, list, overview, quarter, render, reviews,
    writeup,
};
use crate::charts::{Chart, Theme, build, csv, reading, render_png, render_svg};

/// Every file of the report: its path, with `/` between folders, and its bytes. `summary.json` is
/// not among them; whoever made the summary writes it. `terms` are those of [`Page::Privacy`];
/// `restated` is what `jobs::restate` tells of an earlier report, null where nothing was compared.
pub fn report(
    summary: &Value,
    terms: &Value,
    restated: &Value,
) -> Result<Vec<(String, Vec<u8>)>, PageError> {
    // Beside the numbers for these pages alone: a summary never speaks of another one.
    let mut summary = summary.clone();
    if !restated.is_null() {
        summary["restated"] = restated.clone();
    }
    let summary = &summary;
    let top = Links::Report { inside: false };
    let inside = Links::Report { inside: true };
    let mut pages = Vec::new();
    for page in 1..=list::pages(summary) {
        let query = ListQuery {
            page,
            ..ListQuery::default()
        };
        pages.push((top.writeups(&query), Page::LongTail(query), top));
    }
    for page in 1..=reviews::pages(summary) {
        pages.push((top.reviews(page), Page::Reviews(page), top));
    }
    for (name, _) in quarter::quarters(summary) {
        pages.push((top.quarter(&name), Page::Quarter(name), top));
    }
    pages.push((top.links(), Page::Links, top));
    pages.push((top.explore(), Page::Explore, top));
    pages.push((top.definitions(), Page::Definitions, top));
    pages.push((top.slices(), Page::Slices, top));
    for slice in reading::list(summary, "slices") {
        let (by, name) = (reading::text(slice, "by"), reading::text(slice, "name"));
        let page = Page::Slice(by.to_owned(), name.to_owned());
        pages.push((top.slice(by, name), page, inside));
    }
    pages.push((top.privacy(), Page::Privacy(terms.clone()), top));
    let around = writeup::Around::of(summary);
    let entries = reading::list(summary, "writeups");
    // Pages and charts are made of the summary alone: as many at once as there are cores, in one order.
    let (first, others) = rayon::join(
        || overview::render_self_contained(summary, top),
        || {
            let rendered = pages
                .into_par_iter()
                .map(|(path, page, links)| Ok((path, render(&page, summary, links)?)));
            let writeups = entries.par_iter().map(|entry| {
                let path = top.writeup(reading::text(entry, "id"));
                Ok((path, writeup::render_one(&around, inside, entry, None)?))
            });
            rendered
                .chain(writeups)
                .collect::<Result<Vec<_>, PageError>>()
        },
    );
    let mut files = vec![("index.html".to_owned(), first?)];
    files.extend(others?);
    files.push(("digest.md".to_owned(), digest(summary)));
    let mut files: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    let charts: Result<Vec<_>, PageError> = build::all(summary)
        .par_iter()
        .map(|chart| drawn(chart, top))
        .collect();
    files.extend(charts?.into_iter().flatten());
    for name in [assets::STYLE, assets::SCRIPT, "icon.svg"] {
        let (bytes, _) =
            assets::find(name).ok_or(PageError::Asset("style.css, page.js or icon.svg"))?;
        files.push((format!("assets/{name}"), bytes.to_vec()));
    }
    Ok(files)
}

/// The files of a chart: vector, picture, and its table where it has one.
fn drawn(chart: &Chart, links: Links) -> Result<Vec<(String, Vec<u8>)>, PageError> {
    let named = |ending| links.chart(&chart.name, ending);
    let mut files = vec![
        (named("svg"), render_svg(chart, Theme::Auto).into_bytes()),
        (named("png"), render_png(chart, Theme::Light)),
    ];
    if !chart.table.rows.is_empty() {
        files.push((named("csv"), csv(&chart.table)?));
    }
    Ok(files)
}
