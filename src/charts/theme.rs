//! Inks and themes. A shape names what its colour means; a theme says which colour that is.
//!
//! The hues are those of Okabe and Ito, which people with any colour vision tell apart; they differ
//! in lightness too, so that a grey print can be read.

use plotters::style::RGBColor;

/// Which colours a picture is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Inline in a page: custom properties of the page's style sheet, light or dark.
    Page,
    /// A file of its own on white.
    Light,
    /// A file of its own on dark.
    Dark,
    /// A file of its own that follows the reader's preference (SVG; a PNG is light).
    Auto,
}

impl Theme {
    /// Whether the picture leaves the page and so carries its source line and its ground.
    pub(super) fn alone(self) -> bool {
        self != Theme::Page
    }
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// The ground.
    Paper,
    /// Words that matter.
    Text,
    /// Words beside.
    Muted,
    /// Fine lines behind.
    Grid,
    /// The first accent; what the picture is about.
    First,
    /// The second accent; a trend.
    Second,
    /// Further series.
    Third,
    /// Further series.
    Fourth,
    /// Further series, and parts that are not what the picture is about.
    Grey,
    /// A paler part of the same.
    Pale,
    /// Between pale and first.
    Middle,
    /// Words on a strong fill.
    OnFill,
}

impl Ink {
    /// All of them: the sentinel colours of plotters are replaced one by one.
    pub(super) const ALL: [Ink; 12] = [
        Ink::Paper,
        Ink::Text,
        Ink::Muted,
        Ink::Grid,
        Ink::First,
        Ink::Second,
        Ink::Third,
        Ink::Fourth,
        Ink::Grey,
        Ink::Pale,
        Ink::Middle,
        Ink::OnFill,
    ];

    /// The custom property of the style sheet that holds it.
    pub(super) const fn property(self) -> &'static str {
        match self {
            Ink::Paper => "--paper",
            Ink::Text => "--ink",
            Ink::Muted => "--muted",
            Ink::Grid => "--grid",
            Ink::First => "--c1",
            Ink::Second => "--c2",
            Ink::Third => "--c3",
            Ink::Fourth => "--c4",
            Ink::Grey => "--c5",
            Ink::Pale => "--c1-pale",
            Ink::Middle => "--c1-mid",
            Ink::OnFill => "--on-fill",
        }
    }

    /// On white; also the sentinel that post-processing looks for, so no two are equal.
    pub(super) const fn light(self) -> RGBColor {
        match self {
            Ink::Paper => RGBColor(0xFF, 0xFF, 0xFF),
            Ink::Text => RGBColor(0x1D, 0x23, 0x2B),
            Ink::Muted => RGBColor(0x5A, 0x63, 0x6E),
            Ink::Grid => RGBColor(0xDF, 0xE3, 0xE8),
            Ink::First => RGBColor(0x00, 0x60, 0x98),
            Ink::Second => RGBColor(0xC4, 0x50, 0x00),
            Ink::Third => RGBColor(0x00, 0x7F, 0x5C),
            Ink::Fourth => RGBColor(0xA6, 0x4F, 0x80),
            Ink::Grey => RGBColor(0x8A, 0x93, 0x9E),
            Ink::Pale => RGBColor(0xC3, 0xDC, 0xEC),
            Ink::Middle => RGBColor(0x56, 0xA5, 0xD4),
            Ink::OnFill => RGBColor(0xFE, 0xFF, 0xFF),
        }
    }

    /// On dark.
    pub(super) const fn dark(self) -> RGBColor {
        match self {
            Ink::Paper => RGBColor(0x14, 0x18, 0x1D),
            Ink::Text => RGBColor(0xE8, 0xEB, 0xEF),
            Ink::Muted => RGBColor(0xA3, 0xAC, 0xB7),
            Ink::Grid => RGBColor(0x2E, 0x35, 0x3D),
            Ink::First => RGBColor(0x5C, 0xB8, 0xEE),
            Ink::Second => RGBColor(0xF0, 0x9A, 0x4A),
            Ink::Third => RGBColor(0x3F, 0xC7, 0x9C),
            Ink::Fourth => RGBColor(0xE0, 0x9A, 0xC0),
            Ink::Grey => RGBColor(0x86, 0x90, 0x9C),
            Ink::Pale => RGBColor(0x22, 0x41, 0x55),
            Ink::Middle => RGBColor(0x3A, 0x80, 0xAD),
            Ink::OnFill => RGBColor(0x0E, 0x12, 0x16),
        }
    }
}

/// A colour as it stands in SVG.
pub(super) fn hex(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}
