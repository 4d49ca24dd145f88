//! The chart of write-ups that link to each other.

use serde_json::Value;

use super::super::reading;
use super::super::{Chart, Graph, Node, Plot};
use super::Context;

/// K4: the graph where it is small, else its hubs in a table.
pub(super) fn citations(context: Context) -> Vec<Chart> {
    let graph = context.results().get("graph").unwrap_or(&Value::Null);
    let mut chart = context.chart(
        "citations",
        "Write-ups that link to each other",
        "an arrow leads to what is linked",
    );
    let count = |key: &str| reading::cell(graph, key).get().unwrap_or(0.0);
    if count("edges") == 0.0 {
        chart.alt = "No write-up that links to another has been seen yet.".to_owned();
        return vec![chart];
    }
    let title = |id: &str| {
        let mut all = reading::list(context.summary, "writeups").iter();
        let found = all.find(|writeup| reading::text(writeup, "id") == id);
        found.map_or_else(
            || id.to_owned(),
            |one| reading::text(one, "title").to_owned(),
        )
    };
    chart.n = Some(format!(
        "{} pairs of {} write-ups",
        reading::count(count("edges")),
        reading::count(count("nodes") - count("isolated"))
    ));
    chart.table.head = ["write-up", "linked from", "rank"]
        .map(str::to_owned)
        .to_vec();
    let top = reading::list(graph, "pagerank_top");
    chart.table.rows = top
        .iter()
        .map(|one| {
            let linked = reading::cell(one, "in_degree").get().unwrap_or(0.0);
            let rank = reading::cell(one, "pagerank").get().unwrap_or(0.0);
            let name = title(reading::text(one, "writeup"));
            vec![name, reading::count(linked), format!("{rank:.4}")]
        })
        .collect();
    let hub = top.first().map(|one| title(reading::text(one, "writeup")));
    chart.alt = match hub {
        Some(hub) => format!("Links between write-ups. The first by rank is {hub}."),
        None => "Links between write-ups.".to_owned(),
    };
    let drawn = graph.get("drawn").unwrap_or(&Value::Null);
    let nodes: Vec<Node> = reading::list(drawn, "nodes")
        .iter()
        .map(|node| Node {
            label: reading::text(node, "writeup").to_owned(),
            weight: reading::cell(node, "pagerank").get().unwrap_or(0.0),
        })
        .collect();
    let end = |edge: &Value, i: usize| usize::try_from(edge.get(i)?.as_u64()?).ok();
    let edges: Vec<(usize, usize)> = reading::list(drawn, "edges")
        .iter()
        .filter_map(|edge| Some((end(edge, 0)?, end(edge, 1)?)))
        .collect();
    chart.plot = match nodes.is_empty() {
        true => Plot::Nothing("Too many to be drawn; the table names the hubs.".to_owned()),
        false => Plot::Graph(Graph { nodes, edges }),
    };
    vec![chart]
}
