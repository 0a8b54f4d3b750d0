//! Whether a reading of the machine's clock may be written down: a time that is wrong once stays in the history.
//!
//! Two things are held against the clock: the last event of the bureau, and the time since the machine started, which
//! nobody can set. Between two readings of one run of the machine both must advance alike.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// How far the clock may be behind the last event. Machines that share a database differ by seconds, a clock that is
/// corrected by little goes back by less; meanwhile the bureau's time does not move.
pub const MOST_BEHIND_S: i64 = 300;

/// How far the clock may be set, forward or back, between two readings of one run of the machine. Corrections over the
/// network are far smaller or are slewed, which moves both clocks alike; a virtual machine that was stopped for its backup
/// is set forward by a minute or so. Well below the shortest lease and far below a day.
pub const MOST_STEP_S: i64 = 300;

/// How far the clock may be ahead of the last event when the machine has been restarted since. A bureau that was idle
/// over the Spring Festival (10 days) or stood still for a move starts without a question; an empty battery, a swapped
/// year or a wrong epoch is years away.
pub const MOST_IDLE_DAYS: i64 = 60;

/// A trusted reading is renewed after this long. Steps below [`MOST_STEP_S`] then add up to no more than that in a day,
/// and small ones of many months stop nobody.
pub const RENEWED_AFTER_S: i64 = 86_400;

/// Both clocks of a machine at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Which run of the machine: changes when it is restarted.
    pub boot: String,
    /// Microseconds since the machine started, asleep or not.
    pub up_us: i64,
    /// What its clock said.
    pub at: Timestamp,
}

/// Why a reading is not written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// Behind the history.
    #[error("the clock says {}, {by_s} s before the last event of the bureau ({})", now.display(), last.display())]
    Behind {
        /// What the clock says.
        now: Timestamp,
        /// Time of the last event.
        last: Timestamp,
        /// By how much, in seconds.
        by_s: i64,
    },
    /// It was set.
    #[error("the clock was set by {by_s} s: it says {}, and {} is expected", now.display(), expected.display())]
    Jumped {
        /// What the clock says.
        now: Timestamp,
        /// What it should say after the time that has passed.
        expected: Timestamp,
        /// By how much, in seconds; negative when it was set back.
        by_s: i64,
    },
    /// Far ahead of the history.
    #[error("the clock says {}, {by_days} days after the last event of the bureau ({})", now.display(), last.display())]
    Ahead {
        /// What the clock says.
        now: Timestamp,
        /// Time of the last event.
        last: Timestamp,
        /// By how much, in days.
        by_days: i64,
    },
}

impl Untrusted {
    /// The same for a Chinese reader.
    pub fn zh(self) -> String {
        match self {
            Untrusted::Behind { now, last, by_s } => {
                format!("本机时钟（{}）比最后一条记录（{}）早 {by_s} 秒", now.display(), last.display())
            }
            Untrusted::Jumped { now, expected, by_s } => {
                let (way, by) = if by_s < 0 { ("后", by_s.saturating_neg()) } else { ("前", by_s) };
                format!("本机时钟被向{way}调了 {by} 秒：现为 {}，应为 {}", now.display(), expected.display())
            }
            Untrusted::Ahead { now, last, by_days } => {
                format!("本机时钟（{}）比最后一条记录（{}）晚 {by_days} 天", now.display(), last.display())
            }
        }
    }

    /// The latest time that is believed all the same: what the time since the last reading makes of it. None when there is
    /// nothing but the history to go by.
    pub fn believed(self) -> Option<Timestamp> {
        match self {
            Untrusted::Jumped { expected, .. } => Some(expected),
            Untrusted::Behind { .. } | Untrusted::Ahead { .. } => None,
        }
    }
}

/// Judges a reading by the last trusted one and by the time of the bureau's last event (0 when there is none: the first
/// event of a bureau may have any time).
pub fn judge(now: &Reading, known: Option<&Reading>, last: Timestamp) -> Result<(), Untrusted> {
    const MICROS: i64 = 1_000_000;
    let at = now.at;
    let known = known.filter(|known| known.boot == now.boot);
    if let Some(known) = known {
        let expected = Timestamp(known.at.0.saturating_add(now.up_us.saturating_sub(known.up_us)));
        let by_s = at.0.saturating_sub(expected.0) / MICROS;
        if by_s.saturating_abs() > MOST_STEP_S {
            return Err(Untrusted::Jumped { now: at, expected, by_s });
        }
    }
    let ahead_s = at.0.saturating_sub(last.0) / MICROS;
    if ahead_s < -MOST_BEHIND_S {
        return Err(Untrusted::Behind { now: at, last, by_s: ahead_s.saturating_neg() });
    }
    let by_days = ahead_s / 86_400;
    if known.is_none() && last.0 > 0 && by_days > MOST_IDLE_DAYS {
        return Err(Untrusted::Ahead { now: at, last, by_days });
    }
    Ok(())
}

/// Whether a person's watch agrees with a clock, within what a step of it may be.
pub fn agrees(clock: Timestamp, watch: Timestamp) -> bool {
    clock.0.abs_diff(watch.0) / 1_000_000 <= MOST_STEP_S.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY_S: i64 = 86_400;
    const START: Timestamp = Timestamp(1_780_275_600_000_000);

    fn reading(boot: &str, up_s: i64, at_s: i64) -> Reading {
        Reading { boot: boot.to_owned(), up_us: up_s * 1_000_000, at: START.plus_seconds(at_s) }
    }

    #[test]
    fn a_restart_after_a_holiday_is_no_jump_and_one_after_years_is() {
        for days in [0, 1, 10, MOST_IDLE_DAYS] {
            assert_eq!(judge(&reading("b", 5, days * DAY_S), None, START), Ok(()), "{days}");
            assert_eq!(judge(&reading("b", 5, days * DAY_S), Some(&reading("a", 9, 0)), START), Ok(()));
        }
        for days in [MOST_IDLE_DAYS + 1, 365, 20_000] {
            let judged = judge(&reading("b", 5, days * DAY_S), Some(&reading("a", 9, 0)), START);
            assert!(matches!(judged, Err(Untrusted::Ahead { by_days, .. }) if by_days == days), "{judged:?}");
        }
        let days = 100 * DAY_S;
        assert_eq!(judge(&reading("a", days, days), Some(&reading("a", 0, 0)), START), Ok(()), "it ran on");
        assert_eq!(judge(&reading("a", 0, 0), None, Timestamp(0)), Ok(()), "the first event");
    }

    proptest! {
        /// While the machine runs, what is trusted is what has advanced with it, and nothing else.
        #[test]
        fn only_what_advances_with_the_machine_is_trusted(
            passed_s in 0_i64..4_000_000, step_s in -40_000_000_i64..2_000_000_000, idle_s in 0_i64..4_000_000,
        ) {
            let known = reading("a", 100, idle_s);
            let now = reading("a", 100 + passed_s, idle_s + passed_s + step_s);
            let judged = judge(&now, Some(&known), START);
            if step_s.abs() > MOST_STEP_S {
                let is_reported = matches!(judged, Err(Untrusted::Jumped { by_s, .. }) if by_s == step_s);
                prop_assert!(is_reported, "{judged:?}");
                let expected = judged.unwrap_err().believed();
                prop_assert_eq!(expected, Some(START.plus_seconds(idle_s + passed_s)));
            } else if idle_s + passed_s + step_s >= -MOST_BEHIND_S {
                prop_assert_eq!(judged, Ok(()));
            } else {
                let is_behind = matches!(judged, Err(Untrusted::Behind { .. }));
                prop_assert!(is_behind, "{judged:?}");
            }
        }
    }
}
