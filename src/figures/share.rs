//! A share with its interval (占比及区间).

use serde::Serialize;

/// The quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// A part of a whole, with the 95 % interval after Wilson: it stays within 0 and 1, and is honest about few files.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// The part.
    pub part: i64,
    /// The whole.
    pub whole: i64,
    /// Lower end; none of nothing.
    pub low: Option<f64>,
    /// Upper end; none of nothing.
    pub high: Option<f64>,
}

impl Share {
    /// The share of a part in a whole.
    #[must_use]
    pub fn of(part: i64, whole: i64) -> Self {
        if whole <= 0 {
            return Self { part, whole, low: None, high: None };
        }
        let (n, p) = (whole as f64, part as f64 / whole as f64);
        let (z2, scale) = (Z * Z, 1.0 + Z * Z / n);
        let centre = (p + z2 / (2.0 * n)) / scale;
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / scale;
        // The ends are exact where all or nothing is the part.
        let low = if part == 0 { 0.0 } else { (centre - half).max(0.0) };
        let high = if part == whole { 1.0 } else { (centre + half).min(1.0) };
        Self { part, whole, low: Some(low), high: Some(high) }
    }

    /// The share itself; none of nothing.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// In words: 25.0%（95%区间 20.1%至30.6%）.
    #[must_use]
    pub fn zh(self) -> String {
        let percent = |share: f64| format!("{:.1}%", 100.0 * share);
        match (self.share(), self.low, self.high) {
            (Some(share), Some(low), Some(high)) => {
                format!("{}（95%区间 {}至{}）", percent(share), percent(low), percent(high))
            }
            _ => "-".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked examples of the literature: 81 of 263 (Newcombe 1998: 0.2553 to 0.3662), 15 of 148 (0.0624 to 0.1605),
    /// 0 of 20 (0 to 0.1611), 1 of 29 (0.0061 to 0.1718).
    #[test]
    fn the_interval_is_wilsons() {
        for (part, whole, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let share = Share::of(part, whole);
            assert!((share.low.unwrap() - low).abs() < 5e-5, "{share:?}");
            assert!((share.high.unwrap() - high).abs() < 5e-5, "{share:?}");
        }
        assert_eq!((Share::of(0, 0).zh(), Share::of(5, 5).high), ("-".to_owned(), Some(1.0)));
        assert_eq!(Share::of(81, 263).zh(), "30.8%（95%区间 25.5%至36.6%）");
    }
}
