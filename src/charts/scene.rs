//! A scene: shapes and texts at their places, before any backend. Texts are only taken where they
//! touch no other text and stay on the canvas, so that overlap can't happen downstream.

use super::font;
use super::theme::Ink;

/// Between two lines of a hatching, px.
const HATCH_GAP: f64 = 4.0;

/// Between two texts on one line, px: less reads as one text.
const SPACE: f64 = 5.0;

/// A point, in nominal pixels from the upper left corner.
pub(super) type At = (f64, f64);

/// Everything on one canvas.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// Width, px.
    pub(super) width: f64,
    /// Height, px.
    pub(super) height: f64,
    /// Whether it stands alone and needs a ground of its own.
    pub(super) ground: bool,
    /// Shapes, later ones on top.
    pub(super) shapes: Vec<Shape>,
    /// Texts, on top of all shapes.
    pub(super) labels: Vec<Label>,
}

/// Something drawn.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// An open line.
    Path {
        points: Vec<At>,
        ink: Ink,
        width: f64,
    },
    /// A filled area.
    Area {
        points: Vec<At>,
        ink: Ink,
        alpha: f64,
    },
    /// A filled rectangle from upper left to lower right.
    Rect { from: At, to: At, ink: Ink },
    /// A marker.
    Mark {
        at: At,
        radius: f64,
        ink: Ink,
        form: Form,
    },
}

/// Forms of markers, told apart without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A filled circle.
    Dot,
    /// A ring.
    Ring,
    /// A filled square.
    Square,
    /// A filled triangle.
    Triangle,
    /// A filled diamond.
    Diamond,
}

/// Where a text's anchor lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// At its left end.
    Start,
    /// In its middle.
    Middle,
    /// At its right end.
    End,
}

/// A text on the canvas.
#[derive(Clone, Debug)]
pub(super) struct Label {
    /// Anchor and base line.
    pub(super) at: At,
    /// Its words.
    pub(super) text: String,
    /// Size of an em, px.
    pub(super) size: f64,
    /// Which end `at` means.
    pub(super) anchor: Anchor,
    /// Its colour.
    pub(super) ink: Ink,
}

impl Label {
    /// A text.
    pub(super) fn new(
        at: At,
        text: impl Into<String>,
        size: f64,
        anchor: Anchor,
        ink: Ink,
    ) -> Self {
        Label {
            at,
            text: text.into(),
            size,
            anchor,
            ink,
        }
    }

    /// Left, top, right, bottom.
    pub(super) fn bounds(&self) -> (f64, f64, f64, f64) {
        let width = font::width(&self.text, self.size);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        (
            left,
            self.at.1 - 0.78 * self.size,
            left + width,
            self.at.1 + 0.22 * self.size,
        )
    }

    fn touches(&self, other: &Label) -> bool {
        let (a, b) = (self.bounds(), other.bounds());
        a.0 < b.2 + SPACE && b.0 < a.2 + SPACE && a.1 < b.3 && b.1 < a.3
    }
}

impl Scene {
    /// An empty canvas.
    pub(super) fn new(width: f64, height: f64, ground: bool) -> Self {
        Scene {
            width,
            height,
            ground,
            shapes: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// One more shape on top.
    pub(super) fn draw(&mut self, shape: Shape) {
        self.shapes.push(shape);
    }

    /// A straight line.
    pub(super) fn rule(&mut self, from: At, to: At, ink: Ink, width: f64) {
        self.draw(Shape::Path {
            points: vec![from, to],
            ink,
            width,
        });
    }

    /// Oblique fine lines that say: withheld. They are one line, which runs along the border from
    /// each to the next: a hundred lines would make the picture heavy.
    pub(super) fn hatch(&mut self, from: At, to: At) {
        let (width, height) = (to.0 - from.0, to.1 - from.1);
        if width <= 0.0 || height <= 0.0 {
            return;
        }
        let mut points = vec![from, (to.0, from.1), to, (from.0, to.1), from];
        let mut offset = HATCH_GAP;
        let mut upward = false;
        while offset < width + height {
            // The line x + y = offset inside the rectangle, between its upper right end and its
            // lower left one; the corners lie between the ends of neighbours.
            let upper = (
                from.0 + offset.min(width),
                from.1 + (offset - width).max(0.0),
            );
            let lower = (
                from.0 + (offset - height).max(0.0),
                from.1 + offset.min(height),
            );
            let before = offset - HATCH_GAP;
            if upward {
                if before < height && offset > height {
                    points.push((from.0, to.1));
                }
                points.extend([lower, upper]);
            } else {
                if before < width && offset > width {
                    points.push((to.0, from.1));
                }
                points.extend([upper, lower]);
            }
            upward = !upward;
            offset += HATCH_GAP;
        }
        self.draw(Shape::Path {
            points,
            ink: Ink::Grey,
            width: 1.0,
        });
    }

    /// A grey band: nobody was watching here.
    pub(super) fn unwatched(&mut self, from: At, to: At) {
        self.draw(Shape::Area {
            points: vec![from, (to.0, from.1), to, (from.0, to.1)],
            ink: Ink::Grey,
            alpha: 0.16,
        });
    }

    /// The first of these labels that fits; whether one did.
    pub(super) fn label(&mut self, candidates: impl IntoIterator<Item = Label>) -> bool {
        let found = candidates.into_iter().find(|label| self.has_room(label));
        let fits = found.is_some();
        self.labels.extend(found);
        fits
    }

    /// The same on a strip of paper, where a grid runs behind.
    pub(super) fn label_on_paper(&mut self, candidates: impl IntoIterator<Item = Label>) {
        if self.label(candidates)
            && let Some((left, top, right, bottom)) = self.labels.last().map(Label::bounds)
        {
            self.draw(Shape::Rect {
                from: (left - 2.0, top),
                to: (right + 2.0, bottom),
                ink: Ink::Paper,
            });
        }
    }

    fn has_room(&self, label: &Label) -> bool {
        let (left, top, right, bottom) = label.bounds();
        let inside = left >= 0.0 && top >= 0.0 && right <= self.width && bottom <= self.height;
        inside && !label.text.is_empty() && !self.labels.iter().any(|other| label.touches(other))
    }
}
