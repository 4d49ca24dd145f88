//! One event is the same event however it is sent, and no request makes it panic or tell a name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::http_tests::{Entry, GOOD, borrowed, send, send_as};

/// What has to be encoded in a header: CloudEvents' HTTP binding, 3.1.3.2.
const HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

fn data(kind: &'static str) -> BoxedStrategy<Value> {
    let number = 0_u32..3000;
    match kind {
        "read" => (number, any::<bool>(), "\\PC{0,8}")
            .prop_map(|(n, bot, person)| {
                let scroll = f64::from(n) / 2000.0;
                json!({"scroll": scroll, "engaged_s": n, "bot": bot, "person": person})
            })
            .boxed(),
        "read_count" => number
            .prop_map(
                |n| json!({"granularity": "day", "count": n, "uniques": -1500 + i64::from(n)}),
            )
            .boxed(),
        "writeup" => prop::collection::vec("\\PC{0,6}", 0..4)
            .prop_map(|names| json!({"contributors": names, "tags": names, "title": "ü\"\\\n"}))
            .boxed(),
        _ => (number, "\\PC{0,8}")
            .prop_map(|(n, person)| json!({"words": n, "person": person, "sections": n}))
            .boxed(),
    }
}

fn anything() -> impl Strategy<Value = (&'static str, [String; 4], Option<Value>)> {
    let kinds = vec!["read", "read_count", "writeup", "comment", "edit", "person"];
    prop::sample::select(kinds).prop_flat_map(|kind| {
        let time = prop::sample::select(vec![
            "2025-03-30T21:59:30.25+02:00",
            "2025-01-01T00:00:00Z",
            "1999-12-31t23:59:59z",
            "2025-02-30T00:00:00Z",
        ]);
        let texts = ("[ -~é€😀\"%]{1,8}", "\\PC{1,8}", "[ -~é\t]{0,8}", time)
            .prop_map(|(source, id, subject, time)| [source, id, subject, time.to_owned()]);
        (Just(kind), texts, prop::option::of(data(kind)))
    })
}

proptest! {
    #[test]
    fn an_event_is_the_same_in_every_mode((kind, texts, data) in anything()) {
        let names = ["source", "id", "subject", "time"];
        let kind = format!("org.readback.{kind}.v1");
        let mut event = json!({"specversion": "1.0", "type": kind});
        let mut headers = vec![
            ("ce-specversion".to_owned(), "1.0".to_owned()),
            ("ce-type".to_owned(), kind),
            ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
        ];
        let mut quoted = headers.clone();
        for (name, text) in names.into_iter().zip(&texts) {
            event[name] = text.as_str().into();
            headers.push((format!("ce-{name}"), utf8_percent_encode(text, HEADER).to_string()));
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%25");
            quoted.push((format!("ce-{name}"), format!("\"{escaped}\"")));
        }
        let mut packed = event.clone();
        let mut body = String::new();
        if let Some(data) = &data {
            event["data"] = data.clone();
            body = data.to_string();
            packed["data_base64"] = BASE64.encode(&body).into();
            packed["datacontenttype"] = "application/json".into();
        }
        let pretty = serde_json::to_string_pretty(&event).expect("a value");
        let all = [
            send_as("application/cloudevents+json", event.to_string()),
            send_as("application/cloudevents+json", packed.to_string()),
            send_as("application/cloudevents-batch+json", format!("[{event}]")),
            send_as("application/x-ndjson", format!("{event}\r\n")),
            send_as("text/plain", pretty),
            send(&borrowed(&headers), &body),
            send(&borrowed(&quoted), &body),
        ];
        let mut first: Option<Entry> = None;
        for heard in all {
            let mut heard = heard.expect("one entry");
            prop_assert_eq!(heard.entries.len(), 1);
            let mut entry = heard.entries.remove(0);
            if let Entry::Refused(problems) = &mut entry {
                problems.iter_mut().for_each(|problem| problem.place.clear());
            }
            match &first {
                Some(first) => prop_assert_eq!(first, &entry),
                None => first = Some(entry),
            }
        }
    }

    #[test]
    fn any_request_is_taken_or_refused_without_a_name(
        content_type in prop::sample::select(vec![
            "", "application/json", "application/cloudevents+json", "text/plain", "NAME",
            "application/cloudevents-batch+json", "application/x-ndjson", "NAME/json",
            "text/NAME; charset=NAME", "application/json; charset=\"NAME\"", "a/b; c=NAME",
        ]),
        names in prop::collection::vec(prop::sample::select(vec![
            "ce-specversion", "ce-id", "ce-type", "ce-source", "ce-time", "ce-data", "ce-subject",
            "ce-datacontenttype", "ce-NAME", "ce-", "x",
        ]), 0..5),
        values in prop::collection::vec(
            prop_oneof!["\\PC{0,6}", "[%\"\\\\a-fC]{0,6}", Just("NAME".to_owned())], 5),
        pieces in prop::collection::vec(prop_oneof![
            "\\PC{0,6}",
            prop::sample::select(vec![
                GOOD, "{", "}", "[", "]", ",", "\n", "\u{feff}", "null", "\"NAME\"", "\"person\":",
                "\"data\":", "\"type\":", "\"data_base64\":", "\"datacontenttype\":", "{\"NAME\":1}",
                "\"time\":", "\"id\":", "\"specversion\":", ":",
                r#"{"type":"NAME","time":"NAME","data_base64":"NAME","datacontenttype":"NAME"}"#,
                r#"{"type":"org.readback.comment.v1","id":{"NAME":1},"data":{"words":"NAME"}}"#,
            ]).prop_map(str::to_owned),
        ], 0..8),
        broken in any::<bool>(),
    ) {
        const NAME: &str = "ada.lovelace@example.org";
        let mut headers = vec![("content-type".to_owned(), content_type.replace("NAME", NAME))];
        headers.extend(names.iter().zip(values).map(|(name, value)| {
            (name.replace("NAME", NAME), value.replace("NAME", NAME))
        }));
        let mut body = pieces.concat().replace("NAME", NAME).into_bytes();
        if broken {
            body.push(0xff);
        }
        let words = match send(&borrowed(&headers), &body) {
            Ok(heard) => heard.problems().join("\n"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!words.contains("lovelace"), "{}", words);
    }
}
