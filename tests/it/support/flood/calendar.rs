//! Working days and hours of June 2026, counted the slow way.

const MICROS_OF_MINUTE: i64 = 60_000_000;
const MINUTES_OF_DAY: i64 = 24 * 60;
/// Hours of the office, in minutes of the day.
const OFFICE: [(i64, i64); 2] = [(8 * 60 + 30, 12 * 60), (14 * 60 + 30, 17 * 60 + 30)];
/// 2026-06-19, Dragon Boat: off. The weekend after it is off anyway.
const DRAGON_BOAT: i64 = 20_623;

/// The day of a time, by UTC+8.
pub(crate) fn day_of(micros: i64) -> i64 {
    (micros.div_euclid(MICROS_OF_MINUTE) + 8 * 60).div_euclid(MINUTES_OF_DAY)
}

fn is_working(day: i64) -> bool {
    // 1970-01-01 was a Thursday.
    (day + 3).rem_euclid(7) < 5 && day != DRAGON_BOAT
}

/// The `n`th working day after a day.
pub(crate) fn plus_working_days(day: i64, n: usize) -> i64 {
    (day + 1..).filter(|day| is_working(*day)).nth(n - 1).unwrap_or(day)
}

/// At most one working day is left.
pub(crate) fn is_urgent(due: i64, today: i64) -> bool {
    (today + 1..=due).filter(|day| is_working(*day)).count() <= 1
}

/// Whole minutes of office hours between two times.
pub(crate) fn working_minutes(from: i64, to: i64) -> i64 {
    let open = |day: i64| {
        OFFICE.map(|(opens, closes)| (day * MINUTES_OF_DAY + opens, day * MINUTES_OF_DAY + closes))
    };
    let local = |micros: i64| micros + 8 * 60 * MICROS_OF_MINUTE;
    let mut worked = 0;
    for day in (day_of(from)..=day_of(to)).filter(|day| is_working(*day)) {
        for (opens, closes) in open(day) {
            let (opens, closes) = (opens * MICROS_OF_MINUTE, closes * MICROS_OF_MINUTE);
            worked += (closes.min(local(to)) - opens.max(local(from))).max(0);
        }
    }
    worked / MICROS_OF_MINUTE
}
