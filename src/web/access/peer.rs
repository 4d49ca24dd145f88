//! Where a request comes from, and what its headers say once.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// The other end of a connection. It is never written anywhere.
#[derive(Clone, Copy)]
pub struct Peer {
    /// Its address; nothing for a call from inside this process.
    pub(super) address: Option<IpAddr>,
    /// The door itself is at an address of this machine alone.
    pub(super) listens_locally: bool,
}

impl Peer {
    /// Whoever calls the router without a connection is this program itself.
    pub(in crate::web) const INSIDE: Peer = Peer {
        address: None,
        listens_locally: true,
    };

    /// The other end of a connection to a listener.
    pub fn new(address: SocketAddr, listener: SocketAddr) -> Self {
        Peer {
            address: Some(address.ip().to_canonical()),
            listens_locally: listener.ip().to_canonical().is_loopback(),
        }
    }

    pub(super) fn is_here(&self) -> bool {
        self.address.is_none_or(|address| address.is_loopback())
    }
}

/// What proxies add to a request.
const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/// Whether a proxy had it in its hands.
pub(super) fn is_passed_on(headers: &HeaderMap) -> bool {
    FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// Whether metrics are open to this request without a token.
pub(in crate::web) fn is_local(peer: Peer, headers: &HeaderMap) -> bool {
    peer.is_here() && !is_passed_on(headers)
}

/// The text of a header that stands there once; two would be two readers' word against each other.
pub(super) fn only(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut all = headers.get_all(name).iter();
    let (one, None) = (all.next()?, all.next()) else {
        return None;
    };
    let text = std::str::from_utf8(one.as_bytes()).ok()?.trim();
    (!text.is_empty() && text.len() <= 4096).then(|| text.to_owned())
}

/// The value of a cookie; nothing where two of its name contradict each other.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter();
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = values.next()?;
    let fits = !first.is_empty() && first.len() <= 100;
    (fits && values.all(|value| value == first)).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_that_contradicts_itself_is_none() {
        let of = |pairs: &[(&'static str, &str)]| cookie(&headers(pairs), "readback");
        assert_eq!(
            of(&[("cookie", "a=b; readback=x; c")]).as_deref(),
            Some("x")
        );
        assert_eq!(
            of(&[("cookie", "readback=x"), ("cookie", "readback=y")]),
            None
        );
        assert_eq!(
            of(&[("cookie", "readback=x; readback=x")]).as_deref(),
            Some("x")
        );
        assert_eq!(
            of(&[("cookie", "readback="), ("cookie", "readbackx=1")]),
            None
        );
    }
}
