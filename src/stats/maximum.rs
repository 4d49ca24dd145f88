//! The maximum of a smooth function of one or two variables inside a box: the simplex of Nelder and Mead from
//! several starts, then Newton's method with differences of fourth order, which only takes steps upwards. No
//! chance is in it: the same function gives the same point.

/// Where each variable may lie. One that may not move is no variable.
pub(super) struct Box2(pub(super) [(f64, f64); 2]);

impl Box2 {
    fn axes(&self) -> usize {
        self.0.iter().take_while(|(from, to)| from < to).count()
    }

    fn inside(&self, point: [f64; 2]) -> [f64; 2] {
        let clamp = |axis: usize| point[axis].clamp(self.0[axis].0, self.0[axis].1);
        [clamp(0), clamp(1)]
    }

    /// Whether a variable lies at an end of where it may.
    pub(super) fn is_end(&self, axis: usize, value: f64) -> bool {
        let (from, to) = self.0[axis];
        let slack = 0.01 * (to - from);
        value < from + slack || value > to - slack
    }
}

/// A point and the function there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) point: [f64; 2],
    pub(super) value: f64,
}

/// The best point that is found from any of the starts.
pub(super) fn maximum(bounds: &Box2, starts: &[[f64; 2]], of: impl Fn([f64; 2]) -> f64) -> Found {
    let at = |point: [f64; 2]| {
        let point = bounds.inside(point);
        let value = of(point);
        Found {
            point,
            value: if value.is_nan() {
                f64::NEG_INFINITY
            } else {
                value
            },
        }
    };
    let mut best: Option<Found> = None;
    for start in starts {
        let found = simplex(bounds.axes(), *start, &at);
        if best.is_none_or(|best| found.value > best.value) {
            best = Some(found);
        }
    }
    // Without a start there is the corner.
    let best = best.unwrap_or_else(|| at([bounds.0[0].0, bounds.0[1].0]));
    newton(bounds.axes(), best, &at)
}

/// How often the simplex moves at most.
const MOVES: usize = 200;
/// The simplex ends where it is no larger, ...
const SMALL: f64 = 1e-4;
/// ... or where its values differ by no more, as a share.
const FLAT: f64 = 1e-13;

fn simplex(axes: usize, start: [f64; 2], at: &impl Fn([f64; 2]) -> Found) -> Found {
    let mut corners = vec![at(start)];
    for axis in 0..axes {
        let mut corner = start;
        corner[axis] += 0.5;
        corners.push(at(corner));
    }
    for _ in 0..MOVES {
        corners.sort_by(|a, b| b.value.total_cmp(&a.value));
        let (best, worst) = (corners[0], corners[axes]);
        let size = (0..2).map(|axis| (best.point[axis] - worst.point[axis]).abs());
        if size.fold(0.0, f64::max) < SMALL || best.value - worst.value <= FLAT * best.value.abs() {
            break;
        }
        let others = &corners[..axes];
        let middle = [0, 1]
            .map(|axis| others.iter().map(|corner| corner.point[axis]).sum::<f64>() / axes as f64);
        let along =
            |by: f64| at([0, 1].map(|axis| middle[axis] + by * (middle[axis] - worst.point[axis])));
        let mirrored = along(1.0);
        let next = if mirrored.value > best.value {
            let further = along(2.0);
            if further.value > mirrored.value {
                further
            } else {
                mirrored
            }
        } else if mirrored.value > corners[axes - 1].value {
            mirrored
        } else {
            let inside = along(if mirrored.value > worst.value {
                0.5
            } else {
                -0.5
            });
            if inside.value > worst.value.max(mirrored.value) {
                inside
            } else {
                for corner in &mut corners[1..] {
                    let point =
                        [0, 1].map(|axis| f64::midpoint(corner.point[axis], best.point[axis]));
                    *corner = at(point);
                }
                continue;
            }
        };
        corners[axes] = next;
    }
    corners
        .into_iter()
        .reduce(|a, b| if b.value > a.value { b } else { a })
        .unwrap_or_else(|| at(start))
}

/// The step of differences: their error is of its fourth power.
const STEP: f64 = 2e-3;
/// How often Newton's method steps at most.
const STEPS: usize = 12;

fn newton(axes: usize, start: Found, at: &impl Fn([f64; 2]) -> Found) -> Found {
    let mut best = start;
    for _ in 0..STEPS {
        let moved = |a: f64, b: f64| at([best.point[0] + a * STEP, best.point[1] + b * STEP]).value;
        let along = |axis: usize, by: f64| {
            if axis == 0 {
                moved(by, 0.0)
            } else {
                moved(0.0, by)
            }
        };
        let first = |axis: usize| {
            let near = along(axis, 1.0) - along(axis, -1.0);
            let far = along(axis, 2.0) - along(axis, -2.0);
            (8.0 * near - far) / (12.0 * STEP)
        };
        let second = |axis: usize| {
            let near = along(axis, 1.0) + along(axis, -1.0) - 2.0 * best.value;
            near / (STEP * STEP)
        };
        let (g0, h00) = (first(0), second(0));
        let step = if axes == 1 {
            [-g0 / h00, 0.0]
        } else {
            let (g1, h11) = (first(1), second(1));
            let crossed = moved(1.0, 1.0) - moved(1.0, -1.0) - moved(-1.0, 1.0) + moved(-1.0, -1.0);
            let h01 = crossed / (4.0 * STEP * STEP);
            let det = h00 * h11 - h01 * h01;
            [(h01 * g1 - h11 * g0) / det, (h01 * g0 - h00 * g1) / det]
        };
        let is_hill = h00 < 0.0 && step.iter().all(|part| part.is_finite());
        if !is_hill {
            break;
        }
        // Near the top the function is flat to its last digits while its slope is not: a step that is
        // worse by no more than these is still nearer.
        let next = at([best.point[0] + step[0], best.point[1] + step[1]]);
        let slack = 1e-13 * best.value.abs();
        let size = step[0].abs().max(step[1].abs());
        if next.value < best.value - slack || size > 1.0 {
            break;
        }
        best = next;
        if size < 1e-11 {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Box2 = Box2([(-9.0, 9.0), (-9.0, 9.0)]);

    #[test]
    fn the_top_of_a_hill_and_of_a_ridge() {
        let hill = maximum(&WIDE, &[[5.0, 5.0]], |[x, y]| {
            -(x - 1.25).powi(2) - 3.0 * (y + 2.5 - x / 4.0).powi(2)
        });
        assert!((hill.point[0] - 1.25).abs() < 1e-9, "{hill:?}");
        assert!((hill.point[1] + 2.1875).abs() < 1e-9, "{hill:?}");
        // Rosenbrock's valley, upside down.
        let ridge = maximum(&WIDE, &[[-1.2, 1.0]], |[x, y]| {
            -(1.0 - x).powi(2) - 100.0 * (y - x * x).powi(2)
        });
        assert!((ridge.point[0] - 1.0).abs() < 1e-7, "{ridge:?}");
        assert!((ridge.point[1] - 1.0).abs() < 1e-7, "{ridge:?}");
    }

    #[test]
    fn one_variable_and_an_end_of_the_box() {
        let one = Box2([(-9.0, 9.0), (0.0, 0.0)]);
        let found = maximum(&one, &[[0.0, 0.0]], |[x, _]| -(x.exp() - 3.0).powi(2));
        assert!((found.point[0] - 3.0_f64.ln()).abs() < 1e-9, "{found:?}");
        assert!(!one.is_end(0, found.point[0]));
        let risen = maximum(&one, &[[0.0, 0.0]], |[x, _]| x);
        assert!(one.is_end(0, risen.point[0]), "{risen:?}");
    }

    #[test]
    fn of_two_hills_the_higher_is_found_from_its_side() {
        let hills = |[x, y]: [f64; 2]| {
            let hill = |at: f64, height: f64| height * (-(x - at).powi(2) - y * y).exp();
            hill(-4.0, 1.0) + hill(4.0, 2.0)
        };
        let found = maximum(&WIDE, &[[-4.2, 0.1], [3.5, 0.2]], hills);
        assert!((found.point[0] - 4.0).abs() < 1e-6, "{found:?}");
    }
}
