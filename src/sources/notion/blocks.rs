//! What stands in a page of Notion, written as Markdown, so that it is counted and looked through as other
//! texts are. Pure. Links to pages get the one address that a page keeps.

use std::fmt::Write as _;

use serde_json::Value;
use url::Url;

use super::answer::{id_in, plain};

/// Where pages are found by their ids.
const PAGES: &str = "https://www.notion.so/";

/// The hosts of pages, and what such hosts end in.
const HOSTS: &[&str] = &["notion.so", "notion.com", "notion.site"];

/// The address of a page that it keeps when it is renamed.
pub(super) fn lasting(id: &str) -> String {
    format!("{PAGES}{id}")
}

/// A block as lines of Markdown.
pub(super) fn written(block: &Value) -> String {
    let kind = block["type"].as_str().unwrap_or_default();
    let inside = &block[kind];
    let text = rich(&inside["rich_text"]);
    let address = inside["url"].as_str();
    match kind {
        "heading_1" => format!("# {text}\n\n"),
        "heading_2" => format!("## {text}\n\n"),
        "heading_3" => format!("### {text}\n\n"),
        "quote" => format!("> {text}\n\n"),
        "bulleted_list_item" | "numbered_list_item" | "to_do" => format!("- {text}\n"),
        "code" => {
            let language = inside["language"].as_str().unwrap_or_default();
            format!("```{language}\n{}\n```\n\n", plain(&inside["rich_text"]))
        }
        "image" => "![](image)\n\n".to_owned(),
        "table_row" => {
            let cells = inside["cells"].as_array().into_iter().flatten();
            let cells: Vec<String> = cells.map(rich).collect();
            format!("{}\n\n", cells.join(", "))
        }
        "link_to_page" => {
            let page = inside["page_id"].as_str().and_then(id_in);
            page.map_or_else(String::new, |id| format!("<{}>\n\n", lasting(&id)))
        }
        "bookmark" | "embed" | "link_preview" => {
            address.map_or_else(String::new, |address| format!("<{}>\n\n", whole(address)))
        }
        _ if text.is_empty() => String::new(),
        _ => format!("{text}\n\n"),
    }
}

/// Whether what lies below a block belongs to the page: pages of their own don't.
pub(super) fn is_parent(block: &Value) -> bool {
    let kind = block["type"].as_str().unwrap_or_default();
    block["has_children"] == true && !matches!(kind, "child_page" | "child_database")
}

fn rich(pieces: &Value) -> String {
    let mut text = String::new();
    for piece in pieces.as_array().into_iter().flatten() {
        let words = piece["plain_text"].as_str().unwrap_or_default();
        let mentioned = piece["mention"]["page"]["id"].as_str().and_then(id_in);
        let address = mentioned.map(|id| lasting(&id));
        let address = address.or_else(|| piece["href"].as_str().map(whole));
        match address {
            Some(address) => {
                // A text takes whatever is written to it.
                let _ = write!(text, "[{}]({address})", words.replace(['[', ']'], " "));
            }
            None => text.push_str(words),
        }
    }
    text.replace('\n', " ")
}

/// Where a link leads: to a page of Notion by its lasting address.
fn whole(address: &str) -> String {
    let is_own = match Url::parse(address) {
        Ok(url) => url.host_str().is_some_and(|host| {
            let below = |own: &str| {
                host.strip_suffix(own)
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            };
            HOSTS.iter().any(|own| below(own))
        }),
        Err(_) => address.starts_with('/'),
    };
    let id = id_in(address).filter(|_| is_own);
    id.map_or_else(|| address.to_owned(), |id| lasting(&id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn blocks_are_written_as_markdown() {
        let text = |words: &str, href: Value| json!([{ "plain_text": words, "href": href }]);
        let block = |kind: &str, inside: Value| json!({ "type": kind, kind: inside });
        let lasting = lasting(ID);
        for (block, expected) in [
            (
                block(
                    "heading_2",
                    json!({ "rich_text": text("Why", json!(null)) }),
                ),
                "## Why\n\n".to_owned(),
            ),
            (
                block(
                    "paragraph",
                    json!({ "rich_text": text("it [1]", json!(format!("/{ID}?pvs=4"))) }),
                ),
                format!("[it  1 ]({lasting})\n\n"),
            ),
            (
                block(
                    "paragraph",
                    json!({ "rich_text": [{ "plain_text": "DNS", "mention": { "page": { "id": ID } } }] }),
                ),
                format!("[DNS]({lasting})\n\n"),
            ),
            (
                block(
                    "bookmark",
                    json!({ "url": format!("https://x.notion.site/A-{ID}") }),
                ),
                format!("<{lasting}>\n\n"),
            ),
            (
                block(
                    "bookmark",
                    json!({ "url": format!("https://example.org/A-{ID}") }),
                ),
                format!("<https://example.org/A-{ID}>\n\n"),
            ),
            (
                block("link_to_page", json!({ "type": "page_id", "page_id": ID })),
                format!("<{lasting}>\n\n"),
            ),
            (
                block(
                    "code",
                    json!({ "language": "mermaid", "rich_text": text("a\nb", json!(null)) }),
                ),
                "```mermaid\na\nb\n```\n\n".to_owned(),
            ),
            (
                block(
                    "table_row",
                    json!({ "cells": [text("a", json!(null)), text("b", json!(null))] }),
                ),
                "a, b\n\n".to_owned(),
            ),
            (block("divider", json!({})), String::new()),
            (json!({ "type": 7 }), String::new()),
        ] {
            assert_eq!(written(&block), expected, "{block}");
        }
        assert!(!is_parent(
            &json!({ "type": "child_page", "has_children": true })
        ));
        assert!(is_parent(
            &json!({ "type": "toggle", "has_children": true })
        ));
    }

    proptest! {
        #[test]
        fn any_words_stay(words in "[a-z \\[\\]\\n]{0,20}", href in "(https://[a-z.]{0,9}|/[a-f0-9]{0,40})?") {
            let block = json!({ "type": "paragraph", "paragraph": { "rich_text": [{ "plain_text": words, "href": href }] } });
            let written = written(&block);
            let count = |text: &str| text.split(|c: char| !c.is_ascii_lowercase()).filter(|word| !word.is_empty()).count();
            prop_assert!(count(&written) >= count(&words));
        }
    }
}
