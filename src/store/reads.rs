//! What the database is asked, counted: how many rows it gives back, in how many statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts of a store since it was opened. Cheap to clone; all clones count together.
#[derive(Debug, Clone, Default)]
pub struct Reads(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    rows: AtomicU64,
    statements: AtomicU64,
}

impl Reads {
    /// A statement was run and gave back so many rows.
    pub(super) fn count(&self, rows: usize) {
        self.0.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.0.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Rows given back so far.
    pub fn rows(&self) -> u64 {
        self.0.rows.load(Ordering::Relaxed)
    }

    /// Statements run so far.
    pub fn statements(&self) -> u64 {
        self.0.statements.load(Ordering::Relaxed)
    }
}
