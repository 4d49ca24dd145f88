//! The files of `dashboards/` that belong to the program: style sheet, icon, fonts with their
//! licence. Nothing is ever asked of another host.

use include_dir::{Dir, include_dir};

static ASSETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/dashboards/assets");

/// The style sheet.
pub const STYLE: &str = "style.css";

/// The script: what HTML alone can't do, and nothing that a page needs.
pub const SCRIPT: &str = "page.js";

/// The bytes of an asset and its media type, by its path below `assets/`.
pub fn find(path: &str) -> Option<(&'static [u8], &'static str)> {
    let file = ASSETS.get_file(path)?;
    let kind = match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    Some((file.contents(), kind))
}

/// A mark that changes with an asset, so that browsers may keep it for long.
pub fn version(path: &str) -> String {
    let bytes = find(path).map(|(bytes, _)| bytes).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes))
}
