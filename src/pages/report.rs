//! The static report: a folder of pages, charts and the digest that any browser opens from a disk.

use serde_json::Value;

use super::{
    Links, ListQuery, Page, PageError, assets, digest, list, overview, quarter, render, reviews,
    writeup,
};
use crate::charts::{Theme, build, csv, reading, render_png, render_svg};

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
    let mut files = vec![(
        "index.html".to_owned(),
        overview::render_self_contained(summary, top)?,
    )];
    for page in 1..=list::pages(summary) {
        let query = ListQuery {
            page,
            ..ListQuery::default()
        };
        let path = top.writeups(&query);
        files.push((path, render(&Page::LongTail(query), summary, top)?));
    }
    for page in 1..=reviews::pages(summary) {
        files.push((
            top.reviews(page),
            render(&Page::Reviews(page), summary, top)?,
        ));
    }
    for (name, _) in quarter::quarters(summary) {
        let page = Page::Quarter(name.clone());
        files.push((top.quarter(&name), render(&page, summary, top)?));
    }
    files.push((top.links(), render(&Page::Links, summary, top)?));
    files.push((top.explore(), render(&Page::Explore, summary, top)?));
    files.push((top.definitions(), render(&Page::Definitions, summary, top)?));
    files.push((top.slices(), render(&Page::Slices, summary, top)?));
    for slice in reading::list(summary, "slices") {
        let (by, name) = (reading::text(slice, "by"), reading::text(slice, "name"));
        let page = Page::Slice(by.to_owned(), name.to_owned());
        let html = render(&page, summary, Links::Report { inside: true })?;
        files.push((top.slice(by, name), html));
    }
    let terms = Page::Privacy(terms.clone());
    files.push((top.privacy(), render(&terms, summary, top)?));
    let around = writeup::Around::of(summary);
    for entry in reading::list(summary, "writeups") {
        let path = top.writeup(reading::text(entry, "id"));
        let html = writeup::render_one(&around, Links::Report { inside: true }, entry, None)?;
        files.push((path, html));
    }
    files.push(("digest.md".to_owned(), digest(summary)));
    let mut files: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    for chart in build::all(summary) {
        files.push((
            top.chart(&chart.name, "svg"),
            render_svg(&chart, Theme::Auto).into_bytes(),
        ));
        files.push((
            top.chart(&chart.name, "png"),
            render_png(&chart, Theme::Light),
        ));
        if !chart.table.rows.is_empty() {
            files.push((top.chart(&chart.name, "csv"), csv(&chart.table)?));
        }
    }
    for name in [assets::STYLE, assets::SCRIPT, "icon.svg"] {
        let (bytes, _) =
            assets::find(name).ok_or(PageError::Asset("style.css, page.js or icon.svg"))?;
        files.push((format!("assets/{name}"), bytes.to_vec()));
    }
    Ok(files)
}
