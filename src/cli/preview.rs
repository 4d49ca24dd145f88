//! `readback preview`: what a reader may miss in a write-up, asked of its author before it is published.
//! Questions alone: no score, no verdict, nothing stored, and no word of the text in a log.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::{Value as Json, json};

use super::plain::line;
use crate::collect::input;
use crate::config::Config;
use crate::model::{Vocabulary, WORDS_A_MINUTE};
use crate::sources::SourceError;
use crate::sources::draft::{self, Draft, Form};

/// Stands below `readback preview --help`.
const HELP: &str = "\
Asked is what later numbers count, too (`readback explain D1`): terms that nobody explains, pictures, sources
of data, links, and whether more than one person speaks. Abbreviations that everybody knows here stand in
organisation.glossary, and names of dashboards, logs and traces in organisation.data_sources. Of a page of
HTML what stands in its <article> or <main> counts. There is no score, and nothing is stored.";

/// What to look at.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The draft: a file of Markdown, HTML or plain text, an address (https://…), or - for standard input
    #[arg(value_name = "FILE|URL")]
    draft: String,
    /// How it is written [default: by the name of the file or what the address says; Markdown for -]
    #[arg(long, value_enum)]
    form: Option<FormArg>,
    /// A file with the token that the address wants
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum FormArg {
    Markdown,
    Html,
    Text,
}

/// The address could not be asked, or did not answer with a page.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Away(String);

pub(super) async fn run(args: Args, config: Config) -> anyhow::Result<()> {
    let vocabulary = config.organisation.vocabulary;
    let asked = args.form.map(|form| match form {
        FormArg::Markdown => Form::Markdown,
        FormArg::Html => Form::Html,
        FormArg::Text => Form::Text,
    });
    let (name, form, text) = match is_address(&args.draft) {
        true => {
            let (address, token) = (args.draft, args.token_file);
            let now = super::now();
            let fetching = move || draft::fetch(&address, token.as_deref(), now);
            let fetched = tokio::task::spawn_blocking(fetching).await?;
            let page = fetched.map_err(|error| match error {
                SourceError::Remote { .. } => Away(error.to_string()).into(),
                error => anyhow::anyhow!("{error}"),
            })?;
            (page.name, page.form, page.text)
        }
        false if args.token_file.is_some() => {
            bail!(
                "--token-file: is for an address, and {:?} is a file",
                args.draft
            )
        }
        false => read(&args.draft)?,
    };
    let draft = draft::measure(asked.unwrap_or(form), &text, &vocabulary);
    if draft.words == 0 {
        bail!(
            "{name}: no prose is found in it; of a page that a script fills, or that wants a login, preview the \
             text itself"
        );
    }
    let told = told(&name, &draft, &vocabulary);
    let mut out = std::io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", super::plain::json(&told)?)?,
        false => write(&mut out, &told)?,
    }
    Ok(())
}

fn is_address(draft: &str) -> bool {
    let scheme = draft.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

/// The draft of a file or of standard input.
fn read(path: &str) -> anyhow::Result<(String, Form, String)> {
    let opened = input::open(Path::new(path), |_| ()).with_context(|| path.to_owned())?;
    let form = match path {
        "-" => Form::Markdown,
        _ => draft::form_of(opened.name.trim_end_matches(".gz")),
    };
    let mut bytes = Vec::new();
    let mut reader = opened.reader.take(draft::LARGEST as u64 + 1);
    reader
        .read_to_end(&mut bytes)
        .with_context(|| path.to_owned())?;
    let text =
        draft::decoded(&opened.name, &bytes, None).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok((opened.name, form, text))
}

/// What is counted, and the questions that follow from it.
fn told(name: &str, draft: &Draft, vocabulary: &Vocabulary) -> Json {
    let questions = questions(draft, vocabulary);
    let questions = questions.into_iter();
    let questions: Vec<Json> = questions
        .map(|(about, text)| json!({ "about": about, "text": text }))
        .collect();
    json!({
        "name": name,
        "title": draft.title,
        "words": draft.words,
        "reading_minutes": f64::from(draft.words) / WORDS_A_MINUTE,
        "diagrams": draft.diagrams,
        "hyperlinks": draft.hyperlinks,
        "data_sources": draft.data_sources,
        "quotations": draft.quotations,
        "authors": draft.authors,
        "acronyms": draft.acronyms,
        "unexplained": draft.unexplained,
        "questions": questions,
    })
}

/// What a reader may miss, each with what it is about. Where a form of text does not tell, nothing is asked.
fn questions(draft: &Draft, vocabulary: &Vocabulary) -> Vec<(&'static str, String)> {
    let mut asked = Vec::new();
    let terms = draft.unexplained.join(", ");
    if !terms.is_empty() {
        asked.push((
            "terms",
            format!(
                "Nothing explains {terms}. Does somebody of another team know, or somebody in the first week? At \
                 first use a term is explained by its long form in brackets, or by a link."
            ),
        ));
    }
    if draft.diagrams == Some(0) {
        asked.push((
            "pictures",
            "There is no picture. What would a drawing of the parts, or a graph of that day, show that words \
             do not?"
                .to_owned(),
        ));
    }
    if draft.data_sources == 0 {
        let known = vocabulary.data_sources.join(", ");
        asked.push((
            "data",
            format!(
                "No source of data is named. What did people look at, and where can a reader see it? Known here: \
                 {known}."
            ),
        ));
    }
    // Who is named as author of a page its HTML does not say.
    if draft.quotations == Some(0) && draft.authors.is_none_or(|authors| authors < 2) {
        asked.push((
            "accounts",
            "One account only: nobody is quoted, and no second author is named. What did others see, in their \
             own words?"
                .to_owned(),
        ));
    }
    if draft.hyperlinks == 0 {
        asked.push((
            "links",
            "It leads nowhere. Which change, code, dashboard or earlier write-up would a reader want to open?"
                .to_owned(),
        ));
    }
    asked
}

fn write(out: &mut impl std::io::Write, told: &Json) -> std::io::Result<()> {
    let name = told["title"].as_str().or(told["name"].as_str());
    line(out, format_args!("{}", name.unwrap_or_default()))?;
    let minutes = told["reading_minutes"].as_f64().unwrap_or_default();
    let minutes = match minutes.round() {
        minutes if minutes < 1.0 => "less than a minute".to_owned(),
        1.0 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    };
    let words = match told["words"].as_u64() {
        Some(1) => "1 word".to_owned(),
        words => format!("{} words", words.unwrap_or_default()),
    };
    line(out, format_args!("{words}, {minutes} to read"))?;
    if told["diagrams"].is_null() {
        let unknown = "Pictures and quotations are not looked for in plain text.";
        line(out, format_args!("{unknown}"))?;
    }
    let questions = told["questions"].as_array().map_or(&[][..], Vec::as_slice);
    writeln!(out)?;
    if questions.is_empty() {
        return writeln!(out, "No questions.");
    }
    for question in questions {
        let text = question["text"].as_str().unwrap_or_default();
        line(out, format_args!("- {text}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(draft: &Draft) -> Vec<&'static str> {
        let asked = questions(draft, &Vocabulary::default()).into_iter();
        asked.map(|(about, _)| about).collect()
    }

    #[test]
    fn what_is_not_known_is_not_asked() {
        let all = Draft {
            words: 100,
            diagrams: Some(0),
            quotations: Some(0),
            authors: Some(1),
            unexplained: vec!["DB".to_owned(), "KV".to_owned()],
            ..Draft::default()
        };
        assert_eq!(
            about(&all),
            ["terms", "pictures", "data", "accounts", "links"]
        );
        let plain = Draft {
            diagrams: None,
            quotations: None,
            unexplained: Vec::new(),
            ..all.clone()
        };
        assert_eq!(about(&plain), ["data", "links"]);
        let rich = Draft {
            diagrams: Some(1),
            hyperlinks: 1,
            data_sources: 1,
            authors: Some(2),
            ..plain
        };
        assert_eq!(about(&rich), [""; 0]);
        let (_, terms) = &questions(&all, &Vocabulary::default())[0];
        assert!(terms.contains("DB, KV"), "{terms}");
    }

    #[test]
    fn a_file_may_have_colons() {
        assert!(is_address("HTTPS://wiki.example.org/x") && is_address("http://h"));
        assert!(!is_address("2026-03-02T10:00.md") && !is_address("file:///etc/passwd"));
    }
}
