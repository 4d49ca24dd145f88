//! The statistics behind the indicators: pure functions on slices, one file each. They know
//! nothing of events, frames or people, so each can be checked by hand and against
//! `tests/vectors/worked_examples.json`.

pub mod beauty;
pub mod benjamini_hochberg;
pub mod bootstrap;
pub mod bounds;
pub mod compared;
pub mod concentration;
pub mod decay;
pub mod entropy;
pub mod gini;
pub mod glm;
pub mod interrupted;
pub mod kaplan_meier;
pub mod kleinberg;
pub mod laplace;
mod least_squares;
pub mod loess;
pub mod log_normal;
pub mod log_rank;
pub mod mann_kendall;
mod maximum;
pub mod negative_binomial;
pub mod pagerank;
pub mod pelt;
pub mod pettitt;
pub mod poisson;
pub mod quantile;
pub mod rate_ratio;
pub mod ratio;
pub mod seasonal;
pub mod spearman;
pub mod theil_sen;
pub mod weekday;
pub mod weibull;
pub mod weighted;
pub mod wilson;

pub use beauty::{Beauty, beauty};
pub use benjamini_hochberg::benjamini_hochberg;
pub use bootstrap::{Bootstrapped, bootstrap, mean, sorted_median};
pub use bounds::Bounds;
pub use compared::{Cluster, Compared, LEAST_CLUSTERS, compared};
pub use concentration::{herfindahl, lorenz, top_fifth};
pub use decay::{Aged, Fit, Law, decay};
pub use entropy::{entropy, evenness};
pub use gini::gini;
pub use glm::{Counts, PoissonRegression, poisson_regression};
pub use interrupted::{Interrupted, Step, interrupted};
pub use kaplan_meier::KaplanMeier;
pub use kleinberg::{Bursts, kleinberg};
pub use laplace::DiscreteLaplace;
pub use loess::loess;
pub use log_normal::{LogNormal, log_normal};
pub use log_rank::{LogRank, log_rank};
pub use mann_kendall::{Direction, MannKendall, mann_kendall};
pub use negative_binomial::{NegativeBinomial, Unfit, negative_binomial};
pub use pagerank::pagerank;
pub use pelt::{Pelt, pelt};
pub use pettitt::{Pettitt, pettitt};
pub use poisson::{Rate, poisson};
pub use quantile::{median, quantile};
pub use rate_ratio::{RateRatio, rate_ratio};
pub use ratio::{Ratio, ratio};
pub use seasonal::{Seasonal, seasonal};
pub use spearman::{Spearman, spearman};
pub use theil_sen::{TheilSen, theil_sen};
pub use weekday::{Around, DAYS_AROUND, Factor, per_working_day, weekday_factors};
pub use weibull::{Weibull, weibull};
pub use weighted::Weighted;
pub use wilson::{Proportion, wilson};

/// The two-sided 95 % quantile of the normal distribution, used throughout.
pub const Z95: f64 = 1.959_963_984_540_054;

#[cfg(test)]
pub(crate) mod examples;
