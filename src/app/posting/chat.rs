//! The digest in a room of a chat, through its incoming webhook.

use std::time::Duration;

use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use serde_json::json;

use super::{PostError, said};
use crate::config::{ChatConfig, ChatKind, password_in};

/// How long a chat may keep us waiting.
const PATIENCE: Duration = Duration::from_secs(30);

/// The body of the request: the kind's own message, or what the template makes of the same.
pub(super) fn message(
    config: &ChatConfig,
    title: &str,
    markdown: &str,
    pages: Option<&str>,
) -> Result<String, PostError> {
    let Some(path) = &config.template else {
        return Ok(own(config.kind, title, markdown, pages));
    };
    let wrong = |why: String| PostError::ChatFile {
        name: config.name.clone(),
        key: "template",
        why,
    };
    let template = std::fs::read_to_string(path)
        .map_err(|error| wrong(format!("{} can't be read: {error}", path.display())))?;
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Json);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let view = context! {
        title => title,
        markdown => markdown,
        text => written(markdown, Style::Plain),
        slack => written(markdown, Style::Slack),
        pages => pages,
    };
    // An error of a template tells its line and the names that it may use.
    let made = environment.render_str(&template, view);
    let made = made.map_err(|error| {
        wrong(format!(
            "{}: {error}; it may use title, markdown, text, slack and pages",
            path.display()
        ))
    })?;
    match serde_json::from_str::<serde_json::Value>(&made) {
        Ok(_) => Ok(made),
        Err(error) => Err(wrong(format!(
            "{}: makes no JSON: {error}; texts are put in with their quotes, {{{{ title }}}}",
            path.display()
        ))),
    }
}

fn own(kind: ChatKind, title: &str, markdown: &str, pages: Option<&str>) -> String {
    match kind {
        ChatKind::Mattermost => {
            let link = pages.map_or_else(String::new, |url| format!("\n\n[The pages]({url})"));
            json!({"text": format!("#### {title}\n\n{markdown}{link}")}).to_string()
        }
        ChatKind::Slack => {
            let link = pages.map_or_else(String::new, |url| format!("\n\n<{url}|The pages>"));
            let text = written(markdown, Style::Slack);
            let title = slack(title);
            json!({"text": format!("*{title}*\n\n{text}{link}")}).to_string()
        }
        ChatKind::Teams => {
            let block = |text: &str, bold: bool| {
                let weight = if bold { "Bolder" } else { "Default" };
                json!({"type": "TextBlock", "text": text, "wrap": true, "weight": weight})
            };
            let mut body = vec![block(title, true)];
            let text = written(markdown, Style::Plain);
            // A card runs lines of one text together.
            let lines = text.lines().filter(|line| !line.is_empty());
            body.extend(lines.map(|line| block(line, false)));
            let actions: Vec<_> = pages
                .iter()
                .map(|url| json!({"type": "Action.OpenUrl", "title": "The pages", "url": url}))
                .collect();
            let card = json!({
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": body,
                "actions": actions,
            });
            let kind = "application/vnd.microsoft.card.adaptive";
            let attachment = json!({"contentType": kind, "contentUrl": null, "content": card});
            json!({"type": "message", "attachments": [attachment]}).to_string()
        }
    }
}

/// How marks are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Slack's own.
    Slack,
    /// Not at all.
    Plain,
}

/// The digest's Markdown in another way of writing.
fn written(markdown: &str, style: Style) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => match style {
                Style::Slack => out.push_str(&slack(&text)),
                Style::Plain => out.push_str(&text),
            },
            Event::SoftBreak | Event::HardBreak => out.push(' '),
            Event::Start(Tag::Item) => out.push_str("• "),
            Event::Start(Tag::BlockQuote(_)) => quoted = true,
            Event::Start(Tag::Paragraph) if quoted && style == Style::Slack => out.push_str("> "),
            Event::Start(Tag::Strong | Tag::Heading { .. }) | Event::End(TagEnd::Strong)
                if style == Style::Slack =>
            {
                out.push('*');
            }
            Event::End(TagEnd::Heading(_)) => {
                out.push_str(if style == Style::Slack { "*\n" } else { "\n" });
            }
            Event::End(TagEnd::BlockQuote(_)) => quoted = false,
            Event::End(TagEnd::Item) => out.push('\n'),
            Event::End(TagEnd::List(_)) => out.push('\n'),
            Event::End(TagEnd::Paragraph) => out.push_str("\n\n"),
            _ => {}
        }
    }
    out.trim_end().to_owned()
}

/// A text that Slack takes as it stands.
fn slack(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Posts it.
pub(super) fn send(config: &ChatConfig, body: String) -> Result<(), PostError> {
    let name = || config.name.clone();
    let wrong = |why: String| PostError::ChatFile {
        name: name(),
        key: "url_file",
        why,
    };
    let url = password_in(&config.url_file.to_string_lossy()).map_err(&wrong)?;
    // The address is a secret and stands in no error.
    let web = url.starts_with("https://") || url.starts_with("http://");
    if !web || url::Url::parse(&url).is_err() {
        return Err(wrong(format!(
            "{} holds no address; valid is one line such as https://hooks.example.org/…",
            config.url_file.display()
        )));
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        // Who answers for the chat must not send the message elsewhere.
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into();
    let answer = agent
        .post(&url)
        .header("content-type", "application/json")
        .send(body.as_bytes());
    let answer = answer.map_err(|error| PostError::ChatAway {
        name: name(),
        why: said(&error).replace(&url, "its address"),
    })?;
    match answer.status().as_u16() {
        200..300 => Ok(()),
        status @ (429 | 500..) => Err(PostError::ChatAway {
            name: name(),
            why: format!("status {status}"),
        }),
        status => Err(PostError::ChatRefused {
            name: name(),
            status,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKDOWN: &str = "**Of 9 write-ups, 4 were read.**\n\n## Old and still read\n\n- A \\_b\\_ &lt;c&gt;\n- D\n\n> People are\n> always learning.\n";

    #[test]
    fn every_chat_gets_its_own_words() {
        let said: Vec<String> = ChatKind::ALL
            .into_iter()
            .map(|kind| {
                let text = own(
                    kind,
                    "Readback, A & B",
                    MARKDOWN,
                    Some("https://r.example.org"),
                );
                let value: serde_json::Value = serde_json::from_str(&text).unwrap();
                format!("{}\n{value:#}", kind.name())
            })
            .collect();
        insta::assert_snapshot!(said.join("\n\n"));
    }

    fn with(template: &str) -> Result<String, PostError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("room.json");
        std::fs::write(&path, template).unwrap();
        let config = ChatConfig {
            name: "leads".to_owned(),
            kind: ChatKind::Slack,
            url_file: path.clone(),
            template: Some(path),
        };
        message(&config, "A \"title\"", MARKDOWN, None)
    }

    #[test]
    fn a_template_makes_json_and_says_where_not() {
        let made = with(r#"{"username": "readback", "text": {{ title }}}"#).unwrap();
        let made: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!(made["text"], "A \"title\"");
        for (template, expected) in [
            (r#"{"text": {{ titel }}}"#, "it may use title, markdown"),
            ("text: {{ title }}", "makes no JSON"),
        ] {
            let error = with(template).unwrap_err().to_string();
            assert!(error.starts_with("chat leads: template: "), "{error}");
            assert!(error.contains(expected), "{error}");
        }
    }
}
