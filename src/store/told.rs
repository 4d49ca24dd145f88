//! The statements that facts are asked with, as texts: whoever wants to know where a number comes from
//! reads what was asked.

use super::migrate::view;

/// A statement that answers facts.
#[derive(Debug)]
pub struct FactQuery {
    /// Its name: the file is `sql/queries/<name>.sql`.
    pub name: &'static str,
    /// What is asked.
    pub sql: &'static str,
    /// Kinds of events that it looks at, and the registry.
    pub kinds: &'static [&'static str],
}

macro_rules! queries {
    ($($name:literal: $kinds:expr),* $(,)?) => {
        &[$(FactQuery {
            name: $name,
            sql: include_str!(concat!("../../sql/queries/", $name, ".sql")),
            kinds: $kinds,
        }),*]
    };
}

const READS: &[&str] = &["read", "read_count"];

/// All of them, by name.
pub static FACTS: &[FactQuery] = queries![
    "fact_annotations": &["annotation"],
    "fact_attendance": &["attendance", "meeting"],
    "fact_bunched": &["read"],
    "fact_classes": &["read"],
    "fact_comments": &["comment"],
    "fact_contributions": &["comment", "edit", "link"],
    "fact_counted_people": &["read_count"],
    "fact_counters": &["read_count"],
    "fact_counts_only": READS,
    "fact_daily": READS,
    "fact_depth_signs": &["read"],
    "fact_edits": &["edit"],
    "fact_engaged": &["read"],
    "fact_engaged_bins": &["read"],
    "fact_engaged_people": &["read"],
    "fact_headcount": &["person"],
    "fact_horizon_people": &["read"],
    "fact_late_readers": &["read"],
    "fact_links": &["link"],
    "fact_median_age": READS,
    "fact_median_age_by_writeup": READS,
    "fact_median_age_people": &["read"],
    "fact_newcomers": &["person", "read"],
    "fact_people_by_age_week": &["read"],
    "fact_people_by_cohort": &["read"],
    "fact_people_by_month": &["read"],
    "fact_people_by_weekday": READS,
    "fact_reach": &["person", "read"],
    "fact_read_ages": READS,
    "fact_read_ages_people": &["read"],
    "fact_reader_teams": &["read"],
    "fact_reader_totals": READS,
    "fact_reads_by_thirty": READS,
    "fact_reads_by_week": READS,
    "fact_reads_of_year": READS,
    "fact_teams": &["person"],
    "fact_threads": &["comment"],
    "fact_trailing": &["read"],
    "fact_unique_reads": &["read"],
    "noised_readers": &["read"],
];

/// The statement of this name.
pub fn query(name: &str) -> Option<&'static FactQuery> {
    FACTS.iter().find(|query| query.name == name)
}

/// A statement that gives events their labels and their write-up, before facts are asked of them.
#[derive(Debug)]
pub enum Made {
    /// One of `sql/queries`, sent when the derived tables are made.
    Query(&'static str, &'static str),
    /// A view that the migrations made, as the last of them left it.
    View(&'static str),
}

impl Made {
    /// As it is called in a sentence.
    pub fn named(&self) -> String {
        match self {
            Made::Query(..) => self.file(),
            Made::View(name) => format!("the view {name} of sql/migrations"),
        }
    }

    /// The file that it stands in.
    pub fn file(&self) -> String {
        match self {
            Made::Query(name, _) => format!("sql/queries/{name}.sql"),
            Made::View(name) => {
                let stem = view(name).map_or(*name, |(stem, _)| stem);
                format!("sql/migrations/{stem}.sql")
            }
        }
    }

    /// Its text.
    pub fn sql(&self) -> &'static str {
        match self {
            Made::Query(_, sql) => sql,
            Made::View(name) => view(name).map_or("", |(_, sql)| sql),
        }
    }
}

macro_rules! made {
    ($($name:literal),*) => {
        &[$(Made::Query($name, include_str!(concat!("../../sql/queries/", $name, ".sql")))),*]
    };
}

/// What events of a kind are made by.
pub fn made_by(kind: &str) -> &'static [Made] {
    match kind {
        "read" => made![
            "stage_reads",
            "derive_reads",
            "derive_read_days",
            "derive_reader_cells",
            "derive_sitting_days"
        ],
        "read_count" => made!["derive_counts"],
        "attendance" => &[Made::View("resolved_attendance")],
        "meeting" => &[Made::View("resolved_meeting")],
        "comment" => &[Made::View("resolved_comment")],
        "edit" => &[Made::View("resolved_edit")],
        "link" => &[Made::View("resolved_link")],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_has_its_text() {
        for kind in [
            "read",
            "read_count",
            "attendance",
            "meeting",
            "comment",
            "edit",
            "link",
        ] {
            for one in made_by(kind) {
                assert!(
                    one.sql().contains("SELECT"),
                    "{} {}",
                    one.file(),
                    one.named()
                );
            }
        }
    }
}
