//! K4, the citation graph: which write-ups are the hubs others build on.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use polars::prelude::PolarsResult;

use super::each;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec, WriteupFact};
use crate::model::{Layer, LinkRole, Millis, Place, Results, Value};
use crate::stats::pagerank;

/// K4.
pub(in crate::indicators) struct CitationGraph;

/// How likely a reader follows a link instead of beginning anew.
const ALPHA: f64 = 0.85;

const TOLERANCE: f64 = 1e-12;

/// Write-ups and pairs that are named.
const TOP: usize = 10;

/// Write-ups that are named of one half-year.
const TOP_OF_HALF_YEAR: usize = 3;

/// A graph of more linked write-ups is a table and no picture.
const DRAWN: usize = 60;

static SPEC: Spec = Spec {
    code: "K4",
    title: "Citation graph",
    unit: "probability; pairs",
    version: 2,
    layer: Layer::X,
    state: true,
    facts: &["fact_links"],
    says: "Which write-ups others build on.",
    definition: "Nodes are the write-ups that are published and not deleted at as_of and that \
        everybody may see; an edge leads from the write-up on whose page a live link stands to the \
        one it leads to, however many such links there are: edges are pairs of write-ups. Links of a \
        write-up to itself, links on a page that lists (index in K1), and links of which their source \
        says that they came with a template are left out. pagerank: alpha 0.85, the mass of nodes without links spread evenly, tolerance 1e-12; \
        in_degree = write-ups that link to it. co_citation n = write-ups that link to both a and b. \
        by_half_year ranks within the half-year of publication, local. isolated = nodes without any \
        edge; they share the floor. drawn: the others and their edges, where they are at most 60.",
    caveat: "Older write-ups have had more time to be linked: compare those of one half-year. A hub \
        is what much refers to, which need not be the better text.",
};

impl Indicator for CitationGraph {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, context: &Context) -> Result<Results, IndicatorError> {
        citation_graph(facts, context).map_err(|source| IndicatorError::of("K4", source))
    }
}

/// Live write-ups that link to each other.
struct Graph<'a> {
    /// In the order of their ids.
    nodes: Vec<&'a WriteupFact>,
    /// From and to, each once.
    edges: BTreeSet<(usize, usize)>,
    pagerank: Vec<f64>,
    in_degree: Vec<usize>,
}

impl<'a> Graph<'a> {
    fn of(facts: &'a Facts, as_of: Millis) -> PolarsResult<Graph<'a>> {
        let known = facts.writeups.iter().enumerate();
        let mut alive: Vec<(usize, &WriteupFact)> = known
            .filter(|(_, writeup)| is_alive(writeup, as_of) && !writeup.restricted)
            .collect();
        alive.sort_by(|a, b| a.1.id.cmp(&b.1.id));
        let node: BTreeMap<usize, usize> = alive
            .iter()
            .enumerate()
            .map(|(node, (writeup, _))| (*writeup, node))
            .collect();
        let links = each(facts)?.into_iter();
        let edges: BTreeSet<(usize, usize)> = links
            .filter(|link| {
                link.is_live() && link.place == Place::Writeup && link.part != LinkRole::Index
            })
            .filter_map(|link| Some((*node.get(&link.stands_on?)?, *node.get(&link.writeup)?)))
            .filter(|(from, to)| from != to)
            .collect();
        let nodes: Vec<&WriteupFact> = alive.into_iter().map(|(_, writeup)| writeup).collect();
        let list: Vec<(usize, usize)> = edges.iter().copied().collect();
        let mut in_degree = vec![0; nodes.len()];
        for (_, to) in &list {
            in_degree[*to] += 1;
        }
        Ok(Graph {
            pagerank: pagerank(nodes.len(), &list, ALPHA, TOLERANCE),
            nodes,
            edges,
            in_degree,
        })
    }

    /// The first so many of these nodes by rank; ties by id.
    fn top(&self, mut nodes: Vec<usize>, most: usize) -> Vec<Results> {
        // What differs by less than this is one rank: sums in another order end otherwise.
        let rank = |node: usize| (self.pagerank[node] * 1e10).round();
        nodes.sort_by(|a, b| rank(*b).total_cmp(&rank(*a)).then(a.cmp(b)));
        let told = nodes.into_iter().take(most);
        told.map(|node| {
            Results::new()
                .with("writeup", self.nodes[node].id.as_str())
                .with("pagerank", self.pagerank[node])
                .with("in_degree", self.in_degree[node])
        })
        .collect()
    }

    /// Pairs that some write-up links to, and how many do.
    fn co_citation(&self) -> BTreeMap<(usize, usize), u64> {
        let mut cited: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (from, to) in &self.edges {
            cited.entry(*from).or_default().push(*to);
        }
        let mut pairs = BTreeMap::new();
        for targets in cited.values() {
            for (i, a) in targets.iter().enumerate() {
                for b in &targets[i + 1..] {
                    *pairs.entry((*a, *b)).or_default() += 1;
                }
            }
        }
        pairs
    }

    /// Nodes with an edge.
    fn linked(&self) -> BTreeSet<usize> {
        self.edges.iter().flat_map(|(a, b)| [*a, *b]).collect()
    }
}

/// Whether a write-up is published and not deleted by then; an undated one is there.
fn is_alive(writeup: &WriteupFact, as_of: Millis) -> bool {
    writeup.deleted_at.is_none_or(|at| at >= as_of)
        && writeup.published_at.is_none_or(|at| at < as_of)
}

fn citation_graph(facts: &Facts, context: &Context) -> PolarsResult<Results> {
    let graph = Graph::of(facts, context.as_of)?;
    let linked = graph.linked();
    let pairs = graph.co_citation();
    let mut top_pairs: Vec<_> = pairs.iter().collect();
    // Stable: ties stay in the order of the ids.
    top_pairs.sort_by(|a, b| b.1.cmp(a.1));
    let top_pairs: Vec<Results> = top_pairs
        .into_iter()
        .take(TOP)
        .map(|((a, b), n)| {
            Results::new()
                .with("a", graph.nodes[*a].id.as_str())
                .with("b", graph.nodes[*b].id.as_str())
                .with("n", *n)
        })
        .collect();
    let found = Results::new()
        .with("nodes", graph.nodes.len())
        .with("edges", graph.edges.len())
        .with("isolated", graph.nodes.len() - linked.len())
        .with(
            "pagerank_top",
            graph.top((0..graph.nodes.len()).collect(), TOP),
        )
        .with("co_citation_pairs", pairs.len())
        .with("co_citation_top", top_pairs)
        .with("by_half_year", by_half_year(&graph, context))
        .with("drawn", drawn(&graph, &linked));
    Ok(Results::new().with("graph", found))
}

fn by_half_year(graph: &Graph, context: &Context) -> Vec<Results> {
    let mut halves: BTreeMap<(i32, u32), Vec<usize>> = BTreeMap::new();
    for (node, writeup) in graph.nodes.iter().enumerate() {
        if let Some(published) = writeup.published_at {
            let date = context.calendar.date(published);
            let half = date.month0() / 6 + 1;
            halves.entry((date.year(), half)).or_default().push(node);
        }
    }
    halves
        .into_iter()
        .map(|((year, half), nodes)| {
            Results::new()
                .with("half_year", format!("{year}-H{half}"))
                .with("writeups", nodes.len())
                .with("top", graph.top(nodes, TOP_OF_HALF_YEAR))
        })
        .collect()
}

fn drawn(graph: &Graph, linked: &BTreeSet<usize>) -> Value {
    if linked.is_empty() || linked.len() > DRAWN {
        return Value::Null;
    }
    let place: BTreeMap<usize, usize> = linked.iter().enumerate().map(|(i, n)| (*n, i)).collect();
    let nodes: Vec<Results> = linked
        .iter()
        .map(|node| {
            Results::new()
                .with("writeup", graph.nodes[*node].id.as_str())
                .with("pagerank", graph.pagerank[*node])
                .with("in_degree", graph.in_degree[*node])
        })
        .collect();
    let edges: Vec<Value> = graph
        .edges
        .iter()
        .map(|(from, to)| Value::from(vec![place[from], place[to]]))
        .collect();
    Results::new()
        .with("nodes", nodes)
        .with("edges", Value::List(edges))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{
        LinkRow, context, day, empty, field, links, number, writeup,
    };
    use crate::stats::examples::{close, one};

    fn cites(from: u32, to: u32) -> LinkRow {
        LinkRow {
            stands_on: Some(from),
            ..LinkRow::new(to, "writeup", 30.0, None)
        }
    }

    fn facts(ids: &[&str], rows: &[LinkRow]) -> Facts {
        let published = |i: usize| Some(day(1.0 + 100.0 * i as f64));
        let writeups = ids
            .iter()
            .enumerate()
            .map(|(i, id)| writeup(id, published(i)));
        Facts {
            writeups: writeups.collect(),
            links: links(rows),
            ..empty()
        }
    }

    fn graph(facts: &Facts) -> Results {
        let found = citation_graph(facts, &context()).unwrap();
        let Value::Map(graph) = field(&found, &["graph"]) else {
            panic!("{found:?}")
        };
        graph
    }

    fn list(results: &Results, name: &str) -> Vec<Results> {
        let Value::List(values) = field(results, &[name]) else {
            panic!("{results:?}")
        };
        let map = |value| match value {
            Value::Map(map) => map,
            other => panic!("{other:?}"),
        };
        values.into_iter().map(map).collect()
    }

    #[test]
    fn fits_the_worked_examples() {
        let example = one("K4", 0);
        let ids = ["A", "B", "C", "D"];
        let place =
            |name: &serde_json::Value| ids.iter().position(|id| *id == name).unwrap() as u32;
        let edges = example.input["edges"].as_array().unwrap().iter();
        let mut rows: Vec<LinkRow> = edges.map(|e| cites(place(&e[0]), place(&e[1]))).collect();
        // Twice the same, to itself, gone, from no write-up, from elsewhere: no further edge.
        rows.push(rows[0].clone());
        rows.push(cites(1, 1));
        rows.push(LinkRow {
            to: Some(40.0),
            ..cites(0, 1)
        });
        rows.push(LinkRow {
            stands_on: None,
            ..cites(0, 1)
        });
        rows.push(LinkRow {
            place: "docs",
            ..cites(0, 1)
        });
        rows.push(cites(0, 1).stated("index"));
        rows.push(LinkRow {
            part: "index",
            ..cites(0, 1)
        });
        let found = graph(&facts(&ids, &rows));
        assert_eq!(number(&found, &["nodes"]), Some(4.0));
        assert_eq!(number(&found, &["edges"]), Some(4.0));
        assert_eq!(number(&found, &["isolated"]), Some(0.0));
        for entry in list(&found, "pagerank_top") {
            let Value::Text(id) = field(&entry, &["writeup"]) else {
                panic!("{entry:?}")
            };
            let rank = number(&entry, &["pagerank"]).unwrap();
            assert!(close(rank, &example.expect["pagerank"][&id]), "{id} {rank}");
        }
        let first = &list(&found, "pagerank_top")[0];
        assert_eq!(field(first, &["writeup"]), Value::from("A"));
        assert_eq!(number(first, &["in_degree"]), Some(3.0));
        assert_eq!(number(&found, &["co_citation_pairs"]), Some(1.0));
        let pair = &list(&found, "co_citation_top")[0];
        assert_eq!(
            (
                field(pair, &["a"]),
                field(pair, &["b"]),
                number(pair, &["n"])
            ),
            (Value::from("A"), Value::from("C"), Some(1.0))
        );
        assert!(close(1.0, &example.expect["co_citation"]["A|C"]));

        let none = graph(&facts(&["A", "B", "C"], &[]));
        for entry in list(&none, "pagerank_top") {
            let rank = number(&entry, &["pagerank"]).unwrap();
            assert!(close(rank, &one("K4", 1).expect["pagerank"]["A"]));
        }
        assert_eq!(number(&none, &["isolated"]), Some(3.0));
        assert_eq!(field(&none, &["drawn"]), Value::Null);
    }

    #[test]
    fn who_is_gone_or_restricted_is_no_node() {
        let mut facts = facts(
            &["A", "B", "C", "D"],
            &[cites(1, 0), cites(2, 0), cites(3, 0)],
        );
        facts.writeups[1].deleted_at = Some(day(200.0));
        facts.writeups[2].restricted = true;
        let found = graph(&facts);
        assert_eq!(number(&found, &["nodes"]), Some(2.0));
        assert_eq!(number(&found, &["edges"]), Some(1.0));
        assert!(!format!("{found:?}").contains("\"C\""));
    }

    #[test]
    fn the_first_of_each_half_year_are_told() {
        let ids = ["A", "B", "C", "D"];
        let found = graph(&facts(&ids, &[cites(0, 3), cites(1, 3), cites(2, 1)]));
        let halves = list(&found, "by_half_year");
        let told: Vec<(Value, Option<f64>, Value)> = halves
            .iter()
            .map(|half| {
                let first = &list(half, "top")[0];
                let name = field(half, &["half_year"]);
                (
                    name,
                    number(half, &["writeups"]),
                    field(first, &["writeup"]),
                )
            })
            .collect();
        // Days 1 and 101 of 2025, then 201 and 301.
        let text = Value::from;
        assert_eq!(
            told,
            [
                (text("2025-H1"), Some(2.0), text("B")),
                (text("2025-H2"), Some(2.0), text("D"))
            ]
        );
    }

    #[test]
    fn a_large_graph_is_not_drawn() {
        let ids: Vec<String> = (0..70).map(|i| format!("W{i:02}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let mut rows: Vec<LinkRow> = (1..60).map(|i| cites(i, 0)).collect();
        let mut all = facts(&ids, &rows);
        all.writeups
            .iter_mut()
            .for_each(|one| one.published_at = None);
        let drawn = graph(&all);
        let Value::Map(drawn) = field(&drawn, &["drawn"]) else {
            panic!("{drawn:?}")
        };
        assert_eq!(list(&drawn, "nodes").len(), 60);
        rows.push(cites(65, 0));
        all.links = links(&rows);
        assert_eq!(field(&graph(&all), &["drawn"]), Value::Null);
    }
}
