//! Expected effort of a file (预计工作量): the bureau's own figure for its kind, corrected by what its kind has taken.
//!
//! How long a file is held is not how much work it is. But a kind of file that is held twice as long as the others of
//! its track is taken for twice the work, as far as there are enough of them to say so.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::domain::decision::Band;
use crate::domain::ids::Track;
use crate::domain::plain::bare;
use crate::domain::submission::Part;

use super::Incoming;
use super::bureau::{Bureau, SpecialLine};
use super::scope::Scope;

/// Files of one kind at which its own figure and the bureau's prior weigh the same.
const PRIOR_FILES: i64 = 20;
/// What a kind may count at least and at most, in hundredths of its prior.
const PERCENT: (i64, i64) = (25, 400);

/// The bureau's own figure for some files (工作量), in place of the general one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffortRow {
    /// Which files.
    pub scope: Scope,
    /// In centiunits.
    pub centiunits: i64,
}

/// The kind of a file, as far as effort goes: its problem category below the root. Empty when none is known.
pub fn kind(part: &Part) -> Cow<'_, str> {
    let path = part.problem_category.known().map_or("".into(), |category| bare(category.as_str()));
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(below_root(path)),
        Cow::Owned(path) => Cow::Owned(below_root(&path).to_owned()),
    }
}

fn below_root(path: &str) -> &str {
    let mut steps = path.split("->").map(str::trim);
    let root = steps.next().unwrap_or("");
    steps.next().unwrap_or(root)
}

/// What kinds of files have taken, in hundredths of their prior (实际用时修正).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    percent: HashMap<(Track, String), i64>,
}

/// The name under which files of a whole track stand beside those of its kinds.
pub const WHOLE_TRACK: &str = "";

impl Learned {
    /// From how long the bureau's latest files of each kind were held (办理时长), in working minutes; those of a whole track
    /// under [`WHOLE_TRACK`]. A track is compared with itself alone: nothing of complaints reaches a report (promise 4).
    pub fn from_held(held: HashMap<(Track, String), Vec<i64>>) -> Self {
        let medians: HashMap<(Track, String), (i64, i64)> = held
            .into_iter()
            .filter_map(|(of, mut minutes)| {
                minutes.sort_unstable();
                let median = *minutes.get(minutes.len() / 2)?;
                Some((of, (i64::try_from(minutes.len()).unwrap_or(i64::MAX), median)))
            })
            .collect();
        let whole = |track| medians.get(&(track, WHOLE_TRACK.to_owned())).map_or(0, |(_, median)| *median);
        let shrunk = |(track, kind): &(Track, String), (files, median): &(i64, i64)| {
            let whole = whole(*track);
            let own = (whole > 0 && kind != WHOLE_TRACK).then(|| median.saturating_mul(100) / whole)?;
            let own = own.clamp(PERCENT.0, PERCENT.1);
            Some((files * own + PRIOR_FILES * 100) / (files + PRIOR_FILES))
        };
        let percent = medians.iter().filter_map(|(of, held)| Some((of.clone(), shrunk(of, held)?))).collect();
        Self { percent }
    }

    fn percent(&self, track: Track, kind: &str) -> i64 {
        if self.percent.is_empty() {
            return 100;
        }
        self.percent.get(&(track, kind.to_owned())).copied().unwrap_or(100)
    }
}

/// Expected effort, in centiunits: at least one. `in_bundle` files of the same bundle are open already; from as many on as
/// the bureau sets, one more is a fraction of the work.
pub(super) fn expected(
    bureau: &Bureau,
    learned: &Learned,
    line: Option<&SpecialLine>,
    part: Option<&Part>,
    incoming: Incoming,
    in_bundle: i64,
) -> i64 {
    let work = bureau.work_units();
    let track = incoming.track();
    let row = part.and_then(|part| bureau.efforts().iter().find(|row| row.scope.holds(track, part)));
    let prior = row.map(|row| row.centiunits);
    let whole = line.and_then(|line| line.centiunits).unwrap_or(match incoming {
        Incoming::Report => prior.unwrap_or(work.report),
        // Proof of the consumer relation has to be checked, whatever the kind (Order 121 Art. 17).
        Incoming::Complaint(Band::High) => {
            prior.map_or(work.suspected, |prior| prior + (work.suspected - work.complaint).max(0))
        }
        Incoming::Complaint(_) => prior.unwrap_or(work.complaint),
    });
    let percent = part.map_or(100, |part| learned.percent(track, &kind(part)));
    let settings = bureau.settings();
    let bundled = if in_bundle >= settings.bundle_from { settings.bundle_percent } else { 100 };
    (whole * percent / 100 * bundled / 100).max(1)
}
