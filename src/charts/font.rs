//! The one font of pictures: a subset of DejaVu Sans, embedded, so that a picture is the same on
//! every machine, fonts installed or not.

use std::sync::Once;

use plotters::style::{FontStyle, IntoFont, register_font};

/// Latin, Greek and Cyrillic glyphs of DejaVu Sans; licence beside the file.
static SANS: &[u8] = include_bytes!("../../dashboards/assets/fonts/readback-sans.ttf");

/// The name plotters knows it by.
pub(super) const FAMILY: &str = "sans-serif";

/// plotters takes the height of a line for the size of a font; an em is this much smaller.
pub(super) const LINE_PER_EM: f64 = 1.24;

/// Makes the font known to plotters, once.
pub(super) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The bytes are a constant that the tests draw with; a failure would show as missing text.
        let _ = register_font(FAMILY, FontStyle::Normal, SANS).is_ok();
    });
}

/// Width of a text of this size (px of an em).
pub(super) fn width(text: &str, size: f64) -> f64 {
    register();
    // Measured large, since plotters cuts widths to whole pixels.
    let scale = 16.0;
    (FAMILY, size * LINE_PER_EM * scale)
        .into_font()
        .layout_box(text)
        .map_or(
            text.chars().count() as f64 * size * 0.65,
            |(_, (right, _))| f64::from(right) / scale,
        )
}

/// The text, cut with an ellipsis where it is wider than `room`.
pub(super) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept: String = text.to_owned();
    while kept.pop().is_some() {
        let candidate = format!("{}…", kept.trim_end());
        if width(&candidate, size) <= room {
            return candidate;
        }
    }
    String::new()
}
