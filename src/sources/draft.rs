//! A write-up that nobody published yet, as its author has it at hand: what is counted in it, by the same
//! rules as later on. It is no kind of source: it makes no event, and nothing of it is kept.

use std::path::Path;

use encoding_rs::{Encoding, UTF_8};

use super::forge::Stop;
use super::icalendar::asking::{Asking, Place, Question};
use super::{SourceError, git, wiki};
use crate::model::{Millis, Vocabulary};

/// The longest draft, bytes: a hundred times the longest write-up that people finish.
pub const LARGEST: usize = 8 << 20;

/// How a draft is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Markdown, with or without a header of fields.
    Markdown,
    /// A page of HTML.
    Html,
    /// reStructuredText, AsciiDoc and whatever else: pictures and quotations are not known of it.
    Text,
}

/// What is counted in a draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its title.
    pub title: Option<String>,
    /// Words of prose.
    pub words: u32,
    /// Pictures and drawn code blocks, where the form tells them.
    pub diagrams: Option<u32>,
    /// Links.
    pub hyperlinks: u32,
    /// Passages in other people's words, where the form tells them.
    pub quotations: Option<u32>,
    /// How many authors it names, where its form has a place for that.
    pub authors: Option<u32>,
    /// Different abbreviations.
    pub acronyms: u32,
    /// Those that nobody explains, in the order of the alphabet.
    pub unexplained: Vec<String>,
    /// Different sources of data that it names.
    pub data_sources: u32,
}

/// A page as it was answered.
pub struct Fetched {
    /// Its address without what may be secret.
    pub name: String,
    /// How it is written.
    pub form: Form,
    /// What stands in it.
    pub text: String,
}

/// How a file is written, by its name.
pub fn form_of(name: &str) -> Form {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("md" | "markdown" | "mdx") => Form::Markdown,
        Some("html" | "htm" | "xhtml") => Form::Html,
        _ => Form::Text,
    }
}

/// Counts what is in a draft.
pub fn measure(form: Form, text: &str, vocabulary: &Vocabulary) -> Draft {
    match form {
        Form::Html => of_page(text, vocabulary),
        Form::Markdown => of_text("draft.md", text, vocabulary),
        Form::Text => of_text("draft.txt", text, vocabulary),
    }
}

/// Bytes as text: in the character set that is named, or the one that they begin by saying, or UTF-8.
///
/// # Errors
/// They are too many, or no text; says which, and what would be valid.
pub fn decoded(name: &str, bytes: &[u8], charset: Option<&str>) -> Result<String, SourceError> {
    let wrong = |reason: String| SourceError::Format {
        name: name.to_owned(),
        reason,
    };
    if bytes.len() > LARGEST {
        let most = LARGEST >> 20;
        return Err(wrong(format!(
            "is longer than {most} MiB; a write-up is shorter"
        )));
    }
    let named = charset.and_then(|label| Encoding::for_label(label.as_bytes()));
    let (text, encoding, is_broken) = named.unwrap_or(UTF_8).decode(bytes);
    if is_broken || text.contains('\0') {
        let name = encoding.name();
        return Err(wrong(format!(
            "is no text in {name}; valid are Markdown, HTML and plain text"
        )));
    }
    Ok(text.into_owned())
}

/// Asks for a page. Follows where it leads, never to plain http, and with a token nowhere else.
///
/// # Errors
/// The address is none, or what answers there is no page for us.
pub fn fetch(
    address: &str,
    token_file: Option<&Path>,
    now: Millis,
) -> Result<Fetched, SourceError> {
    let place = Place::page(address, token_file)?;
    let name = place.shown.clone();
    let mut asking = Asking::new(&place, now).for_a_look();
    let question = Question {
        method: "GET",
        headers: vec![("accept", "text/markdown, text/html, text/plain;q=0.9")],
        ..Question::default()
    };
    let answer = asking.ask(&place.url, &question).and_then(|answer| {
        let is_fine = answer.is_fine();
        is_fine
            .then_some(())
            .ok_or_else(|| asking.away(answer.status))?;
        Ok(answer)
    });
    let answer = answer.map_err(|stop| match stop {
        Stop::Later(reason, _) => place.error(&reason, true),
        Stop::Refused(error, _) | Stop::Failed(error) => error,
    })?;
    let media = answer.header("content-type").unwrap_or_default();
    let media = media.to_ascii_lowercase();
    let charset = media.split(';').find_map(|part| {
        let charset = part.trim().strip_prefix("charset=")?;
        Some(charset.trim_matches('"'))
    });
    let form = match media.split(';').next().unwrap_or_default().trim() {
        "text/html" | "application/xhtml+xml" => Form::Html,
        "text/markdown" => Form::Markdown,
        "" | "text/plain" | "application/octet-stream" => form_of(answer.url.path()),
        other => {
            return Err(SourceError::Format {
                name,
                reason: format!("is {other:?}; valid are Markdown, HTML and plain text"),
            });
        }
    };
    let text = decoded(&name, &answer.body, charset)?;
    Ok(Fetched { name, form, text })
}

fn of_text(name: &str, text: &str, vocabulary: &Vocabulary) -> Draft {
    let reading = git::Reading {
        incident_keys: &[],
        zone: chrono_tz::UTC,
        vocabulary,
    };
    let (document, prose) = git::with_prose(name, text, &reading);
    let counts = prose.counts(vocabulary);
    let authors = document.authors.len();
    Draft {
        title: document.title,
        words: document.words,
        diagrams: document.diagrams,
        hyperlinks: document.hyperlinks,
        quotations: document.quotations,
        authors: Some(u32::try_from(authors).unwrap_or(u32::MAX)),
        acronyms: counts.acronyms,
        unexplained: prose.unexplained(vocabulary),
        data_sources: counts.data_sources,
    }
}

/// What stands around a text on a page, and is none of it.
const AROUND: &[&str] = &["nav", "footer", "aside"];

fn of_page(html: &str, vocabulary: &Vocabulary) -> Draft {
    let parts = ["article", "main", "body"];
    let page = parts.iter().find_map(|name| element(html, name));
    let mut page = page.unwrap_or(html).to_owned();
    for name in AROUND {
        page = without(&page, name);
    }
    let title = first(&page, "h1").or_else(|| first(html, "title"));
    let (measured, _, prose) = wiki::prose_of_html(&page);
    let counts = prose.counts(vocabulary);
    Draft {
        title: title.filter(|title| !title.is_empty()),
        words: measured.words,
        diagrams: measured.diagrams,
        hyperlinks: measured.hyperlinks,
        quotations: measured.quotations,
        authors: None,
        acronyms: counts.acronyms,
        unexplained: prose.unexplained(vocabulary),
        data_sources: counts.data_sources,
    }
}

/// Where the first element of a name begins and where its content does.
fn opening(lower: &str, name: &str) -> Option<(usize, usize)> {
    let tag = format!("<{name}");
    let is_whole = |at: usize| {
        let next = lower[at + tag.len()..].chars().next();
        next.is_some_and(|c| c == '>' || c.is_ascii_whitespace())
    };
    let mut all = lower.match_indices(&tag).map(|(at, _)| at);
    let at = all.find(|at| is_whole(*at))?;
    let end = lower[at..].find('>')?;
    Some((at, at + end + 1))
}

/// What is in the elements of a name, from the first to the last.
fn element<'h>(html: &'h str, name: &str) -> Option<&'h str> {
    let lower = html.to_ascii_lowercase();
    let (_, start) = opening(&lower, name)?;
    let end = lower
        .rfind(&format!("</{name}"))
        .filter(|end| *end >= start);
    Some(&html[start..end.unwrap_or(html.len())])
}

/// The page without its elements of a name.
fn without(html: &str, name: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let close = format!("</{name}");
    let (mut kept, mut from) = (String::with_capacity(html.len()), 0);
    while let Some((at, start)) = opening(&lower[from..], name) {
        kept.push_str(&html[from..from + at]);
        let end = lower[from + start..].find(&close);
        from = end.map_or(html.len(), |end| from + start + end);
    }
    kept.push_str(&html[from..]);
    kept
}

/// The words of the first element of a name.
fn first(html: &str, name: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let (_, start) = opening(&lower, name)?;
    let length = lower[start..].find(&format!("</{name}"))?;
    let mut text = String::new();
    for (at, piece) in html[start..start + length].split('<').enumerate() {
        // Behind the first one each begins with a tag.
        let words = piece.split_once('>').map(|(_, words)| words);
        text.push_str(words.filter(|_| at > 0).unwrap_or(piece));
    }
    let text = wiki::plain(&text);
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_what_stands_in_its_middle() {
        let page = "<html><head><title>Wiki &amp; more</title></head><BODY><nav>Home <a href=/x>All</a></nav>\
            <main class=\"c\"><h1 id=a>Disk <em>full</em></h1><aside>See also</aside><p>The LB and the \
            DNS (domain name system).</p><img src=a.png></main><footer>Imprint</footer></BODY></html>";
        let draft = measure(Form::Html, page, &Vocabulary::default());
        let expected = Draft {
            title: Some("Disk full".to_owned()),
            words: 10,
            diagrams: Some(1),
            quotations: Some(0),
            acronyms: 2,
            unexplained: vec!["LB".to_owned()],
            ..Draft::default()
        };
        assert_eq!(draft, expected);
        let bare = measure(
            Form::Html,
            "<title>T</title><p>one</p>",
            &Vocabulary::default(),
        );
        assert_eq!((bare.title.as_deref(), bare.words), (Some("T"), 2));
    }

    #[test]
    fn a_file_is_read_as_its_name_says() {
        for (name, form) in [
            ("a.MD", Form::Markdown),
            ("a.mdx", Form::Markdown),
            ("x/a.htm", Form::Html),
            ("a.rst", Form::Text),
            ("stdin", Form::Text),
        ] {
            assert_eq!(form_of(name), form, "{name}");
        }
        let text = "---\nauthors: [Ada, Bob]\n---\n# Disk full\nThe KV, see https://h/x\n";
        let draft = measure(Form::Markdown, text, &Vocabulary::default());
        assert_eq!(
            (draft.authors, draft.diagrams, draft.hyperlinks),
            (Some(2), Some(0), 1)
        );
        assert_eq!(draft.unexplained, ["KV"]);
        let draft = measure(Form::Text, "The KV", &Vocabulary::default());
        assert_eq!((draft.diagrams, draft.quotations), (None, None));
    }

    #[test]
    fn bytes_are_text_or_refused() {
        let text =
            |bytes: &[u8], charset| decoded("a.md", bytes, charset).map_err(|e| e.to_string());
        assert_eq!(text("\u{feff}é".as_bytes(), None).as_deref(), Ok("é"));
        assert_eq!(text(b"\xe9", Some("iso-8859-1")).as_deref(), Ok("é"));
        assert_eq!(text(b"\xff\xfea\0", None).as_deref(), Ok("a"));
        let expected = "a.md: is no text in UTF-8; valid are Markdown, HTML and plain text";
        assert_eq!(text(b"\xe9", None), Err(expected.to_owned()));
        assert_eq!(text(b"a\0", None), Err(expected.to_owned()));
        let long = vec![b'a'; LARGEST + 1];
        assert!(text(&long, None).is_err_and(|error| error.contains("8 MiB")));
    }

    proptest! {
        #[test]
        fn any_page_is_measured(
            text in "(<nav|</nav|<main>|</main>|<h1 |</h1>|<article\n|</article>|<title>|[<>\"/ a-zA-Z\u{e9}İ]){0,30}"
        ) {
            let draft = measure(Form::Html, &text, &Vocabulary::default());
            prop_assert!(usize::try_from(draft.acronyms).is_ok_and(|all| draft.unexplained.len() <= all));
        }
    }
}
