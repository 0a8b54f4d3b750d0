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
    /// Was given, and is gone since its time to be kept was over (已按规定清除).
    Purged,
}

/// What is shown in the place of what was purged.
pub const PURGED: &str = "（已按规定清除）";

impl<T> Given<T> {
    /// The fact, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Given::Known(value) => Some(value),
            Given::Absent | Given::Masked | Given::Purged => None,
        }
    }

    /// The same of another value.
    pub fn map<U>(&self, value: impl FnOnce(&T) -> U) -> Given<U> {
        match self {
            Given::Absent => Given::Absent,
            Given::Masked => Given::Masked,
            Given::Known(known) => Given::Known(value(known)),
            Given::Purged => Given::Purged,
        }
    }

    /// Whether it was given, be it gone since.
    pub fn was_given(&self) -> bool {
        matches!(self, Given::Known(_) | Given::Purged)
    }

    /// Takes the fact away, and keeps that it was given. What was masked is not told from what is absent any more: a stored
    /// tombstone has one form for what was given, and that is the form of a masked fact.
    pub fn purge(&mut self) {
        *self = if self.was_given() { Given::Purged } else { Given::Absent };
    }

    /// Of a stored tombstone: what has the form of a masked fact was given.
    pub fn as_tombstone(&mut self) {
        if matches!(self, Given::Masked) {
            *self = Given::Purged;
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

/// How a fact is read from what was written (填写规则), the same over every door.
pub struct Rule<T> {
    /// What says nothing: blank already is, 无 and `/` may be.
    pub absent: fn(&str) -> bool,
    /// What stands for a value that is kept from us.
    pub masked: fn(&str) -> bool,
    /// What it is otherwise.
    pub parse: fn(&str) -> Result<T, Invalid>,
}

impl<T> Rule<T> {
    /// Reads a text that may be missing.
    pub fn read(&self, text: Option<&str>) -> Result<Given<T>, Invalid> {
        let text = text.filter(|text| !(self.absent)(text));
        Given::parse(text, self.masked, self.parse)
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

/// A value that can be one fact.
pub trait Fact: Clone + PartialEq {
    /// As people read it.
    fn words(&self) -> String;

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
    fn words(&self) -> String {
        if self.date_only { self.at.day().to_string() } else { self.at.display() }
    }
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
        let learned = match (&*self, newer) {
            (Given::Known(mine), Given::Known(theirs)) => !mine.agrees(theirs) || theirs.sharper_than(mine),
            (_, Given::Known(_)) | (Given::Absent | Given::Masked, Given::Purged) => true,
            _ => false,
        };
        if learned {
            *self = newer.clone();
        }
        learned
    }
}

/// The catalogue's row of a fact: what it is called and whether it belongs to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactName {
    /// The field's name in its struct.
    pub field: &'static str,
    /// The word for people.
    pub zh: &'static str,
    /// What stands in its place where it must not be read; none for what belongs to nobody.
    pub cover: Option<&'static str>,
}

/// Declares a struct of facts, and with it the catalogue of them: `phone: Phone = "联系电话", "〔号码〕";` is a field
/// `Given<Phone>`, called 联系电话, and covered by 〔号码〕 where it must not be read. Showing, comparing, merging and covering go
/// over all of them. An absent fact takes no bytes; one behind `[always]` is written as `null`.
macro_rules! facts {
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            $([always] $(#[$adoc:meta])* $always:ident: $atype:ty = $azh:literal;)?
            $($(#[$fdoc:meta])* $field:ident: $type:ty = $zh:literal $(, $cover:literal)?;)+
        }
    ) => {
        $(#[$doc])*
        pub struct $name {
            $($(#[$adoc])* pub $always: $crate::domain::given::Given<$atype>,)?
            $(
                $(#[$fdoc])*
                #[serde(default, skip_serializing_if = "Given::is_absent")]
                pub $field: $crate::domain::given::Given<$type>,
            )+
        }

        impl $name {
            /// Its facts, in the order in which people are shown them.
            pub const NAMES: &'static [$crate::domain::given::FactName] = &[
                $($crate::domain::given::FactName { field: stringify!($always), zh: $azh, cover: None },)?
                $($crate::domain::given::FactName {
                    field: stringify!($field),
                    zh: $zh,
                    cover: $crate::domain::given::first(&[$($cover)?]),
                },)+
            ];

            /// Takes away what was given of it, but for the facts named.
            pub fn purge(&mut self, but: &[&str]) {
                $(if !but.contains(&stringify!($always)) { self.$always.purge(); })?
                $(if !but.contains(&stringify!($field)) { self.$field.purge(); })+
            }

            /// As it is read from a tombstone.
            pub fn as_tombstone(&mut self) {
                $(self.$always.as_tombstone();)?
                $(self.$field.as_tombstone();)+
            }

            /// Each fact in words, in the order of [`Self::NAMES`].
            pub fn shown(&self) -> impl Iterator<Item = (&'static $crate::domain::given::FactName, Given<String>)> {
                let words = [
                    $(self.$always.map($crate::domain::given::Fact::words),)?
                    $(self.$field.map($crate::domain::given::Fact::words),)+
                ];
                Self::NAMES.iter().zip(words)
            }
        }

        impl $crate::domain::given::Facts for $name {
            fn differences(&self, other: &Self, path: &str, found: &mut Vec<String>) {
                $(self.$always.differences(&other.$always, &format!("{path}.{}", stringify!($always)), found);)?
                $(self.$field.differences(&other.$field, &format!("{path}.{}", stringify!($field)), found);)+
            }
            fn merge(&mut self, newer: &Self) -> bool {
                let mut learned = false;
                $(learned |= self.$always.merge(&newer.$always);)?
                $(learned |= self.$field.merge(&newer.$field);)+
                learned
            }
        }
    };
}

/// The one value of a list that has one.
pub(crate) const fn first(list: &[&'static str]) -> Option<&'static str> {
    if let [first, ..] = list { Some(first) } else { None }
}
pub(crate) use facts;
