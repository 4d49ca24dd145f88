//! The parameters of a `git` source.

use std::path::PathBuf;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::sources::SourceError;

use super::clone::Remote;
use super::glob::{self, Globs};
use super::marks::Marks;
use super::place::Paths;

/// As written in the configuration.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    path: PathBuf,
    url: Option<String>,
    token_file: Option<PathBuf>,
    token_user: Option<String>,
    name: Option<String>,
    branch: Option<String>,
    web: Option<String>,
    #[serde(default)]
    writeups: Vec<String>,
    #[serde(default)]
    incident_keys: Vec<String>,
    name_pattern: Option<String>,
    #[serde(default)]
    name_aliases: Vec<String>,
    #[serde(default = "onboarding")]
    onboarding: Vec<String>,
    #[serde(default = "onboarding_fields")]
    onboarding_fields: Vec<String>,
    #[serde(default = "runbook")]
    runbook: Vec<String>,
    #[serde(default)]
    docs: Vec<String>,
    #[serde(default = "vendored")]
    vendored: Vec<String>,
    #[serde(default = "generated")]
    generated: Vec<String>,
    #[serde(default = "templates")]
    templates: Vec<String>,
    #[serde(default = "exclude")]
    exclude: Vec<String>,
    #[serde(default)]
    titles: bool,
}

/// Checked.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    /// Where it is cloned from, if the source does that itself.
    pub(super) remote: Option<Remote>,
    /// The repository's folder.
    pub(super) path: PathBuf,
    /// Its name in ids.
    pub(super) name: String,
    /// The branch, if not the one that HEAD names.
    pub(super) branch: Option<String>,
    /// Its address at a forge, canonical.
    pub(super) web: Option<String>,
    /// Which paths are what.
    pub(super) paths: Paths,
    /// Incident keys.
    pub(super) incident_keys: Vec<Regex>,
    /// Names made from the file's name.
    pub(super) made_names: Option<(Regex, Vec<String>)>,
    /// Whether titles are looked for.
    pub(super) titles: bool,
    /// All of the above as text, to notice a change.
    pub(super) fingerprint: String,
}

impl Params {
    /// Checks the patterns and fills in what is left out.
    pub(super) fn check(self) -> Result<Checked, SourceError> {
        let fingerprint = serde_json::to_string(&self).unwrap_or_default();
        let folder = || {
            let name = self.path.file_name()?;
            // The inside of an ordinary repository is called like its folder.
            let name = match name == ".git" {
                true => self.path.parent()?.file_name()?,
                false => name,
            };
            let name = name.to_str()?;
            Some(name.strip_suffix(".git").unwrap_or(name).to_owned())
        };
        let remote = match (self.url, self.token_file, self.token_user) {
            (Some(url), token_file, user) => Some(Remote::new(url, token_file, user)?),
            (None, None, None) => None,
            (None, Some(_), _) => return Err(needs_url("token_file")),
            (None, None, Some(_)) => return Err(needs_url("token_user")),
        };
        let of_remote = || remote.as_ref()?.name();
        let name = self
            .name
            .clone()
            .or_else(of_remote)
            .or_else(folder)
            .ok_or_else(|| {
                SourceError::Params(
                    "path has no last part to take the repository's name from; set name".to_owned(),
                )
            })?;
        if name.is_empty() || name.contains(['@', ':', '#']) || name.contains(char::is_whitespace) {
            return Err(SourceError::Params(format!(
                "name {name:?} may not hold spaces, @, : or #"
            )));
        }
        let incident_keys = self
            .incident_keys
            .iter()
            .map(|p| pattern("incident_keys", p))
            .collect::<Result<_, _>>()?;
        let made_names = match &self.name_pattern {
            Some(given) => {
                let pattern = pattern("name_pattern", given)?;
                if let Some(alias) = self
                    .name_aliases
                    .iter()
                    .find(|alias| !fills(alias, &pattern))
                {
                    return Err(SourceError::Params(format!(
                        "name_aliases: {alias:?} names no group of name_pattern; \"INC-{{1}}\" takes the first"
                    )));
                }
                Some((pattern, self.name_aliases))
            }
            None if self.name_aliases.is_empty() => None,
            None => {
                return Err(SourceError::Params(
                    "name_aliases needs name_pattern".to_owned(),
                ));
            }
        };
        Ok(Checked {
            remote,
            path: self.path,
            name,
            branch: self.branch,
            web: self.web.as_deref().map(page).transpose()?,
            paths: Paths {
                writeups: globs("writeups", self.writeups)?,
                onboarding: globs("onboarding", self.onboarding)?,
                onboarding_fields: fields("onboarding_fields", &self.onboarding_fields)?,
                runbook: globs("runbook", self.runbook)?,
                docs: globs("docs", self.docs)?,
                vendored: globs("vendored", self.vendored)?,
                generated: globs("generated", self.generated)?,
                templates: globs("templates", self.templates)?,
                exclude: globs("exclude", self.exclude)?,
            },
            titles: self.titles,
            incident_keys,
            made_names,
            fingerprint,
        })
    }
}

/// The address of a repository's page. It is no page of a wiki, whatever it looks like.
fn page(web: &str) -> Result<String, SourceError> {
    let page = url::Url::parse(web.trim()).ok();
    let page = page.filter(|page| matches!(page.scheme(), "http" | "https"));
    let page = page.and_then(|page| {
        let path = page.path().trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let port = page.port().map_or(String::new(), |port| format!(":{port}"));
        let host = page.host_str()?;
        (!path.is_empty()).then(|| format!("https://{host}{port}/{path}"))
    });
    page.ok_or_else(|| {
        SourceError::Params(format!(
            "web {:?} is no page of a repository, such as https://github.com/example/shop",
            web.split('@').next_back().unwrap_or_default()
        ))
    })
}

fn needs_url(field: &str) -> SourceError {
    SourceError::Params(format!("{field} needs url, the address that is cloned"))
}

fn globs(field: &str, given: Vec<String>) -> Result<Globs, SourceError> {
    let wrong = given
        .iter()
        .find_map(|glob| Some((glob, glob::wrong(glob)?)));
    match wrong {
        Some((glob, reason)) => Err(SourceError::Params(format!("{field}: {glob:?} {reason}"))),
        None => Ok(Globs::new(given)),
    }
}

fn fields(field: &str, given: &[String]) -> Result<Marks, SourceError> {
    let parsed = given.iter().map(|mark| {
        Marks::parse(mark).ok_or_else(|| {
            SourceError::Params(format!(
                "{field}: {mark:?} is not a field of front matter and a value, such as \"tags: onboarding\""
            ))
        })
    });
    Ok(Marks::new(parsed.collect::<Result<_, _>>()?))
}

/// Whether a name holds a group of the pattern, and none that the pattern lacks.
fn fills(alias: &str, pattern: &Regex) -> bool {
    let groups: Vec<Option<usize>> = alias
        .split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0.parse().ok()))
        .collect();
    let known = |group: &Option<usize>| group.is_some_and(|group| group < pattern.captures_len());
    !groups.is_empty() && groups.iter().all(known)
}

fn pattern(field: &str, given: &str) -> Result<Regex, SourceError> {
    // Unicode word boundaries are slow, and keys are ASCII.
    regex::RegexBuilder::new(given)
        .build()
        .map_err(|_| SourceError::Params(format!("{field}: {given:?} is not a regular expression")))
}

fn onboarding() -> Vec<String> {
    strings(&[
        "**/onboarding/**",
        "*onboarding*",
        "**/new-hire*/**",
        "*new-hire*",
        "**/newcomer*/**",
    ])
}

/// Fields of front matter that say whom a page is for, and what they say of one for new people.
const FIELDS: [&str; 7] = [
    "tags",
    "labels",
    "keywords",
    "category",
    "categories",
    "type",
    "audience",
];
const NEWCOMERS: [&str; 6] = [
    "onboarding",
    "new hire",
    "new hires",
    "newcomer",
    "newcomers",
    "new joiners",
];

fn onboarding_fields() -> Vec<String> {
    let marks = FIELDS.iter().flat_map(|field| {
        let values = NEWCOMERS.iter();
        values.map(move |value| format!("{field}: {value}"))
    });
    marks.collect()
}

fn runbook() -> Vec<String> {
    strings(&[
        "**/runbook/**",
        "**/runbooks/**",
        "*runbook*",
        "**/playbooks/**/*.md",
        "*playbook*.md",
    ])
}

/// Folders that linguist takes for copies of what others wrote.
fn vendored() -> Vec<String> {
    strings(&[
        "**/vendor/**",
        "**/vendors/**",
        "**/vendored/**",
        "**/node_modules/**",
        "**/bower_components/**",
        "**/third{_,-,}party/**",
        "**/3rd{_,-,}party/**",
        "**/extern/**",
        "**/external/**",
        "**/Godeps/**",
        "**/Pods/**",
        "**/Carthage/**",
        "**/.yarn/**",
        "**/dist/**",
        "*.min.{js,css}",
        "gradlew{,.bat}",
        "mvnw{,.cmd}",
    ])
}

/// Files that linguist takes for the work of programs.
fn generated() -> Vec<String> {
    strings(&[
        "*.lock",
        "{package-lock,npm-shrinkwrap}.json",
        "pnpm-lock.yaml",
        "go.sum",
        "*.{js,css}.map",
        "*.pb.{go,cc,h,swift}",
        "*_pb2{,_grpc}.py",
        "*_pb.js",
        "*.g.{dart,cs}",
        "*.designer.cs",
        "*.xcodeproj/**",
        "**/__generated__/**",
        "zz_generated.*",
    ])
}

fn templates() -> Vec<String> {
    strings(&[
        "*template*.{md,markdown,mdx,rst,adoc,asciidoc,txt,html,org}",
        "**/templates/**/*.{md,markdown,mdx,rst,adoc,asciidoc,txt,org}",
        "**/*_TEMPLATE/**",
    ])
}

/// Data of tests: not meant for anybody.
fn exclude() -> Vec<String> {
    strings(&["**/testdata/**", "**/test_data/**", "**/fixtures/**"])
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn paths(writeups: &[&str]) -> Paths {
        Paths {
            writeups: Globs::new(strings(writeups)),
            onboarding: Globs::new(onboarding()),
            onboarding_fields: fields("onboarding_fields", &onboarding_fields()).unwrap(),
            runbook: Globs::new(runbook()),
            docs: Globs::new(Vec::new()),
            vendored: Globs::new(vendored()),
            generated: Globs::new(generated()),
            templates: Globs::new(templates()),
            exclude: Globs::new(exclude()),
        }
    }

    /// `readback list sources git` prints what holds where nothing is given.
    #[test]
    fn the_documentation_names_the_defaults() {
        let text = super::super::KIND.documentation;
        let (_, told) = text.split_once("\nDefaults:\n").expect("defaults");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let told = words(told);
        let row = |list: Vec<String>| words(&list.join(", "));
        let expected = [
            format!("onboarding: {}", row(onboarding())),
            format!("runbook: {}", row(runbook())),
            "docs: none; documents are known by how their names end".to_owned(),
            format!("templates: {}", row(templates())),
            format!("vendored: {}", row(vendored())),
            format!("generated: {}", row(generated())),
            format!("exclude: {}", row(exclude())),
            format!(
                "onboarding_fields: each of {} with each of {}",
                FIELDS.join(", "),
                NEWCOMERS.join(", ")
            ),
        ];
        assert_eq!(told, expected.join(" "));
        assert_eq!(onboarding_fields().len(), FIELDS.len() * NEWCOMERS.len());
    }

    #[test]
    fn parameters_are_checked() {
        let check = |text: &str| {
            let params: Params = toml::from_str(text).map_err(|e| e.message().to_owned())?;
            params.check().map_err(|e| e.to_string())
        };
        let good = check("path = \"/srv/git/shop.git/\"\nweb = \"http://Forge.example.org/shop/\"")
            .expect("valid");
        assert_eq!(
            (good.name.as_str(), good.web.as_deref()),
            ("shop", Some("https://forge.example.org/shop"))
        );
        for (web, page) in [
            (
                "https://github.com/x/shop",
                Some("https://github.com/x/shop"),
            ),
            (
                "https://ada:secret@git.example.org:8443/a/b.git/",
                Some("https://git.example.org:8443/a/b"),
            ),
            ("github.com/a/b", None),
            ("javascript:alert(1)", None),
            ("https://github.com", None),
        ] {
            let checked = check(&format!("path = \"x\"\nweb = \"{web}\""));
            match page {
                Some(page) => assert_eq!(checked.expect(web).web.as_deref(), Some(page)),
                None => assert!(checked.expect_err(web).contains("no page of a repository")),
            }
        }
        for (alias, fits) in [("INC-{1}", true), ("PEP $1", false), ("x{2}", false)] {
            let checked = check(&format!(
                "path = \"x\"\nname_pattern = '([0-9]+)'\nname_aliases = [\"{alias}\"]"
            ));
            assert_eq!(checked.is_ok(), fits, "{alias}");
        }
        assert!(check("").expect_err("no path").contains("path"));
        assert!(
            check("path = \"x\"\nwrong = 1")
                .expect_err("unknown")
                .contains("wrong")
        );
        assert!(
            check("path = \"x\"\nincident_keys = [\"(\"]")
                .expect_err("regex")
                .contains("incident_keys")
        );
        assert!(
            check("path = \"x\"\nwriteups = [\"pm/[\"]")
                .expect_err("glob")
                .contains("writeups: \"pm/[\" has a [ without ]")
        );
        assert!(
            check("path = \"x\"\nname = \"a b\"")
                .expect_err("name")
                .contains("name")
        );
        assert!(
            check("path = \"/\"")
                .expect_err("no name")
                .contains("set name")
        );
    }
}
