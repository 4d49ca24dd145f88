//! The panels of the leader's page, `dashboards/pages/leader.toml`: which indicators, in which
//! order, and the question that each answers.

use serde::Deserialize;

use super::PageError;

/// A file of the program, so that a test reads it.
const PANELS: &str = include_str!("../../dashboards/pages/leader.toml");

/// The same of the page of links.
const OF_LINKS: &str = include_str!("../../dashboards/pages/links.toml");

/// The same of the page of reviews.
const OF_REVIEWS: &str = include_str!("../../dashboards/pages/reviews.toml");

/// The same of the page for those who look closer.
const OF_EXPLORING: &str = include_str!("../../dashboards/pages/explore.toml");

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
    /// Its pictures stand elsewhere.
    #[serde(default)]
    pub(super) words_only: bool,
}

/// The panels of the leader's page.
pub(super) fn panels() -> Result<Panels, PageError> {
    Ok(toml::from_str(PANELS)?)
}

/// The panels of the page of links.
pub(super) fn of_links() -> Result<Panels, PageError> {
    Ok(toml::from_str(OF_LINKS)?)
}

/// The panels of the page for those who look closer.
pub(super) fn of_exploring() -> Result<Panels, PageError> {
    Ok(toml::from_str(OF_EXPLORING)?)
}

/// The panels of the page of reviews, in their order.
pub(super) fn of_reviews() -> Result<Vec<Panel>, PageError> {
    let page: Panels = toml::from_str(OF_REVIEWS)?;
    Ok(page
        .section
        .into_iter()
        .flat_map(|section| section.panels)
        .collect())
}
