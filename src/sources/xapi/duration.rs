//! Durations as xAPI writes them: ISO 8601, `PT1H2M3.5S`.

/// Milliseconds of a duration; fractions of one are cut off.
///
/// Years and months have no fixed length: such a duration is refused, and so is a negative one.
pub(super) fn parse(text: &str) -> Result<u64, &'static str> {
    let rest = text.strip_prefix('P').ok_or(SHAPE)?;
    let (days, times) = match rest.split_once('T') {
        Some((_, "")) => return Err(SHAPE),
        Some((days, times)) => (days, times),
        None if rest.is_empty() => return Err(SHAPE),
        None => (rest, ""),
    };
    if days.contains(['Y', 'M']) {
        return Err(
            "of years or months, which have no fixed length; valid are days, hours, minutes and seconds",
        );
    }
    let mut total: u128 = 0;
    // Only the last number may have a fraction.
    let mut finished = false;
    for (mut rest, units) in [(days, &DATE[..]), (times, &TIME[..])] {
        let mut units = units.iter();
        while !rest.is_empty() {
            let end = rest
                .find(|c: char| c.is_ascii_uppercase())
                .filter(|_| !finished)
                .ok_or(SHAPE)?;
            let letter = rest.as_bytes()[end];
            // What was passed over can't come any more: the order is fixed, each unit comes once.
            let (_, unit) = units.find(|(name, _)| *name == letter).ok_or(SHAPE)?;
            let (millis, fraction) = amount(&rest[..end], *unit).ok_or(SHAPE)?;
            finished = fraction;
            total += millis;
            rest = &rest[end + 1..];
        }
    }
    match u64::try_from(total) {
        Ok(total) if total <= MAX => Ok(total),
        _ => Err("too long; valid are at most 100000000 seconds"),
    }
}

const SHAPE: &str = "no ISO 8601 duration; PT1H2M3.5S is one";

/// Three years, as everywhere: what is longer is an accident, and sums of these fit into 64 bits.
const MAX: u64 = 100_000_000_000;

const DATE: [(u8, u128); 2] = [(b'W', 604_800_000), (b'D', 86_400_000)];
const TIME: [(u8, u128); 3] = [(b'H', 3_600_000), (b'M', 60_000), (b'S', 1000)];

/// `1`, `1.5` or `1,5` times `unit`, and whether there is a fraction.
fn amount(number: &str, unit: u128) -> Option<(u128, bool)> {
    let (whole, fraction) = match number.split_once(['.', ',']) {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (number, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    // Nobody writes more digits; the products below then fit.
    if whole.is_empty() || whole.len() > 18 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(9)];
    let scale = 10_u128.pow(u32::try_from(kept.len()).ok()?);
    let part: u128 = if kept.is_empty() {
        0
    } else {
        kept.parse().ok()?
    };
    let whole: u128 = whole.parse().ok()?;
    Some((whole * unit + part * unit / scale, !fraction.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in [
            ("PT0S", 0),
            ("PT45S", 45_000),
            ("PT1.5S", 1500),
            ("PT1,25S", 1250),
            ("PT0.0009999S", 0),
            ("PT16559.14S", 16_559_140),
            ("PT1.5M", 90_000),
            ("PT1H2M3.004S", 3_723_004),
            ("P1D", 86_400_000),
            ("P1DT12H", 129_600_000),
            ("P2W", 1_209_600_000),
            ("PT100000000S", MAX),
        ] {
            assert_eq!(parse(text), Ok(millis), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "P1DT",
            "1H",
            "PT1",
            "PTS",
            "PT.5S",
            "PT1.S",
            "PT1S2M",
            "PT1S1S",
            "P1H",
            "PT1D",
            "-PT1S",
            "PT-1S",
            "PT1.5H2M",
            "P1.5DT1H",
            "P1Y",
            "P1M",
            "P1Y2M3D",
            "pt1s",
            "PT1S ",
            "45",
            "00:45",
            "PT1é",
            "PT100000000.001S",
            "PT99999999999999999999S",
            "PT999999999999999999H",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("P1M").unwrap_err().contains("months"));
    }
}
