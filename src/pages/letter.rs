//! The digest as a mail, in text and HTML with its pictures, and as a message for a room of a chat; what came of
//! a review as a mail.

use pulldown_cmark::{Options, Parser, html};
use serde::Serialize;
use serde_json::Value;

use super::digest::{brief, title};
use super::view::simulated;
use super::{PageError, digest, templates};
use crate::charts::{Chart, Plot, Theme, build, render_png};

/// Whose pictures go with a mail: the signs at which a leader looks first.
const PICTURED: [&str; 3] = ["T0", "A2", "K1"];

/// A digest that can be sent.
#[derive(Clone, Debug)]
pub struct Letter {
    /// One line.
    pub subject: String,
    /// The digest in Markdown, which reads as text.
    pub text: String,
    /// The same as a page of its own: no address in it is fetched when it is opened.
    pub html: String,
    /// The pictures that the page names.
    pub pictures: Vec<Picture>,
}

/// A picture of a mail.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The name by which the page asks for it (`cid:…`).
    pub name: String,
    /// PNG.
    pub bytes: Vec<u8>,
}

#[derive(Serialize)]
struct View<'a> {
    subject: &'a str,
    body: String,
    pictures: Vec<Pictured>,
    pages: Option<&'a str>,
}

#[derive(Serialize)]
struct Pictured {
    name: String,
    title: String,
    alt: String,
}

/// The digest of a summary as a mail. `pages` is the address of the overview, where it is known.
///
/// # Errors
/// The template does not fit, which is a mistake in Readback.
pub fn letter(summary: &Value, pages: Option<&str>) -> Result<Letter, PageError> {
    let subject = subject(summary);
    let text = digest(summary);
    let charts = PICTURED
        .iter()
        .flat_map(|code| build::charts(summary, code).into_iter().take(1));
    let charts: Vec<Chart> = charts
        .filter(|chart| !matches!(chart.plot, Plot::Nothing(_)))
        .collect();
    written(subject, text, &charts, pages)
}

/// A mail of this Markdown with these pictures.
pub(super) fn written(
    subject: String,
    text: String,
    charts: &[Chart],
    pages: Option<&str>,
) -> Result<Letter, PageError> {
    let mut body = String::new();
    html::push_html(&mut body, Parser::new_ext(&text, Options::empty()));
    let pictured = charts.iter().map(|chart| Pictured {
        name: chart.name.clone(),
        title: chart.title.clone(),
        alt: chart.alt.clone(),
    });
    let view = View {
        subject: &subject,
        body,
        pictures: pictured.collect(),
        pages,
    };
    let html = templates::render("mail.html", &view)?;
    let pictures = charts.iter().map(|chart| Picture {
        name: chart.name.clone(),
        bytes: render_png(chart, Theme::Light),
    });
    let pictures = pictures.collect();
    Ok(Letter {
        subject,
        text: match pages {
            Some(pages) => format!("{text}\nThe pages: {pages}\n"),
            None => text,
        },
        html,
        pictures,
    })
}

/// The digest for a room of a chat: its title and Markdown.
pub fn room(summary: &Value) -> (String, String) {
    (subject(summary), brief(summary))
}

fn subject(summary: &Value) -> String {
    headed(summary, &title(summary))
}

/// A subject of one line; what is simulated says so before anybody opens it.
pub(super) fn headed(summary: &Value, title: &str) -> String {
    let title: String = title
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    match simulated(summary) {
        true => format!("[simulated] {title}"),
        false => title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Value {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/pages/full.json"
        );
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn every_picture_that_is_named_is_there_and_nothing_else_is_fetched() {
        let letter = letter(&full(), Some("https://readback.example.org")).unwrap();
        assert_eq!(letter.pictures.len(), 3);
        for picture in &letter.pictures {
            let named = format!("src=\"cid:{}\"", picture.name);
            assert_eq!(letter.html.matches(&named).count(), 1, "{named}");
            assert!(picture.bytes.starts_with(b"\x89PNG"));
        }
        assert_eq!(letter.html.matches("src=").count(), 3);
        assert!(!letter.html.contains("<script") && !letter.html.contains("<link"));
        assert!(
            letter
                .html
                .contains("href=\"https:&#x2f;&#x2f;readback.example.org\"")
        );
    }

    #[test]
    fn a_name_is_no_markup_and_no_second_line() {
        let mut summary = full();
        summary["organisation"]["name"] = "A <b>&\r\nBcc: x".into();
        let letter = letter(&summary, None).unwrap();
        assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
        assert!(!letter.html.contains("<b>"), "{}", letter.html);
        assert!(!letter.html.contains("The pages"));
    }

    #[test]
    fn a_room_reads_the_beginning() {
        let (title, text) = room(&full());
        assert!(title.starts_with("[simulated] Readback, "), "{title}");
        assert!(text.starts_with("**"), "{text}");
        assert!(text.len() < digest(&full()).len());
    }
}
