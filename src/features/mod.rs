//! What can be seen in one complaint and in the past its complainant's handles lead to, as a vector of numbers.
//!
//! Pure: no I/O, no clock, no logging; the same code serves, replays and trains (promise 5). Everything is read
//! as of the complaint's receive time.
//!
//! What this room may not know (promise 16): reports, findings on persons, reconsiderations, lawsuits,
//! information requests; gender, age, ethnicity, native place; the content of a document number. It sees a
//! complaint's own part and [`history::Entry`]s, which are key hashes; of the complainant nothing else. Nothing here judges a person: each number describes conduct in one complaint
//! (Order 121 Art. 17). `docs/features.md` lists all that is read.

mod guards;
pub mod history;
mod links;
mod near_duplicates;
pub mod observation;
mod page;
pub mod pairs;
pub mod signals;
pub mod table;
pub mod template;

pub use observation::{Observation, lacking, observe};
pub(crate) use page::prior;
pub use page::{most, page};
pub use pairs::{MOST_PAIRS, PAIRS, Pair};
pub use signals::{Reading, Signals, matter};
pub use table::{Direction, FEATURES, Feature, Measure, schema_hash};
