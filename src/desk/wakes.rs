//! Waking pulls that wait: one signal per unit and track, so that a commit wakes only whom it concerns.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::ids::{BureauId, Track, UnitId};

/// Signals by whose queue they are of.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    signals: Mutex<HashMap<(BureauId, UnitId, Track), watch::Sender<()>>>,
}

impl Wakes {
    /// A receiver that changes when the unit's queue grows.
    pub(super) fn watch(&self, bureau: BureauId, unit: &UnitId, track: Track) -> watch::Receiver<()> {
        let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        signals.entry((bureau, unit.clone(), track)).or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Wakes the waiting pulls of these units.
    pub(super) fn wake(&self, bureau: BureauId, grown: &BTreeSet<(UnitId, Track)>) {
        let signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        for (unit, track) in grown {
            if let Some(signal) = signals.get(&(bureau, unit.clone(), *track)) {
                signal.send_replace(());
            }
        }
    }
}
