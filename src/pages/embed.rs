//! Small pictures of a write-up that other pages carry: a badge with its latest sign of life, and its
//! reads by age. Both show what the list shows, and nothing that the list withholds.

use serde_json::Value;

use super::{alive, list};
use crate::charts::{Badge, Chart, Plot, Table, build};

/// What stands on the left of a badge.
const LABEL: &str = "last sign of life";

/// The badge: `last sign of life | read, week of 30 Mar 2026`.
pub fn badge(summary: &Value, writeup: &Value) -> Chart {
    let says = alive::Signs::of(summary).words(writeup);
    Chart {
        name: "badge".to_owned(),
        title: list::title(writeup),
        alt: format!("{LABEL}: {says}"),
        plot: Plot::Badge(Badge {
            label: LABEL.to_owned(),
            says,
        }),
        table: Table::default(),
        ..build::sparkline(summary, writeup)
    }
}

/// Its reads for every four weeks of age.
pub fn sparkline(summary: &Value, writeup: &Value) -> Chart {
    Chart {
        title: list::title(writeup),
        ..build::sparkline(summary, writeup)
    }
}
