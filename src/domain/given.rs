//! A fact as it was given: known, masked (`*****`), or absent - and how two versions of one item compare.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::plain::is_blank;
use super::time::Moment;
use super::violation::Invalid;

/// A fact that a sender may not have. A masked or absent fact equals anything (promise 2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Given<T> {
    /// Not given, or blank.
    #[default]
    Absent,
    /// Given as `*****`: known to the platform, not to us.
    Masked,
    /// Given.
    Known(T),
}

impl<T> Given<T> {
    /// The fact, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Given::Known(value) => Some(value),
            Given::Absent | Given::Masked => None,
        }
    }

    /// For serde: an absent fact takes no bytes.
    pub fn is_absent(&self) -> bool {
        matches!(self, Given::Absent)
    }

    /// Parses a text that may be missing, blank or starred out.
    ///
    /// `masked` says what counts as starred out: a name with one `*` in it is masked,
    /// a story with one `*` in it is not.
    pub fn parse(
        text: Option<&str>,
        masked: fn(&str) -> bool,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Self, Invalid> {
        match text.map(str::trim) {
            None => Ok(Given::Absent),
            Some(text) if is_blank(text) => Ok(Given::Absent),
            Some(text) if masked(text) => Ok(Given::Masked),
            Some(text) => parse(text).map(Given::Known),
        }
    }
}

impl<T> From<Option<T>> for Given<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Given::Absent, Given::Known)
    }
}

/// Absent is left out by the field's attribute, masked is `null`, known is the value.
impl<T: Serialize> Serialize for Given<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.known().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Given::Masked, Given::Known))
    }
}

/// Two versions of the same item, compared and merged field by field (promise 2).
pub trait Facts {
    /// Adds the path of every field in which both versions are known and differ.
    fn differences(&self, other: &Self, path: &str, found: &mut Vec<String>);

    /// Takes over what `newer` knows. True when this version knows more than before.
    fn merge(&mut self, newer: &Self) -> bool;
}

/// A value that can stand as one fact.
pub trait Fact: Clone + PartialEq {
    /// Whether both can be true at once.
    fn agrees(&self, other: &Self) -> bool {
        self == other
    }

    /// Whether `self` says more than `other`, given that they agree.
    fn sharper_than(&self, _other: &Self) -> bool {
        false
    }
}

impl Fact for Moment {
    fn agrees(&self, other: &Self) -> bool {
        self.agrees_with(other)
    }
    fn sharper_than(&self, other: &Self) -> bool {
        other.date_only && !self.date_only
    }
}

impl<T: Fact> Facts for Given<T> {
    fn differences(&self, other: &Self, path: &str, found: &mut Vec<String>) {
        if let (Given::Known(mine), Given::Known(theirs)) = (self, other)
            && !mine.agrees(theirs)
        {
            found.push(path.to_owned());
        }
    }

    fn merge(&mut self, newer: &Self) -> bool {
        let Given::Known(theirs) = newer else { return false };
        let learned = match self {
            Given::Known(mine) => !mine.agrees(theirs) || theirs.sharper_than(mine),
            Given::Absent | Given::Masked => true,
        };
        if learned {
            *self = newer.clone();
        }
        learned
    }
}

/// Implements [`Facts`] for a struct by naming its fields once.
macro_rules! facts {
    ($name:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::domain::given::Facts for $name {
            fn differences(&self, other: &Self, path: &str, found: &mut Vec<String>) {
                $( self.$field.differences(&other.$field, &format!("{path}.{}", stringify!($field)), found); )+
            }
            fn merge(&mut self, newer: &Self) -> bool {
                let mut learned = false;
                $( learned |= self.$field.merge(&newer.$field); )+
                learned
            }
        }
    };
}
pub(crate) use facts;
