//! The routes for programs, as a table: what each takes and answers. The router serves what stands
//! here, and the OpenAPI document says what stands here.

use axum::routing::{MethodRouter, get, post};

use super::access::Right;
use super::{AppState, beacon, health, imports, openapi, receive, registry, rest};
use crate::config::Role;

/// An address and what it does.
pub(super) struct Route {
    /// The path, parameters in braces.
    pub(super) path: &'static str,
    /// What it asks for.
    pub(super) right: Right,
    /// Who serves it.
    pub(super) serve: fn() -> MethodRouter<AppState>,
    /// What can be asked of it.
    pub(super) operations: &'static [Operation],
}

/// One method of an address.
pub(super) struct Operation {
    /// In lower case.
    pub(super) method: &'static str,
    /// In one line.
    pub(super) summary: &'static str,
    /// What a caller has to know.
    pub(super) description: &'static str,
    /// Whether it asks for a token.
    pub(super) token: bool,
    /// Media types of the body, empty for none.
    pub(super) takes: &'static [&'static str],
    /// Statuses and what they mean.
    pub(super) answers: &'static [(u16, &'static str)],
}

const JSON: &str = "application/json";

const REFUSALS: [(u16, &str); 8] = [
    (
        400,
        "All of it was refused, or it can't be read: problem details with `rejected`",
    ),
    (401, "No token, or an unknown one"),
    (
        408,
        "The body paused for 15 s or took longer than 300 s, one that only its signature proves 30 s",
    ),
    (
        413,
        "The body is longer than 16 MiB, packed or unpacked, or holds more than is taken of one",
    ),
    (415, "The content type or encoding is not taken"),
    (403, "The token may not send any of it"),
    (
        409,
        "Events of this request contradict each other: the same source, id and version with other \
      content. The others were taken",
    ),
    (
        503,
        "The spool is full, the disk refuses or too much is coming in: try again after Retry-After \
      seconds. Nothing was taken",
    ),
];

const fn with(first: (u16, &'static str)) -> [(u16, &'static str); 9] {
    let r = REFUSALS;
    [first, r[0], r[1], r[5], r[2], r[6], r[3], r[4], r[7]]
}

/// Where a request is taken whole or not at all.
const fn whole(first: (u16, &'static str)) -> [(u16, &'static str); 9] {
    let mut answers = with(first);
    answers[1].1 = "A statement was refused, or it can't be read; nothing of the request was taken: \
                    problem details with `rejected`";
    answers[3].1 = "The token may not send all of it; nothing of the request was taken";
    answers[5].1 = "Statements of this request contradict each other: the same id with other content. \
                    Nothing of the request was taken";
    answers
}

static EVENTS: [(u16, &str); 9] = with((
    202,
    "What is accepted stands on the disk. `accepted` counts it, `rejected` lists every refused event \
     with index (from 0), field and reason",
));
static HOOK: [(u16, &str); 10] = {
    let w = with((
        202,
        "What is accepted stands on the disk; `repeated` says that the delivery was taken before",
    ));
    let unknown = (404, "No configured source of this id takes deliveries");
    [
        w[0], w[1], w[2], w[3], unknown, w[4], w[5], w[6], w[7], w[8],
    ]
};
static STATEMENTS: [(u16, &str); 9] = whole((
    200,
    "The ids of the statements. What counts stands on the disk",
));
static STATEMENT: [(u16, &str); 9] = whole((204, "The statement was taken"));

static SAID: [(u16, &str); 11] = {
    let w = with((
        202,
        "What was said stands on the disk; who looks or speaks next finds it",
    ));
    let unknown = (404, "No such write-up");
    let mut answers = [
        w[0], w[1], w[2], w[3], unknown, w[4], w[5], w[6], w[7], w[8], w[8],
    ];
    answers[6].1 = "A name is another write-up's, or the two can't be merged or split";
    answers[10] = (
        422,
        "What is said can't be: a field that there is not, a deletion before the publication or in the \
         future, a name with a star that stands for nearly everything",
    );
    answers
};

static IMPORTED: [(u16, &str); 10] = {
    let w = with((
        200,
        "The receipt: `accepted` and `events` by kind can be queried from now on, `left_out` by reason, \
         `rejected` with place, field and reason of each in `problems`",
    ));
    let unknown = (404, "No such kind of file");
    let mut answers = [
        w[0], w[1], w[2], w[3], unknown, w[4], w[6], w[7], w[8], w[8],
    ];
    answers[1].1 = "It is no such file, its parameters don't fit, or all of it was rejected: problem \
                    details with the receipt";
    answers[3].1 = "The token is not for this source, or the role is not coordinator or admin";
    answers[9] = (
        500,
        "It could not be gone through; the log of the server says why",
    );
    answers[8].1 =
        "The engine is away, or other files are being read: try again after Retry-After seconds";
    answers
};

const LOOKED_AT: [(u16, &str); 5] = [
    (200, "What is known"),
    (401, "No token, or an unknown one"),
    (
        403,
        "The token does not take the source `registry` and the type `writeup`, or the role is not \
         coordinator or admin",
    ),
    (404, "No such write-up"),
    (
        503,
        "The engine is away: try again after Retry-After seconds",
    ),
];

/// Every route for programs.
pub(super) static ROUTES: &[Route] = &[
    Route {
        path: "/v1/events",
        right: Right::Own,
        serve: || post(receive::events).fallback(|request| receive::only("POST", request)),
        operations: &[Operation {
            method: "post",
            summary: "Bring events",
            description: "CloudEvents 1.0: one structured event, one in binary mode (`ce-*` headers), a \
                batch, or one event a line. `type` is org.readback.KIND.v1; the schemas are at \
                /v1/schemas. `source` and `id` name an event for ever: sending it again changes \
                nothing, a greater `data.version` replaces it. Good events are kept when others of the \
                same request are refused. Content-Encoding gzip and zstd are taken.",
            token: true,
            takes: &[
                "application/cloudevents+json",
                "application/cloudevents-batch+json",
                "application/x-ndjson",
                JSON,
            ],
            answers: &EVENTS,
        }],
    },
    Route {
        path: "/v1/hooks/{source}",
        right: Right::Own,
        serve: || post(receive::hook).fallback(|request| receive::only("POST", request)),
        operations: &[Operation {
            method: "post",
            summary: "A vendor's webhook",
            description: "`source` is the id of a configured [[source]] that takes deliveries. Where its \
                kind checks a signature, that is the proof, and the body is not packed; else a token is \
                asked for. A delivery that is sent again, or replayed, is taken once.",
            token: true,
            takes: &[JSON, "application/x-www-form-urlencoded"],
            answers: &HOOK,
        }],
    },
    Route {
        path: "/v1/writeups",
        right: Right::Own,
        serve: || get(registry::list).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[with_token(
            "The registry of write-ups",
            "Every write-up that is part of no other. The token takes the source `registry` and the type \
             `writeup`; a coordinator who has signed in needs none. Restricted write-ups are told, people \
             only counted, and fewer than k not even that.",
            &LOOKED_AT,
        )],
    },
    Route {
        path: "/v1/writeups/unregistered",
        right: Right::Own,
        serve: || {
            get(registry::unregistered).fallback(|request| receive::only("GET, HEAD", request))
        },
        operations: &[with_token(
            "Targets that are no write-up",
            "Targets that events speak of and that no write-up has as a name, those with the most events \
             first; a thousand at most.",
            &LOOKED_AT,
        )],
    },
    Route {
        path: "/v1/writeups/{id}",
        right: Right::Own,
        serve: || {
            get(registry::one)
                .post(registry::say)
                .fallback(|request| receive::only("GET, HEAD, POST", request))
        },
        operations: &[
            with_token(
                "One write-up",
                "By its id or any other name: what is known of it, its names and since when, what was \
                 measured at its publication and now, its parts.",
                &LOOKED_AT,
            ),
            said(
                "Register a write-up, or say more of one",
                "The body is the `data` of an org.readback.writeup.v1 event, without `id`. What is left out \
                 stays as it is, a field that there is not is refused. Nothing is changed or deleted: it is \
                 one more event of the source `registry`.",
            ),
        ],
    },
    Route {
        path: "/v1/writeups/{id}/merge",
        right: Right::Own,
        serve: || post(registry::merge).fallback(|request| receive::only("POST", request)),
        operations: &[said(
            "Make it part of another write-up",
            "The body is {\"into\": \"ID\"}. Its events, names and people count for that one.",
        )],
    },
    Route {
        path: "/v1/writeups/{id}/split",
        right: Right::Own,
        serve: || post(registry::split).fallback(|request| receive::only("POST", request)),
        operations: &[Operation {
            takes: &[],
            ..said(
                "Make it a write-up of its own again",
                "Undoes a merge without loss. There is no body.",
            )
        }],
    },
    Route {
        path: "/v1/writeups/{id}/retire",
        right: Right::Own,
        serve: || post(registry::retire).fallback(|request| receive::only("POST", request)),
        operations: &[said(
            "Say when it was deleted",
            "The body is {\"at\": \"2026-07-01T00:00:00Z\"}, or empty for now. Its history stays. \
             {\"undo\": true} takes it back.",
        )],
    },
    Route {
        path: "/v1/writeups/{id}/unalias",
        right: Right::Own,
        serve: || post(registry::unalias).fallback(|request| receive::only("POST", request)),
        operations: &[said(
            "Take names away from it",
            "The body is {\"names\": [\"docs/queue.md\"]}, each as `names` of the write-up lists it. Events \
             that speak of them are its own no more; a source that says a name again brings it back.",
        )],
    },
    Route {
        path: "/v1/imports/{kind}",
        right: Right::Own,
        serve: || post(imports::import).fallback(|request| receive::only("POST", request)),
        operations: &[Operation {
            takes: &["application/octet-stream"],
            answers: &IMPORTED,
            ..said(
                "Import a file",
                "What `readback import` does: the body is a file of this kind, at most 16 MiB, plain or packed \
                 with gzip or zstd. Behind the question mark stand `source` (else the kind's name), `file` \
                 (its name, where the kind goes by it), `dry_run=true`, and parameters of the kind, such as \
                 `base=https://wiki.example.org`. With a token for that source, or as a coordinator who has \
                 signed in. All of it can be queried when the answer comes; a file that is sent again \
                 changes nothing.",
            )
        }],
    },
    Route {
        path: "/xapi/statements",
        right: Right::Own,
        serve: || {
            post(receive::statements)
                .put(receive::statements)
                .fallback(|request| receive::only("POST, PUT", request))
        },
        operations: &[
            Operation {
                method: "post",
                summary: "Bring xAPI statements",
                description: "One statement or an array. Verbs that mean reading, attending or \
                    commenting become events; other statements are accepted and left out. As xAPI asks, \
                    a request is taken whole or not at all. The token may come as the password of HTTP \
                    Basic. Statements of a token for one source are that source's, else `xapi`'s.",
                token: true,
                takes: &[JSON],
                answers: &STATEMENTS,
            },
            Operation {
                method: "put",
                summary: "Bring one xAPI statement",
                description: "The same for one statement whose id stands in `statementId`.",
                token: true,
                takes: &[JSON],
                answers: &STATEMENT,
            },
        ],
    },
    Route {
        path: "/xapi/about",
        right: Right::Public,
        serve: || get(receive::about).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "Which versions of xAPI are spoken",
            "1.0.3 and 2.0.0. Statements can't be read back: this is no learning record store.",
            &[(200, "The versions")],
        )],
    },
    beacon::SCRIPT,
    beacon::READS,
    Route {
        path: "/v1/schemas",
        right: Right::Public,
        serve: || get(openapi::schemas).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "The schemas there are",
            "Names and addresses of the JSON Schemas of events.",
            &[(200, "The list")],
        )],
    },
    Route {
        path: "/v1/schemas/{name}",
        right: Right::Public,
        serve: || get(openapi::schema).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "A schema",
            "`cloudevent` for the envelope, org.readback.KIND.v1 for the `data` of a type; JSON Schema \
             2020-12. The ending .json may be left out.",
            &[(200, "The schema"), (404, "No such schema")],
        )],
    },
    Route {
        path: "/openapi.json",
        right: Right::Public,
        serve: || get(openapi::document).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "This document",
            "OpenAPI 3.1.",
            &[(200, "The document")],
        )],
    },
    Route {
        path: "/healthz",
        right: Right::Own,
        serve: || get(health::healthz).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "Does the process live",
            "Says ok as long as the process answers.",
            &[(200, "It lives")],
        )],
    },
    Route {
        path: "/readyz",
        right: Right::Own,
        serve: || get(health::readyz).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "Does everything do its work",
            "The door takes events, the engine answers with this program's schema, batches are loaded, \
             pages are computed, readers can sign in, published tables are written. Each part says what keeps it from that. A balancer in front of senders \
             should ask /readyz/door: events are taken also while the engine is away.",
            &[(200, "All of it"), (503, "Something does not")],
        )],
    },
    Route {
        path: "/readyz/{part}",
        right: Right::Own,
        serve: || get(health::part).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "Does one part do its work",
            "`door`, `engine`, `load`, `jobs`, `pages`, `access`, or `tables` where published tables are asked for.",
            &[
                (200, "It does"),
                (404, "No such part"),
                (503, "It does not"),
            ],
        )],
    },
    Route {
        path: "/metrics",
        right: Right::Metrics,
        serve: || get(health::metrics).fallback(|request| receive::only("GET, HEAD", request)),
        operations: &[looked(
            "Metrics",
            "For Prometheus, in the OpenMetrics text format. Nothing in it names a person, a write-up or \
             a source. Open to this machine; from elsewhere a token is asked for that `readback token \
             add NAME --type metrics` makes.",
            &[
                (200, "The metrics"),
                (401, "From elsewhere, and no token for metrics"),
            ],
        )],
    },
    Route {
        path: "/summary.json",
        right: Right::Role(Role::Viewer),
        serve: || {
            get(super::router::summary).fallback(|request| receive::only("GET, HEAD", request))
        },
        operations: &[looked(
            "The published numbers",
            "The summary that the pages show, people below k withheld; with restricted write-ups for \
             those who may see them.",
            &[
                (200, "The summary"),
                (401, "Nobody has signed in"),
                (403, "Not from here, or not in this role"),
                (503, "Nothing has been computed yet"),
            ],
        )],
    },
    rest::INDEX,
    rest::SUMMARY,
    rest::INDICATORS,
    rest::INDICATOR,
    rest::NUMBERS,
    rest::SERIES,
    rest::WRITEUPS,
    rest::WRITEUP,
    rest::REVIEWS,
    rest::SLICES,
    rest::SLICE,
    rest::HEALTH,
];

const fn said(summary: &'static str, description: &'static str) -> Operation {
    Operation {
        method: "post",
        summary,
        description,
        token: true,
        takes: &[JSON],
        answers: &SAID,
    }
}

const fn with_token(
    summary: &'static str,
    description: &'static str,
    answers: &'static [(u16, &'static str)],
) -> Operation {
    Operation {
        token: true,
        ..looked(summary, description, answers)
    }
}

pub(super) const fn looked(
    summary: &'static str,
    description: &'static str,
    answers: &'static [(u16, &'static str)],
) -> Operation {
    Operation {
        method: "get",
        summary,
        description,
        token: false,
        takes: &[],
        answers,
    }
}
