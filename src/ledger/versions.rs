//! The versions of the code that decides: the one place that names them.
//!
//! Each event is stored with [`DECISION_VERSION`], each term with [`TERM_VERSION`]. A replay decides again what was decided by these versions,
//! and must come to the same. What was decided by others it takes over and counts apart; a database of a release that had no
//! versions is of another one, too.
//!
//! A change by which the same history is decided otherwise raises them. Forgotten, it is noticed: the databases kept in
//! `tests/fixtures/` are replayed, and differ.

/// Raise it when the same event, on the same history, gives another vector, score, band or reason, another unit or other
/// candidates, another cluster or kind of work, or other files of a pull. The feature table has a digest of its own beside it.
pub(crate) const DECISION_VERSION: i16 = 7;

/// Raise it when the same file owes something else, or by another day: terms, calendars of years past, how days are counted.
pub(crate) const TERM_VERSION: i16 = 2;

/// The first version that keeps what an earlier complaint was about (`history.matter`). A replay leaves it out of what older ones
/// took in, as they did; how a matter is read out of a text may change only together with a way to keep the old reading.
pub(crate) const MATTER_SINCE: i16 = 2;

/// The first version that reads sums as people say them, and no demand in what the shop offered. A replay reads the matter of
/// what older ones took in as they did.
pub(crate) const SPOKEN_SINCE: i16 = 5;

/// The first version in which of every list only the complainant's own words count. A replay reads the matter of what older ones took
/// in as they did.
pub(crate) const OWNED_SINCE: i16 = 6;

/// The first version that reads what the words mean: a label that is only named is not complained of, a shop's own rule is no demand. A
/// replay reads the matter of what older ones took in as they did.
pub(crate) const MEANT_SINCE: i16 = 7;

/// The first version in which a duty to tell is kept by a notice alone, testing lets terms stand still, and what had run out
/// stays late whatever follows. A replay does what older ones did with older events.
pub(crate) const ACTS_SINCE: i16 = 3;
