//! The chart of write-ups that link to each other.

use serde_json::Value;

use super::super::reading::{self, Cell};
use super::super::{Chart, Graph, Node, Plot};
use super::{Context, WRITEUPS, counted};

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
        let title = found.map_or("", |one| reading::text(one, "title"));
        match title {
            "" => stem(id).to_owned(),
            title => title.to_owned(),
        }
    };
    chart.n = Some(format!(
        "{} of {}",
        counted(reading::cell(graph, "edges"), ["pair", "pairs"]),
        counted(Cell::Value(count("nodes") - count("isolated")), WRITEUPS)
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
            label: title(reading::text(node, "writeup")),
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

/// What tells an id from others where there is room for little: of a file its name without the ending.
fn stem(id: &str) -> &str {
    let id = id.trim_end_matches('/');
    let Some(name) = id.rsplit(['/', ':']).next().filter(|name| *name != id) else {
        return id;
    };
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::Plot;
    use super::*;

    #[test]
    fn nodes_are_called_by_title_or_by_what_is_their_own_of_the_id() {
        let summary = json!({
            "writeups": [
                {"id": "handbook:postmortems/2024/disk.md", "title": "Disk full"},
                {"id": "handbook:postmortems/2024/dns.md", "title": null},
            ],
            "indicators": {"K4": {"results": {"graph": {
                "nodes": 2, "edges": 1, "isolated": 0,
                "drawn": {
                    "nodes": [
                        {"writeup": "handbook:postmortems/2024/disk.md", "pagerank": 0.7},
                        {"writeup": "handbook:postmortems/2024/dns.md", "pagerank": 0.3},
                    ],
                    "edges": [[1, 0]],
                },
            }}}},
        });
        let context = Context {
            summary: &summary,
            code: "K4",
        };
        let chart = citations(context).remove(0);
        let Plot::Graph(plot) = &chart.plot else {
            panic!("a graph");
        };
        let labels: Vec<&str> = plot.nodes.iter().map(|node| node.label.as_str()).collect();
        assert_eq!(labels, ["Disk full", "dns"]);
        assert_eq!(chart.n.as_deref(), Some("1 pair of 2 write-ups"));
        assert_eq!(stem("INC-7"), "INC-7");
        assert_eq!(stem("https://wiki.example.org/pm/Disk/"), "Disk");
    }
}
