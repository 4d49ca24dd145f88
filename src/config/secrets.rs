//! Files with passwords, tokens and other secrets that the configuration names.

use std::path::PathBuf;

/// A file with a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile {
    /// The key that names it, such as `engine.password_file`.
    pub key: String,
    /// Where it is.
    pub path: PathBuf,
}

/// The password in a file.
///
/// # Errors
/// It can't be read, or is empty: an empty one would open the door to everybody.
pub fn password_in(path: &str) -> Result<String, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{path:?} can't be read: {error}"))?;
    match text.trim_end() {
        "" => Err(format!(
            "{path:?} is empty; valid is a file with a password"
        )),
        password => Ok(password.to_owned()),
    }
}

/// Every key of sections and sources that ends in `_file`: nothing else is called so.
pub(super) fn named(table: &toml::Table) -> Vec<SecretFile> {
    let mut found = Vec::new();
    for (section, value) in table {
        match value {
            toml::Value::Table(keys) => found.extend(of(section, keys)),
            toml::Value::Array(list) => {
                for (n, keys) in (1..).zip(list.iter().filter_map(toml::Value::as_table)) {
                    found.extend(of(&format!("{section} {n}"), keys));
                }
            }
            _ => {}
        }
    }
    found
}

fn of(section: &str, keys: &toml::Table) -> Vec<SecretFile> {
    let files = keys.iter().filter(|(key, _)| key.ends_with("_file"));
    let each = files.filter_map(|(key, path)| {
        Some(SecretFile {
            key: format!("{section}.{key}"),
            path: PathBuf::from(path.as_str()?),
        })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_with_a_secret_is_known() {
        let text = "data_dir = \"d\"\n[engine]\npassword_file = \"a\"\nmode = \"remote\"\n\
            [[source]]\nid = \"x\"\n[[source]]\ntoken_file = \"b\"\nsecret_file = 7\n";
        let found = named(&text.parse().unwrap());
        let found: Vec<_> = found
            .iter()
            .map(|one| (one.key.as_str(), one.path.to_str().unwrap()))
            .collect();
        assert_eq!(
            found,
            [("engine.password_file", "a"), ("source 2.token_file", "b")]
        );
    }
}
