//! The statistics behind the indicators: pure functions on slices, one file each. They know
//! nothing of events, frames or people, so each can be checked by hand and against
//! `tests/vectors/worked_examples.json`.

pub mod beauty;
pub mod bounds;
pub mod concentration;
pub mod decay;
pub mod entropy;
pub mod gini;
pub mod kaplan_meier;
pub mod kleinberg;
pub mod log_normal;
pub mod log_rank;
pub mod mann_kendall;
mod maximum;
pub mod pagerank;
pub mod poisson;
pub mod quantile;
pub mod ratio;
pub mod theil_sen;
pub mod weibull;
pub mod weighted;
pub mod wilson;

pub use beauty::{Beauty, beauty};
pub use bounds::Bounds;
pub use concentration::{herfindahl, top_fifth};
pub use decay::{Aged, Fit, Law, decay};
pub use entropy::{entropy, evenness};
pub use gini::gini;
pub use kaplan_meier::KaplanMeier;
pub use kleinberg::{Bursts, kleinberg};
pub use log_normal::{LogNormal, log_normal};
pub use log_rank::{LogRank, log_rank};
pub use mann_kendall::{Direction, MannKendall, mann_kendall};
pub use pagerank::pagerank;
pub use poisson::{Rate, poisson};
pub use quantile::{median, quantile};
pub use ratio::{Ratio, ratio};
pub use theil_sen::{TheilSen, theil_sen};
pub use weibull::{Weibull, weibull};
pub use weighted::Weighted;
pub use wilson::{Proportion, wilson};

/// The two-sided 95 % quantile of the normal distribution, used throughout.
pub const Z95: f64 = 1.959_963_984_540_054;

#[cfg(test)]
pub(crate) mod examples;
