//! The templates of `dashboards/templates`, compiled once. Everything that is not marked safe is
//! escaped, since titles and addresses come from outside.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::PageError;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/dashboards/templates");

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_loader(|name| {
        let file = FILES.get_file(name).and_then(|file| file.contents_utf8());
        Ok(file.map(str::to_owned))
    });
    environment
});

/// A template with what it asks for.
pub(super) fn render(name: &str, view: &impl Serialize) -> Result<String, PageError> {
    Ok(ENVIRONMENT
        .get_template(name)?
        .render(Value::from(Serde(view)))?)
}
