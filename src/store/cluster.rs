//! The schema as a cluster has it: the same migrations, on every host, with tables that copy themselves to each
//! other. It is printed for whoever looks after the cluster, whose own tools apply it; the notes of what was
//! applied go with it, so that the program finds its schema made.

use super::migrate::{CREATE_TABLE, Migration, all};

const CREATE_DATABASE: &str = include_str!("../../sql/cluster/0001_create_database.sql");
const USE_DATABASE: &str = include_str!("../../sql/cluster/0002_use_database.sql");
const NOTE: &str = include_str!("../../sql/cluster/0003_note_migration.sql");

/// Every statement in its order, without semicolons. Database and cluster are letters, digits, underscores and
/// dashes: whoever asks has looked.
pub fn schema(database: &str, cluster: &str) -> Vec<String> {
    let named = |sql: &str| {
        let sql = sql.replace("readback_own", database);
        sql.replace("readback_cluster", cluster)
            .trim_end()
            .to_owned()
    };
    let mut statements = vec![named(CREATE_DATABASE), named(USE_DATABASE)];
    statements.push(replicated(CREATE_TABLE, cluster));
    for migration in all() {
        statements.push(replicated(migration.sql, cluster));
        statements.push(noted(&migration));
    }
    statements
}

fn noted(migration: &Migration) -> String {
    let note = NOTE
        .replace("readback_number", &migration.number.to_string())
        .replace("readback_name", migration.name)
        .replace("readback_checksum", &migration.checksum().to_string());
    note.trim_end().to_owned()
}

/// A statement of one host as one of all.
fn replicated(sql: &str, cluster: &str) -> String {
    let lines = sql.trim_end().lines().map(|line| {
        if ["CREATE ", "ALTER ", "DROP "]
            .iter()
            .any(|verb| line.starts_with(verb))
        {
            return on_all(line, cluster);
        }
        match line.strip_prefix("ENGINE = ") {
            Some(engine) => format!("ENGINE = Replicated{engine}"),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The first line of a statement, with the cluster behind the name of the table or view.
fn on_all(line: &str, cluster: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let Some(kind) = words
        .iter()
        .position(|word| ["TABLE", "VIEW"].contains(word))
    else {
        return line.to_owned();
    };
    let conditions = words[kind + 1..]
        .iter()
        .take_while(|word| ["IF", "NOT", "EXISTS"].contains(word))
        .count();
    let (head, tail) = words.split_at((kind + conditions + 2).min(words.len()));
    let cluster = format!("ON CLUSTER '{cluster}'");
    let all = head.iter().copied().chain([cluster.as_str()]);
    all.chain(tail.iter().copied())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cluster_stands_behind_the_name() {
        for (line, expected) in [
            ("DROP VIEW seen", "DROP VIEW seen ON CLUSTER 'c'"),
            (
                "CREATE OR REPLACE VIEW seen AS",
                "CREATE OR REPLACE VIEW seen ON CLUSTER 'c' AS",
            ),
            (
                "ALTER TABLE seen ADD COLUMN IF NOT EXISTS a Bool",
                "ALTER TABLE seen ON CLUSTER 'c' ADD COLUMN IF NOT EXISTS a Bool",
            ),
            (
                "CREATE TABLE IF NOT EXISTS seen",
                "CREATE TABLE IF NOT EXISTS seen ON CLUSTER 'c'",
            ),
        ] {
            assert_eq!(on_all(line, "c"), expected);
        }
    }

    #[test]
    fn no_table_of_a_cluster_is_of_one_host() {
        let statements = schema("own", "c");
        assert_eq!(statements.len(), 3 + 2 * all().len());
        let made = statements.iter().filter(|text| text.contains("ENGINE = "));
        let made: Vec<&String> = made.collect();
        assert!(made.len() > 40);
        for text in made {
            assert!(text.contains("ENGINE = Replicated"), "{text}");
            assert!(text.contains(" ON CLUSTER 'c'"), "{text}");
        }
        assert!(statements.iter().all(|text| !text.contains("readback_")));
    }
}
