//! A clock that is watched: its readings are judged before anything is written under them ([`crate::domain::trust`]).
//!
//! The last trusted reading is kept in a small file, so that every command and every restart of the service on this
//! machine goes by the same one. It says nothing of other machines and loses its meaning when this one is restarted.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::NamedTempFile;
use tracing::{error, info, warn};

use super::Clock;
use crate::domain::time::Timestamp;
use crate::domain::trust::{RENEWED_AFTER_S, Reading, Untrusted, judge};

/// The name of the file in the data directory.
const FILE: &str = "clock.json";

/// The time since the machine started, asleep or not: nobody can set it.
#[derive(Debug, Clone)]
pub enum Uptime {
    /// The machine's, in one of its runs.
    Machine {
        /// Which run; none where the system does not say.
        boot: Option<String>,
    },
    /// One that moves only when it is moved, of a machine that is restarted by hand.
    Manual {
        /// How often it was restarted.
        boot: Arc<AtomicI64>,
        /// Microseconds since then.
        up_us: Arc<AtomicI64>,
    },
}

impl Uptime {
    /// The machine's.
    pub fn machine() -> Self {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
        Uptime::Machine { boot: boot.map(|boot| boot.trim().to_owned()) }
    }

    /// Which run of the machine, and microseconds since its start. None where the system does not say.
    fn read(&self) -> Option<(String, i64)> {
        match self {
            Uptime::Manual { boot, up_us } => {
                Some((boot.load(Ordering::SeqCst).to_string(), up_us.load(Ordering::SeqCst)))
            }
            #[cfg(target_os = "linux")]
            Uptime::Machine { boot } => {
                let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
                Some((boot.clone()?, up.tv_sec.checked_mul(1_000_000)? + up.tv_nsec / 1_000))
            }
            #[cfg(not(target_os = "linux"))]
            Uptime::Machine { .. } => None,
        }
    }
}

/// A clock, what it is held against, and what was last believed of it.
#[derive(Debug)]
pub struct Watch {
    clock: Clock,
    uptime: Uptime,
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: Option<Reading>,
    /// Whether it has been logged that the clock is not trusted.
    reported: bool,
}

impl Watch {
    /// Watches `clock`; the last trusted reading is kept in `directory`.
    pub fn new(clock: Clock, uptime: Uptime, directory: &Path) -> Self {
        let path = directory.join(FILE);
        let state = Mutex::new(State { known: kept(&path), reported: false });
        Self { clock, uptime, path, state }
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    fn reading(&self) -> Reading {
        let at = self.clock.now();
        // Without it every reading is of a run of its own: only the history is left to judge by.
        let (boot, up_us) = self.uptime.read().unwrap_or_default();
        Reading { boot, up_us, at }
    }

    pub(super) fn trusted(&self, last: Timestamp) -> Result<Timestamp, Untrusted> {
        let now = self.reading();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut judged = judge(&now, known(&state, &now), last);
        if judged.is_err() {
            // Somebody may have confirmed it meanwhile, in another process.
            state.known = kept(&self.path).or(state.known.take());
            judged = judge(&now, known(&state, &now), last);
        }
        if let Err(untrusted) = judged {
            if !std::mem::replace(&mut state.reported, true) {
                error!(
                    reason = %untrusted,
                    "the clock is not trusted and nothing is written until it is right again, or confirmed with \
                     `triage clock accept`"
                );
            }
            return Err(untrusted);
        }
        if std::mem::take(&mut state.reported) {
            info!("the clock is trusted again");
        }
        if !now.boot.is_empty() && known(&state, &now).is_none_or(|known| is_old(known, &now)) {
            if let Err(error) = self.keep(&now) {
                // It is known here; another process goes by the history until it can be kept.
                warn!(%error, path = %self.path.display(), "the reading of the clock was not kept");
            }
            state.known = Some(now.clone());
        }
        Ok(now.at)
    }

    pub(super) fn accept(&self) -> io::Result<()> {
        let now = self.reading();
        self.keep(&now)?;
        self.state.lock().unwrap_or_else(PoisonError::into_inner).known = Some(now);
        Ok(())
    }

    /// Written aside and put in place: a reader finds the one reading or the other.
    fn keep(&self, reading: &Reading) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(directory)?;
        file.write_all(&serde_json::to_vec(reading)?)?;
        file.persist(&self.path)?;
        Ok(())
    }
}

/// The known reading, if it is of this run of the machine.
fn known<'s>(state: &'s State, now: &Reading) -> Option<&'s Reading> {
    let of_this_run = |known: &&Reading| !now.boot.is_empty() && known.boot == now.boot;
    state.known.as_ref().filter(of_this_run)
}

fn is_old(known: &Reading, now: &Reading) -> bool {
    now.up_us.saturating_sub(known.up_us) > RENEWED_AFTER_S.saturating_mul(1_000_000)
}

/// A file that cannot be read is as none: the history is left to judge by.
fn kept(path: &Path) -> Option<Reading> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
