//! A store that fails when it is told to, for the proofs. A value and not a setting: nothing in the service makes one, and
//! `tests/it/tidy.rs` sees to that.

use std::io;
use std::sync::Arc;

use super::StoreError;

/// Where a transaction may fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// It does not begin.
    Begin,
    /// One of its statements is not done.
    Statement,
    /// The commit comes to nothing.
    Commit,
    /// The commit is true, and its answer is lost.
    Answer,
}

/// Says of each place, in the order in which they are come to, whether the connection is lost there.
#[derive(Clone)]
pub struct Faults(Arc<dyn Fn(Place) -> bool + Send + Sync>);

impl Faults {
    /// Faults where `fails` says so.
    pub fn new(fails: impl Fn(Place) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(fails))
    }

    pub(super) fn at(faults: Option<&Self>, place: Place) -> Result<(), StoreError> {
        match faults {
            Some(Self(fails)) if fails(place) => {
                Err(sqlx::Error::Io(io::ErrorKind::ConnectionReset.into()).into())
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults")
    }
}
