//! What an organisation's texts are measured against: abbreviations that everybody knows, and the
//! names of where data comes from.

/// Words that an adult reads of English prose in a minute (Brysbaert 2019).
pub const WORDS_A_MINUTE: f64 = 238.0;

/// The lists of one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// Abbreviations that need no explanation here.
    pub glossary: Vec<String>,
    /// Names of dashboards, logs and traces.
    pub data_sources: Vec<String>,
}

/// Where data comes from in most places.
pub const DATA_SOURCES: &[&str] = &[
    "Grafana",
    "Prometheus",
    "Kibana",
    "Datadog",
    "Splunk",
    "New Relic",
    "CloudWatch",
    "Honeycomb",
    "Jaeger",
    "Zipkin",
    "Loki",
    "Graphite",
    "Dynatrace",
    "Sentry",
    "Stackdriver",
];

impl Default for Vocabulary {
    fn default() -> Self {
        Vocabulary {
            glossary: Vec::new(),
            data_sources: DATA_SOURCES.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}
