//! Who is let in, and from where.

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

fn peer(address: &str, listener: &str) -> Peer {
    Peer::new(address.parse().unwrap(), listener.parse().unwrap())
}

fn sees(access: &Access, peer: Peer, pairs: &[(&'static str, &str)]) -> bool {
    let uri = Uri::from_static("/");
    access
        .admit(Role::Viewer, peer, &headers(pairs), &uri)
        .is_ok()
}

#[test]
fn without_sign_in_pages_are_for_this_machine_alone() {
    let access = Access::default();
    let here = peer("127.0.0.1:5000", "127.0.0.1:8080");
    assert!(sees(&access, here, &[("host", "localhost:8080")]));
    assert!(sees(&access, here, &[("host", "127.0.0.1:8080")]) && sees(&access, here, &[]));
    assert!(sees(
        &access,
        peer("[::1]:5000", "[::1]:8080"),
        &[("host", "[::1]:8080")]
    ));
    for (address, listener) in [
        ("192.0.2.1:5000", "127.0.0.1:8080"),
        ("127.0.0.1:5000", "0.0.0.0:8080"),
        ("192.0.2.1:5000", "0.0.0.0:8080"),
        ("[::ffff:192.0.2.1]:5000", "[::]:8080"),
    ] {
        assert!(!sees(&access, peer(address, listener), &[]), "{address}");
    }
    for pair in [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=1"),
        ("host", "evil.example.org"),
        ("host", "127.0.0.1.evil.example.org"),
    ] {
        assert!(!sees(&access, here, &[pair]), "{pair:?}");
    }
    let uri = Uri::from_static("/");
    let reader = access
        .admit(Role::Viewer, here, &HeaderMap::new(), &uri)
        .unwrap();
    // Nobody has shown who it is.
    assert!(!reader.restricted && reader.role == Role::Viewer);
}

#[test]
fn a_guess_is_placed_behind_our_own_proxies() {
    let access = Access {
        trusted: vec![Network::parse("10.0.0.0/8").unwrap()],
        ..Access::default()
    };
    let place = |address: &str, hops: &[&str]| {
        let hops: Vec<_> = hops.iter().map(|hop| ("x-forwarded-for", *hop)).collect();
        let found = access.place(peer(address, "0.0.0.0:80"), &headers(&hops));
        found.map(|found| found.to_string())
    };
    let is = |found: Option<String>, wanted: &str| assert_eq!(found.as_deref(), Some(wanted));
    is(place("10.0.0.1:5", &["203.0.113.9"]), "203.0.113.9");
    is(
        place("10.0.0.1:5", &["1.1.1.1, 203.0.113.9, 10.0.0.2"]),
        "203.0.113.9",
    );
    is(
        place("10.0.0.1:5", &["1.1.1.1", "203.0.113.9"]),
        "203.0.113.9",
    );
    is(place("10.0.0.1:5", &["1.1.1.1, what"]), "10.0.0.1");
    is(place("10.0.0.1:5", &[]), "10.0.0.1");
    is(place("203.0.113.9:5", &["1.1.1.1"]), "203.0.113.9");
    assert_eq!(place("127.0.0.1:5", &["1.1.1.1"]), None);
    is(place("127.0.0.1:5", &[]), "127.0.0.1");
}

#[test]
fn only_a_page_of_ours_changes_anything() {
    let access = Access::default();
    let own = |pairs: &[(&'static str, &str)]| access.is_own_page(&headers(pairs));
    assert!(own(&[("sec-fetch-site", "same-origin")]));
    assert!(own(&[
        ("origin", "http://localhost:1"),
        ("host", "localhost:1")
    ]));
    for pairs in [
        &[][..],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://x"),
            ("host", "x"),
        ],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "null"), ("host", "localhost:1")],
        &[("origin", "http://evil"), ("host", "localhost:1")],
        &[("host", "localhost:1")],
    ] {
        assert!(!own(pairs), "{pairs:?}");
    }
    let configured = Access {
        origin: Some("https://readback.example.org".to_owned()),
        ..Access::default()
    };
    let own = |origin| configured.is_own_page(&headers(&[("origin", origin), ("host", "inner")]));
    assert!(own("https://readback.example.org") && !own("http://inner"));
    assert!(!own("http://readback.example.org"));
}
