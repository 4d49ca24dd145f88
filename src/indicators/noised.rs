//! P3 in words: counts with noise, for export alone. No report, page or digest has its numbers, so it is not in
//! [`ALL`](super::ALL): each time that they are drawn costs privacy.

use super::Spec;
use crate::model::Layer;

/// What P3 is.
pub static NOISED: Spec = Spec {
    code: "P3",
    title: "Counts with noise",
    unit: "people",
    version: 1,
    layer: Layer::X,
    state: false,
    facts: &["noised_readers"],
    says: "How many people read write-ups in each month, young ones and those of {late_time} or more, with so much \
           noise that nobody can tell from it whether any one person was among them. A strong guarantee at a high \
           price: for comparing organisations in public. Inside, numbers of fewer than k people are withheld \
           instead.",
    definition: "Distinct people known among the readers of each whole local month, of write-ups younger than \
                 {late_days} days and of others, after all exclusions of R1; reads without a person and of \
                 undated write-ups are left out. Everybody is in at most c of these cells; of more, c are drawn by \
                 lot. To each cell, empty ones too, discrete Laplace noise is added, P(x) = (1-a)/(1+a) a^|x| with \
                 a = e^(-epsilon/c), variance 2a/(1-a)^2, drawn anew from the system's randomness in whole \
                 numbers. Then the table as a whole is epsilon-differentially private for one person's presence. \
                 The months are those that were asked for, never those in which something was read.",
    caveat: "The noise swamps an organisation of hundreds, and any team: with epsilon 1 and c 10 its standard \
             deviation is 14. A number may be below zero; cutting it off there would make sums too large. Epsilons \
             of several exports add up, and whoever averages many of them comes near the true numbers; the \
             record in noised.ndjson tells the sum that was spent, while whoever can run this can also read the \
             store. The bound makes counts of busy readers smaller. What a report tells of the same people is not \
             in the budget: the guarantee holds for what is handed out with noise alone. It is a person as the \
             names tell: two names of one person that nobody merged are two.",
};
