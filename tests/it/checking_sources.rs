//! What `readback check` and `readback scan` tell an operator of single sources: how much was found, why
//! nothing was, and what to do.

use std::path::Path;

use serde_json::{Value, json};

use super::binary::{Home, Said};
use super::polled_forge::{Asked, Forge, Reply, ok};
use super::way;

/// A wiki with so many pages in its category.
fn wiki(pages: u64) -> impl FnMut(&Asked, &str) -> Reply {
    move |asked, _| {
        let target = &asked.target;
        if !target.contains("gcmtitle=Category%3APost-mortems") {
            return ok(json!({ "error": { "code": "invalidcategory",
                "info": "The category name you entered is not valid." } }));
        }
        let page = |id| json!({ "pageid": id, "ns": 0, "title": format!("Page {id}") });
        let all: Vec<Value> = (1..=pages).map(page).collect();
        ok(
            json!({ "batchcomplete": true, "query": { "pages": all, "general": { "sitename": "Shop wiki" },
            "userinfo": { "id": 0, "name": "192.0.2.1", "anon": true } } }),
        )
    }
}

/// What is said of a wiki with this category by a command.
fn of_wiki(api: &str, more: &str) -> Said {
    let home = Home::new();
    home.file(
        "readback.toml",
        format!("[[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"{api}\"\n{more}\n"),
    );
    home.run(&["check", "--no-engine"])
}

#[test]
fn a_category_is_counted_with_or_without_its_namespace() {
    let forge = Forge::new(wiki(7));
    let api = format!("{}/w/api.php", forge.address);
    for category in ["Post-mortems", "Category:Post-mortems"] {
        let said = of_wiki(&api, &format!("category = \"{category}\""));
        assert_eq!(said.code, Some(0), "{said:?}");
        let words =
            "Shop wiki answers, as to anybody; 7 pages in the category \"Category:Post-mortems\"";
        assert!(said.out.contains(words), "{}", said.out);
        assert!(said.out.contains("all is well"), "{}", said.out);
    }
    let said = of_wiki(&api, "category = \"Talk:Post-mortems\"");
    assert_eq!(said.code, Some(1), "{said:?}");
    let words =
        "source wiki: category: the wiki says that this names no category (invalidcategory)";
    assert!(said.err.contains(words), "{}", said.err);
    assert!(!said.err.contains("credentials"), "{}", said.err);
}

#[test]
fn all_that_is_wrong_with_a_source_is_told_at_once() {
    let home = Home::new();
    home.file(
        "readback.toml",
        "[[source]]\nid = \"reviews\"\nkind = \"icalendar\"\nmach = ['a']\nfrom = 'soon'\nto = 'later'\n\
         [[source]]\nid = \"other\"\nkind = \"icalendar\"\nkey = '('\n\
         [[source]]\nid = \"calls\"\nkind = \"zoom\"\naccount_id = \"a\"\nnumbers = [\"12x\"]\n\
         meetings = { \"812 34x6\" = { series = \"u\", at = \"25:00\" }, \"812 3456 7890\" = \" \" }\n\
         [[source]]\nid = \"talks\"\nkind = \"teams\"\ntenant = \"example.org\"\nmailboxes = [\"a b\"]\n\
         match = ['(']\ndate_order = \"dym\"\n",
    );
    let said = home.run(&["check", "--offline", "--no-engine"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    for (source, words) in [
        ("reviews", "mach"),
        ("reviews", "from: \"soon\" is no date"),
        ("reviews", "to: \"later\" is no date"),
        ("other", "key: \"(\""),
        ("calls", "meetings: \"812 34x6\" should be the number"),
        ("calls", "meetings: at: \"25:00\""),
        ("calls", "meetings: \"812 3456 7890\" should name the UID"),
        ("calls", "numbers: \"12x\""),
        ("calls", "account_id: give client_id"),
        ("talks", "missing field `client_id`"),
        ("talks", "date_order: "),
        ("talks", "match: \"(\""),
        ("talks", "mailboxes: number 1 should"),
    ] {
        let told = said.err.lines();
        let told = told.filter(|line| line.contains(&format!("source {source}: ")));
        let told = told.filter(|line| line.contains(words)).count();
        assert_eq!(told, 1, "{words}: {}", said.err);
    }
}

#[test]
fn a_wiki_without_write_ups_is_a_warning() {
    let forge = Forge::new(wiki(0));
    let api = format!("{}/w/api.php", forge.address);
    let said = of_wiki(&api, "category = \"Post-mortems\"");
    for words in [
        "0 pages in the category",
        "warning        source wiki: the wiki has no page in the category \"Category:Post-mortems\"",
        "all works, with 1 warning",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}

/// The end of an address, more parameters, who answers, and what is told.
type Case = (
    &'static str,
    &'static str,
    Box<dyn Fn() -> Reply + Send>,
    &'static str,
);

#[test]
fn who_answers_in_place_of_the_wiki_is_told_as_it_is() {
    let page = || {
        let html = vec![("content-type", "text/html".to_owned())];
        (200, html, json!("<!DOCTYPE html>\n<title>Sign in</title>"))
    };
    let answers: [Case; 5] = [
        (
            "/w/api.php",
            "",
            Box::new(page),
            "answers with a page of HTML in place of JSON: a login may stand before the wiki",
        ),
        (
            "/w/",
            "",
            Box::new(page),
            "answers with something else than JSON; api should end in api.php",
        ),
        (
            "/w/api.php",
            "",
            Box::new(|| (404, Vec::new(), json!({}))),
            "answers with status 404; is api.php in another folder?",
        ),
        (
            "/w/api.php",
            "",
            Box::new(|| (403, Vec::new(), json!({}))),
            "refuses access (status 403); no token_file is set",
        ),
        (
            "/w/api.php",
            "token_file = \"token\"",
            Box::new(|| (403, Vec::new(), json!({}))),
            "refuses access (status 403); check token_file",
        ),
    ];
    for (path, more, answer, words) in answers {
        let forge = Forge::new(move |_, _| answer());
        let home = Home::new();
        home.file("token", "zzsecret");
        let api = format!("{}{path}", forge.address);
        home.file(
            "readback.toml",
            format!(
                "[[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"{api}\"\ntitles = [\"A\"]\n{more}\n"
            ),
        );
        let said = home.run(&["check", "--no-engine"]);
        assert!(said.err.contains(words), "{words}: {}", said.err);
        let is_right = path.ends_with("api.php");
        assert!(
            !(is_right && said.err.contains("should end in")),
            "{}",
            said.err
        );
    }
}

#[test]
fn who_waits_for_a_wiki_is_told() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let forge = Forge::new(|_, _| {
        let wait = vec![("retry-after", "86000".to_owned())];
        (429, wait, json!({}))
    });
    let api = format!("{}/w/api.php", forge.address);
    home.file(
        "readback.toml",
        format!(
            "[[source]]\nid = \"wiki\"\nkind = \"mediawiki\"\napi = \"{api}\"\ntitles = [\"A\"]\n\
             [[source]]\nid = \"log\"\nkind = \"access-log\"\nbase = \"https://wiki.example.org\"\n"
        ),
    );
    let waits = "source wiki: it asked for patience and is left alone until 20";
    let before = home.done(&["check", "--offline"]);
    assert!(!before.out.contains(waits), "{}", before.out);
    home.done(&["scan", "wiki"]);
    let after = home.done(&["check", "--offline"]);
    assert!(after.out.contains(waits), "{}", after.out);
}

#[test]
fn a_path_without_files_is_told_by_scans_and_by_check() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    home.file("logs/access.log", "");
    let source = |more: &str| {
        let text = format!("[[source]]\nid = \"log\"\nkind = \"access-log\"\n{more}\n");
        home.file("readback.toml", text);
    };
    let base = "base = \"https://wiki.example.org\"";
    let nowhere = "path: \"nowhere/*.log\" fits no file: no such file is there";
    let folder = "path: \"logs\" is a folder; say which files in it, such as \"logs/*.log*\"";
    for (path, words) in [
        ("nowhere/*.log", nowhere),
        ("logs", folder),
        ("logs/", folder),
    ] {
        source(&format!("{base}\npath = \"{path}\""));
        let said = home.done(&["scan"]);
        assert!(said.err.contains(words), "{}", said.err);
        let said = home.run(&["check", "--no-engine"]);
        assert!(said.err.contains(words), "{}", said.err);
    }
    // One that is there does not speak for the other.
    source(&format!(
        "{base}\npath = [\"logs/access.log\", \"nowhere/*.log\"]"
    ));
    let said = home.done(&["check", "--no-engine"]);
    assert!(
        said.out.contains("parameters are fine; 1 file"),
        "{}",
        said.out
    );
    assert!(said.out.contains(nowhere), "{}", said.out);
    source("path = \"logs/access.log\"");
    let said = home.run(&["check", "--no-engine"]);
    let words = "base: is missing; valid is what stands before the paths of the log, such as base = \
                 \"https://wiki.example.org\"";
    assert!(said.err.contains(words), "{}", said.err);
}

#[test]
fn a_log_of_another_format_is_told_by_its_name() {
    let Some(fixtures) = way::fixtures() else {
        return;
    };
    let home = Home::new();
    let imported = |file: &Path| {
        let file = file.to_string_lossy().into_owned();
        let set = ["base=https://wiki.example.org"];
        home.run(&[
            "import",
            "access-log",
            "--dry-run",
            "--param",
            set[0],
            &file,
        ])
    };
    for (file, format) in [
        ("confluence_dc_access.log", "confluence"),
        ("alb.log", "alb"),
        ("s3.log", "s3"),
        ("gandi.log", "gandi"),
        ("bunny-extended", "bunny"),
    ] {
        let said = imported(&fixtures.join("access_logs").join(file));
        assert_ne!(said.code, Some(0), "{file}: {said:?}");
        let words = format!("it looks like format = \"{format}\"");
        assert!(said.err.contains(&words), "{file}: {}", said.err);
    }
    let other = home.file("other.log", "nothing of the kind\nnor this\n");
    let said = imported(Path::new(&other));
    let words = "format = may say another: confluence, alb, elb, s3, gandi, bunny, haproxy";
    assert!(said.err.contains(words), "{}", said.err);
}

#[test]
fn numbers_are_taken_as_texts_and_one_thing_answers() {
    let forge = Forge::new(|asked, _| {
        assert_eq!(asked.path(), "/api/books/13");
        ok(json!({ "id": 13, "name": "Post-mortems", "slug": "pm" }))
    });
    let home = Home::new();
    let books = |books: &str| {
        let api = &forge.address;
        home.file(
            "readback.toml",
            format!("[[source]]\nid = \"b\"\nkind = \"bookstack\"\napi = \"{api}/api\"\nbooks = [{books}]\n"),
        );
        home.run(&["check", "--no-engine"])
    };
    for given in ["13", "\"13\""] {
        let said = books(given);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(
            said.out.contains("parameters are fine; 1 book answers\n"),
            "{}",
            said.out
        );
    }
    let said = books("\"post-mortems\"");
    let words = "books: \"post-mortems\" is no number; valid are those such as 13";
    assert!(said.err.contains(words), "{}", said.err);
}
