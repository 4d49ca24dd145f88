//! What came of one review, as a mail some time after it: the sentence of the page of reviews, and beside it what
//! is told over all reviews together, for of one of them who spoke and who added to the write-up is never told.

use chrono::NaiveDate;
use serde_json::Value;

use super::digest::escape;
use super::letter::{headed, written};
use super::reviews::{self, UNTITLED};
use super::view::{k, plain, restricted, simulated};
use super::{Letter, Links, PageError, STATEMENT, signals, words};
use crate::charts::reading;

/// What is told over all reviews: who spoke, and who added to the write-up.
const POOLED: [&str; 2] = ["A5", "A6"];

/// Why there is no mail of a review.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// There is no such review.
    #[error("no such review; `readback meetings list` names them")]
    Unknown,
    /// Nobody recorded who came.
    #[error("nobody recorded who came to it, so there is nothing to tell")]
    NotRecorded,
    /// Few came.
    #[error("its numbers are withheld, so there is nothing to tell")]
    Withheld,
    /// A mistake in Readback.
    #[error(transparent)]
    Page(#[from] PageError),
}

/// A review of which something is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldReview {
    /// Its name, such as `2026-06-03T15:00`.
    pub meeting: String,
    /// The local day on which it was.
    pub date: NaiveDate,
}

/// The reviews of which a mail can tell, oldest first.
pub fn told_reviews(summary: &Value) -> Vec<ToldReview> {
    let all = reviews::newest_first(summary).into_iter().rev();
    let told = all.filter(|review| !restricted(review) && reviews::told(summary, review).is_some());
    let named = told.filter_map(|review| {
        Some(ToldReview {
            meeting: reading::text(review, "meeting").to_owned(),
            date: reading::day(reading::text(review, "date"), reading::zone(summary))?,
        })
    });
    named.filter(|review| !review.meeting.is_empty()).collect()
}

/// What came of the review of this name, as a mail. `pages` is the address of the overview, where it is known.
///
/// # Errors
/// [`Untold`].
pub fn after_review(summary: &Value, meeting: &str, pages: Option<&str>) -> Result<Letter, Untold> {
    let all = reading::list(summary, "reviews").iter();
    let mut named = all.filter(|review| reading::text(review, "meeting") == meeting);
    let review = named.next().filter(|review| !restricted(review));
    let review = review.ok_or(Untold::Unknown)?;
    let Some(told) = reviews::told(summary, review) else {
        return Err(match review["not_recorded"] == true {
            true => Untold::NotRecorded,
            false => Untold::Withheld,
        });
    };
    let date = words::date(reading::text(review, "date"), reading::zone(summary));
    let title = match reading::text(review, "title") {
        "" => UNTITLED,
        title => title,
    };
    let heading = format!("After the review of {date}: {title}");
    let mut lines = vec![format!("# {}", escape(&heading)), String::new()];
    lines.extend([format!("> {STATEMENT}"), String::new()]);
    let warned = [
        (simulated(summary), "**Simulated data.**"),
        (k(summary) == 1, "**Nothing is withheld here (k = 1).**"),
    ];
    for (_, words) in warned.iter().filter(|(is_so, _)| *is_so) {
        lines.extend([(*words).to_owned(), String::new()]);
    }
    let told = plain(&told);
    lines.extend([
        format!("**To the review on {date}, {told}**"),
        String::new(),
    ]);
    let writeup = reading::text(review, "writeup");
    if let Some(pages) = pages {
        let base = pages.trim_end_matches('/');
        if !writeup.is_empty() {
            let page = Links::Server.writeup(writeup);
            lines.extend([
                format!("[What is told of the write-up]({base}{page})"),
                String::new(),
            ]);
        }
        if review.get("accounts").is_none() && review.get("changes").is_none() {
            let page = Links::Server.reviews(1);
            lines.extend([
                format!(
                    "How many gave their own account, and how many changes to the write-up came of it, nobody \
                     has said; [the page of reviews]({base}{page}) takes both."
                ),
                String::new(),
            ]);
        }
    }
    let pooled = POOLED
        .iter()
        .filter_map(|code| signals::told(summary, code));
    let pooled: Vec<String> = pooled.map(|said| format!("- {}", plain(&said))).collect();
    if !pooled.is_empty() {
        lines.extend(["## Over all reviews".to_owned(), String::new()]);
        lines.extend(pooled);
        lines.push(String::new());
    }
    let subject = headed(summary, &format!("Readback: {heading}"));
    Ok(written(subject, lines.join("\n"), &[], pages)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(review: Value) -> Value {
        let mut whole = json!({
            "meeting": "2026-06-03T15:00", "date": "2026-06-03", "writeup": "INC-1", "title": "Half a *day*",
        });
        for (key, value) in review.as_object().expect("fields") {
            whole[key] = value.clone();
        }
        json!({
            "organisation": {"name": "A", "timezone": "UTC", "k": 5},
            "parameters": {"contribution_days": 14},
            "reviews": [whole],
            "indicators": {"A6": {"results": {"contribution_after": {
                "k": 20, "n": 60, "p": 0.333_333, "lo": 0.227, "hi": 0.46,
            }}}},
        })
    }

    const NAME: &str = "2026-06-03T15:00";

    #[test]
    fn a_review_is_told_as_its_page_tells_it() {
        let counted = json!({
            "attendees": 14, "need_not_have_come": 9, "accounts": 6, "changes": 5,
        });
        let letter = after_review(&summary(counted), NAME, Some("https://r.example.org/")).unwrap();
        insta::assert_snapshot!(format!("{}\n\n{}", letter.subject, letter.text));
        assert!(letter.pictures.is_empty());
        assert!(
            letter
                .html
                .contains("14 came; 9 of them need not have come")
                && !letter.html.contains("<em>"),
            "{}",
            letter.html
        );
    }

    #[test]
    fn what_nobody_said_is_asked_for_where_there_is_a_page() {
        let bare =
            summary(json!({"attendees": 14, "need_not_have_come": null, "suppressed": true}));
        let letter = after_review(&bare, NAME, Some("https://r.example.org")).unwrap();
        assert!(
            letter
                .text
                .contains("(https://r.example.org/reviews) takes both"),
            "{}",
            letter.text
        );
        let alone = after_review(&bare, NAME, None).unwrap();
        assert!(
            alone
                .text
                .contains("14 came; how many of them need not have come is withheld.**")
                && !alone.text.contains("takes both"),
            "{}",
            alone.text
        );
    }

    #[test]
    fn what_is_withheld_or_not_for_everybody_is_no_mail() {
        let few = json!({"attendees": null, "need_not_have_come": null, "suppressed": true});
        let planned = json!({"attendees": null, "not_recorded": true});
        let hidden = json!({"attendees": 14, "need_not_have_come": 9, "restricted": true});
        for (review, words) in [
            (few, "its numbers are withheld"),
            (planned, "nobody recorded"),
            (hidden, "no such review"),
        ] {
            let summary = summary(review);
            assert_eq!(told_reviews(&summary), []);
            let why = after_review(&summary, NAME, None).unwrap_err().to_string();
            assert!(why.starts_with(words), "{why}");
        }
        let told = summary(json!({"attendees": 0, "need_not_have_come": 0}));
        let date = NaiveDate::from_ymd_opt(2026, 6, 3).unwrap();
        let meeting = NAME.to_owned();
        assert_eq!(told_reviews(&told), [ToldReview { meeting, date }]);
        let unknown = after_review(&told, "2026-06-03", None).unwrap_err();
        assert!(matches!(unknown, Untold::Unknown));
    }
}
