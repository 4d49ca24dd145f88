//! The panels of the leader's page, `dashboards/pages/leader.toml`: which indicators, in which
//! order, and the question that each answers.

use serde::Deserialize;

use super::PageError;

/// A file of the program, so that a test reads it.
const PANELS: &str = include_str!("../../dashboards/pages/leader.toml");

/// The same of the page of links.
const OF_LINKS: &str = include_str!("../../dashboards/pages/links.toml");

/// What the file of panels holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Panels {
    pub(super) title: String,
    pub(super) section: Vec<Section>,
}

/// Indicators that belong together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) lead: String,
    pub(super) panels: Vec<Panel>,
}

/// One indicator, with a leader's question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Panel {
    pub(super) code: String,
    pub(super) asks: String,
}

/// The panels of the leader's page.
pub(super) fn panels() -> Result<Panels, PageError> {
    Ok(toml::from_str(PANELS)?)
}

/// The panels of the page of links.
pub(super) fn of_links() -> Result<Panels, PageError> {
    Ok(toml::from_str(OF_LINKS)?)
}

/// The panels of these indicators, in this order; those the file does not name are left out.
pub(super) fn of(codes: &[&str]) -> Result<Vec<Panel>, PageError> {
    let sections = panels()?.section;
    let named = |code: &&str| {
        let mut all = sections.iter().flat_map(|section| &section.panels);
        all.find(|panel| panel.code == **code).cloned()
    };
    Ok(codes.iter().filter_map(named).collect())
}
