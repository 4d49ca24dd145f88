//! What kinds of places readers come from.

/// Every kind. `direct`: nobody knows, or the reader came by hand, by a reload or by the way back.
pub const ARRIVALS: [&str; 9] = [
    "direct",
    "onboarding",
    "writeup",
    "chat",
    "mail",
    "code",
    "search",
    "wiki",
    "other",
];

/// What is told of reads whose source does not say.
pub const UNKNOWN_ARRIVAL: &str = "unknown";
