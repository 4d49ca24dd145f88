//! Plausible names, so that pictures and pages of the simulated organisation read like real ones.
//! Nobody and nothing in here exists.

const WHAT: [&str; 26] = [
    "Checkout outage",
    "Slow search",
    "Stale prices",
    "Lost confirmation mails",
    "Double charges",
    "Login failures",
    "Empty product pages",
    "Delayed parcels feed",
    "Full disks on the queue nodes",
    "Missing invoices",
    "Broken deep links in the app",
    "Timeouts in the cart",
    "Wrong stock figures",
    "A certificate nobody renewed",
    "Exhausted connection pool",
    "Runaway retries",
    "Silent data loss in the export",
    "Image server meltdown",
    "Read replicas hours behind",
    "Dropped webhooks",
    "Duplicate refunds",
    "Flapping health checks",
    "Garbled addresses on labels",
    "Stuck feature flags",
    "Backups that could not be restored",
    "An unreachable status page",
];

const WHEN: [&str; 26] = [
    "during the price import",
    "after the index rebuild",
    "on the night of the clock change",
    "while the cache was warming up",
    "after a routine deploy",
    "during the database failover drill",
    "on the first day of the sale",
    "after the DNS change",
    "during the move to the new cluster",
    "when the feature flag was flipped",
    "after a library upgrade",
    "during the quarterly billing run",
    "when a partner changed their format",
    "behind the new load balancer",
    "after the key rotation",
    "during the schema migration",
    "on a quiet Sunday",
    "in the second region",
    "after the kernel update",
    "during the load test",
    "when the message broker filled up",
    "after the rollback of a rollback",
    "in the mobile release train",
    "during the warehouse strike",
    "when the time server drifted",
    "after the holiday freeze",
];

const TEAMS: [&str; 12] = [
    "payments",
    "checkout",
    "search",
    "platform",
    "catalogue",
    "mobile",
    "logistics",
    "accounts",
    "data",
    "messaging",
    "storefront",
    "security",
];

const FIRST: [&str; 40] = [
    "ada", "ben", "carla", "dimitri", "esra", "finn", "greta", "hanna", "ivo", "jana", "kofi",
    "lena", "mehmet", "nora", "oskar", "paula", "quentin", "rosa", "samir", "tove", "ulla",
    "viktor", "wanda", "ximena", "yusuf", "zoe", "anouk", "bruno", "chiara", "david", "elif",
    "farid", "gesine", "hugo", "ines", "joris", "katya", "luis", "mina", "noel",
];

const LAST: [&str; 40] = [
    "abel", "berger", "costa", "demir", "eriksen", "fischer", "garcia", "hoffmann", "ito",
    "jansen", "kowalska", "lindgren", "moreau", "novak", "okafor", "petrov", "quist", "rossi",
    "santos", "tanaka", "ustinov", "vogel", "weber", "xu", "yilmaz", "zimmer", "arslan", "brandt",
    "celik", "duarte", "engel", "ferrari", "gruber", "haas", "iversen", "jung", "keller", "lang",
    "meyer", "nielsen",
];

const PARTS: [&str; 12] = [
    "cart", "checkout", "pricing", "search", "stock", "invoices", "refunds", "mail", "session",
    "feeds", "images", "webhooks",
];

const FILES: [&str; 7] = [
    "retry.rs",
    "queue.rs",
    "client.rs",
    "cache.rs",
    "limits.rs",
    "import.rs",
    "health.rs",
];

const PAGES: [&str; 5] = [
    "docs/alerts.md",
    "docs/caching.md",
    "docs/deploying.md",
    "docs/on-call.md",
    "docs/timeouts.md",
];

/// A file of the shop's code.
pub(super) fn code(n: usize) -> String {
    let (part, file) = (PARTS[n % PARTS.len()], FILES[n * 3 % FILES.len()]);
    format!("src/{part}/{file}")
}

/// A page of the shop's documentation.
pub(super) fn page(n: usize) -> &'static str {
    PAGES[n % PAGES.len()]
}

/// The title of the n-th write-up: every pair of parts once, then with a number.
pub(super) fn title(n: usize) -> String {
    let pairs = WHAT.len() * WHEN.len();
    let (what, when) = (
        WHAT[n * 7 % WHAT.len()],
        WHEN[(n * 11 + n / WHAT.len()) % WHEN.len()],
    );
    match n / pairs {
        0 => format!("{what} {when}"),
        round => format!("{what} {when}, part {}", round + 1),
    }
}

/// The name of a team.
pub(super) fn team(n: usize) -> String {
    match n / TEAMS.len() {
        0 => TEAMS[n].to_owned(),
        round => format!("{}-{}", TEAMS[n % TEAMS.len()], round + 1),
    }
}

/// The account of the n-th person: first and last name, with a number once all are used.
pub(super) fn account(n: usize) -> (String, String) {
    let pairs = FIRST.len() * LAST.len();
    // Neighbours share neither name: 7 and 40 have no common divisor.
    let (first, last) = (
        FIRST[n % FIRST.len()],
        LAST[(n * 7 + n / FIRST.len()) % LAST.len()],
    );
    let number = match n / pairs {
        0 => String::new(),
        round => (round + 1).to_string(),
    };
    (
        format!("{first}.{last}{number}@example.org"),
        format!("{}{last}{number}", &first[..1]),
    )
}
