//! What the summary tells of a write-up's text: as it is now, as it was published, and how long it takes to
//! read.

use crate::model::{Results, Value, WORDS_A_MINUTE};
use crate::store::RegistryWriteup;

/// What its text is like, now and as it was published; null is what nobody counted. Few authors are not
/// told: with who read it, they would be.
pub(super) fn descriptors(writeup: &RegistryWriteup) -> Results {
    let some = |count: usize| u32::try_from(count).ok().filter(|count| *count > 0);
    let w = writeup;
    let told = |words: Option<u32>, counts: [Option<u32>; 6], authors: Option<u32>, teams| {
        let [
            diagrams,
            hyperlinks,
            acronyms,
            unexplained,
            data_sources,
            quotations,
        ] = counts;
        let prose = words.filter(|words| *words > 0).map(f64::from);
        let density = prose.zip(unexplained);
        Results::new()
            .with("words", words)
            .with("reading_minutes", prose.map(|n| n / WORDS_A_MINUTE))
            .with("diagrams", diagrams)
            .with("hyperlinks", hyperlinks)
            .with("acronyms", acronyms)
            .with("acronyms_unexplained", unexplained)
            .with(
                "unexplained_per_1000",
                density.map(|(words, n)| 1000.0 * f64::from(n) / words),
            )
            .with("data_sources", data_sources)
            .with("quotations", quotations)
            .with(
                "contributors",
                Value::from(authors).of_people(authors.unwrap_or(0).into()),
            )
            .with("contributor_teams", teams)
    };
    let first = [
        w.first_diagrams,
        w.first_hyperlinks,
        w.first_acronyms,
        w.first_acronyms_unexplained,
        w.first_data_sources,
        w.first_quotations,
    ];
    let now = [
        w.diagrams,
        w.hyperlinks,
        w.acronyms,
        w.acronyms_unexplained,
        w.data_sources,
        w.quotations,
    ];
    let of_first = told(
        w.first_words,
        first,
        w.first_contributors,
        w.first_contributor_teams,
    );
    told(
        w.words,
        now,
        some(w.contributors.len()),
        some(w.contributor_teams.len()),
    )
    .with("at_publication", of_first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::summary::publish;

    #[test]
    fn descriptors_tell_the_text_and_not_its_few_authors() {
        let writeup = RegistryWriteup {
            words: Some(476),
            acronyms_unexplained: Some(3),
            contributors: vec![1, 2],
            contributor_teams: vec!["search".to_owned()],
            first_words: Some(0),
            first_diagrams: Some(4),
            first_contributors: Some(7),
            ..RegistryWriteup::default()
        };
        let told = publish(&descriptors(&writeup), 5);
        assert_eq!(told["reading_minutes"], 2.0);
        assert_eq!(told["unexplained_per_1000"], 1000.0 * 3.0 / 476.0);
        assert!(told["contributors"].is_null() && told["diagrams"].is_null());
        assert_eq!(told["contributor_teams"], 1);
        let first = &told["at_publication"];
        assert!(first["reading_minutes"].is_null());
        assert_eq!(
            (&first["diagrams"], &first["contributors"]),
            (&json!(4), &json!(7))
        );
        assert_eq!(publish(&descriptors(&writeup), 1)["contributors"], 2);
    }
}
