//! What belongs to a person, or was written by one: it can be read where it is used, and never printed by accident.

use std::fmt::{self, Debug, Formatter};

use serde::{Deserialize, Serialize};

/// A value that `Debug` never shows, for that ends up in logs and panics. Every type that holds a name, a number, an address
/// or somebody's own words holds them as this, so that whatever derives `Debug` around it is safe, too.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Hides a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for whoever works with it: not to be logged, nor put into an error.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The same, to change it.
    pub fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }

    /// The value itself.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> Debug for Personal<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("(personal)")
    }
}
