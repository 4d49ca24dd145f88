//! Data as base64, and what an event says of the type of its data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::http_tests::GOOD;
use super::*;

#[test]
fn data_may_be_packed_and_says_its_type() {
    let packed = |data: &str| BASE64.encode(data);
    let plain = decode(GOOD.as_bytes()).expect("valid");
    for data in [
        format!(r#""data_base64":"{}""#, packed("{\"words\":3}")),
        format!(r#""data":null,"data_base64":"{}""#, packed("{\"words\":3}")),
        format!(r#""data_base64":"{}","data":null"#, packed("{\"words\":3}")),
        r#""data_base64":null,"data":{"words":3}"#.to_owned(),
        r#""data_base64":"","data":{"words":3}"#.to_owned(),
        r#""datacontenttype":"Application/JSON; charset=utf-8","data":{"words":3}"#.to_owned(),
        r#""data":{"words":3},"datacontenttype":"application/x+json""#.to_owned(),
        r#""data":{"words":3},"datacontenttype":null,"data_base64":null"#.to_owned(),
        r#""data":{"words":3},"datacontenttype":"""#.to_owned(),
    ] {
        let event = GOOD.replace(r#""data":{"words":3}"#, &data);
        let decoded = decode(event.as_bytes()).unwrap_or_else(|faults| {
            panic!("{event}: {faults:?}");
        });
        assert_eq!(decoded, plain, "{event}");
    }
    let read = |data: &str| {
        let event = GOOD.replace(".comment.", ".read.");
        decode(event.replace(r#""data":{"words":3}"#, data).as_bytes())
    };
    let scroll = packed(r#"{"scroll":0.5}"#);
    assert_eq!(
        read(&format!(r#""data":null,"data_base64":"{scroll}""#)),
        read(r#""data":{"scroll":0.5}"#)
    );
    for (data, field, reason) in [
        (
            format!(r#""data":{{}},"data_base64":"{scroll}""#),
            "data_base64",
            "stands beside data",
        ),
        (
            format!(r#""data_base64":"{scroll}","data":{{}}"#),
            "data_base64",
            "stands beside data",
        ),
        (
            r#""data_base64":"e30""#.to_owned(),
            "data_base64",
            "not base64",
        ),
        (
            r#""data_base64":17"#.to_owned(),
            "data_base64",
            "a number is not text",
        ),
        (
            r#""data_base64":"/w==""#.to_owned(),
            "data_base64",
            "not UTF-8",
        ),
        (
            format!(r#""data_base64":"{}""#, packed("{}{}")),
            "data_base64",
            "not JSON",
        ),
        (
            format!(r#""data_base64":"{}""#, packed("[]")),
            "data",
            "a list is not an object",
        ),
        (
            format!(r#""data_base64":"{}""#, packed(r#"{"scroll":7}"#)),
            "data.scroll",
            "7 is not between",
        ),
        (
            format!(
                r#""data_base64":"{}""#,
                packed(r#"{"bot":true,"bot":true}"#)
            ),
            "",
            "duplicate field `bot`",
        ),
        (
            r#""data_base64":"e30=","data_base64":"e30=""#.to_owned(),
            "data_base64",
            "stands there twice",
        ),
        (
            r#""datacontenttype":"text/plain","data":"x""#.to_owned(),
            "datacontenttype",
            "\"text/plain\" is not JSON; application/json is valid",
        ),
        (
            r#""data":{},"datacontenttype":7"#.to_owned(),
            "datacontenttype",
            "a number is not text",
        ),
        (
            r#""datacontenttype":"ada@example.org""#.to_owned(),
            "datacontenttype",
            "\"…\" is not JSON",
        ),
    ] {
        let faults = read(&data).expect_err(&data);
        assert_eq!((faults.len(), &*faults[0].field), (1, field), "{faults:?}");
        assert!(faults[0].reason.contains(reason), "{faults:?}");
    }
    for data in [r#""data":null,"data":{}"#, r#""data":{},"data":null"#] {
        let faults = read(data).expect_err(data);
        assert!(
            faults[0].reason.starts_with("stands there twice"),
            "{faults:?}"
        );
    }
    let both = read(r#""datacontenttype":"text/plain","data":{"scroll":7}"#).expect_err("two");
    assert_eq!(both.len(), 2, "{both:?}");
    let envelope = &schemas()[0].1;
    for name in ["datacontenttype", "data_base64"] {
        assert!(envelope.pointer(&format!("/properties/{name}")).is_some());
    }
}
