//! Inks and themes. A shape names what its colour means; a theme says which colour that is.
//!
//! The hues are those of Okabe and Ito, which people with any colour vision tell apart; they differ
//! in lightness too, so that a grey print can be read. Of the parts of a stack every other one is far
//! from the ground and every other one near it: three to one between neighbours and to the ground.

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
    /// A strong part of a stack: far from the ground.
    Deep,
    /// A quiet part of a stack, of the hue of the strong one: nearer to the ground.
    Middle,
    /// A strong part of another hue.
    Wine,
    /// Words on a strong fill.
    OnFill,
}

impl Ink {
    /// All of them: the sentinel colours of plotters are replaced one by one.
    pub(super) const ALL: [Ink; 13] = [
        Ink::Paper,
        Ink::Text,
        Ink::Muted,
        Ink::Grid,
        Ink::First,
        Ink::Second,
        Ink::Third,
        Ink::Fourth,
        Ink::Grey,
        Ink::Deep,
        Ink::Middle,
        Ink::Wine,
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
            Ink::Deep => "--c1-deep",
            Ink::Middle => "--c1-mid",
            Ink::Wine => "--c6",
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
            Ink::Deep => RGBColor(0x00, 0x40, 0x68),
            Ink::Middle => RGBColor(0x3D, 0x96, 0xCC),
            Ink::Wine => RGBColor(0x5A, 0x1E, 0x45),
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
            Ink::Grey => RGBColor(0x68, 0x72, 0x7E),
            Ink::Deep => RGBColor(0xA6, 0xDA, 0xF8),
            Ink::Middle => RGBColor(0x2F, 0x74, 0xA3),
            Ink::Wine => RGBColor(0xF3, 0xC6, 0xDE),
            Ink::OnFill => RGBColor(0x0E, 0x12, 0x16),
        }
    }
}

/// A colour as it stands in SVG.
pub(super) fn hex(colour: RGBColor) -> String {
    format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2)
}

#[cfg(test)]
mod tests {
    use super::super::bars;
    use super::*;

    /// Contrast of two colours as WCAG 2 defines it.
    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let linear = |byte: u8| {
            let c = f64::from(byte) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        let light =
            |c: RGBColor| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2) + 0.05;
        let (a, b) = (light(a), light(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn what_is_drawn_stands_out_from_the_ground_and_from_its_neighbour() {
        for colour in [Ink::light, Ink::dark] {
            let apart = |a: Ink, b: Ink, least: f64| {
                let found = contrast(colour(a), colour(b));
                assert!(found >= least, "{a:?} and {b:?}: {found:.2}");
            };
            for ink in Ink::ALL {
                match ink {
                    Ink::Paper | Ink::Grid | Ink::OnFill => {}
                    Ink::Text | Ink::Muted => apart(ink, Ink::Paper, 4.5),
                    drawn => apart(drawn, Ink::Paper, 3.0),
                }
            }
            for stack in [bars::ROLES.as_slice(), bars::WHOLE.as_slice()] {
                for (a, b) in stack.iter().zip(stack.iter().skip(1)) {
                    apart(*a, *b, 3.0);
                }
            }
        }
    }
}
