//! One number, two rows (一号两件): 投诉 and 举报 of one submission stand in two rows of an export, and make two files of it
//! (Order 121 Art. 9). Both parts come in together, before their rows tell what became of each.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::domain::command::Novelty;
use crate::domain::given::Facts as _;
use crate::domain::ids::RegistrationNumber;
use crate::domain::outcome::FileOutcome;
use crate::domain::submission::Submission;
use crate::exchange::{Item, Parsed, Row, Sheet, Times};

/// The numbers of a sheet that stand in it as a complaint and as a report.
pub(super) struct Pairs {
    both: HashMap<RegistrationNumber, Submission>,
    /// Their rows, with their numbers.
    numbers: HashMap<u32, RegistrationNumber>,
    /// Those that were new, and the rows of them that were told so.
    new: RefCell<HashSet<RegistrationNumber>>,
}

impl Pairs {
    pub(super) fn of(sheet: &Sheet, rows: &[Row], times: Times) -> Self {
        let mut by_number: HashMap<RegistrationNumber, Vec<&Row>> = HashMap::new();
        for row in rows {
            if let Some(number) = sheet.number(row) {
                by_number.entry(number).or_default().push(row);
            }
        }
        let mut pairs = Self { both: HashMap::new(), numbers: HashMap::new(), new: RefCell::default() };
        for (number, rows) in by_number.into_iter().filter(|(_, rows)| rows.len() > 1) {
            let items = rows.iter().filter_map(|row| match sheet.parse(row, times) {
                Parsed::Item(item) => Some(item.submission),
                _ => None,
            });
            if let Some(both) = together(items) {
                pairs.numbers.extend(rows.iter().map(|row| (row.number, number.clone())));
                pairs.both.insert(number, both);
            }
        }
        pairs
    }

    /// Whether a row tells of one of both parts.
    pub(super) fn has(&self, row: &Row) -> bool {
        self.numbers.contains_key(&row.number)
    }

    /// Both parts of a row's submission, to be taken before the row.
    pub(super) fn before(&self, row: &Row, item: &Item) -> Option<Item> {
        let both = self.both.get(self.numbers.get(&row.number)?)?;
        let outcome = FileOutcome {
            ending: None,
            accepted_upstream: false,
            imported_label: None,
            handled_by: None,
            as_of: item.outcome.as_of,
        };
        Some(Item { submission: both.clone(), outcome, warnings: Vec::new() })
    }

    /// Notes what was known of both parts when they came in.
    pub(super) fn took(&self, row: &Row, facts: Novelty) {
        if let (Novelty::New, Some(number)) = (facts, self.numbers.get(&row.number)) {
            self.new.borrow_mut().insert(number.clone());
        }
    }

    /// Whether a row is of a submission that came in with this import: it is new, though it is known by now.
    pub(super) fn is_new(&self, row: &Row) -> bool {
        self.numbers.get(&row.number).is_some_and(|number| self.new.borrow().contains(number))
    }
}

/// A complaint and a report that say the same of everything else, as one submission.
fn together(items: impl Iterator<Item = Submission>) -> Option<Submission> {
    let (mut complaint, mut report): (Option<Submission>, Option<Submission>) = (None, None);
    for item in items {
        let place = if item.complaint.is_some() { &mut complaint } else { &mut report };
        place.get_or_insert(item);
    }
    let (mut both, report) = (complaint?, report?);
    let (mut mine, mut theirs) = (both.clone(), report.clone());
    (mine.complaint, theirs.report) = (None, None);
    if !mine.differences(&theirs).is_empty() {
        return None;
    }
    both.complainant.merge(&report.complainant);
    both.respondent.merge(&report.respondent);
    both.report = report.report;
    Some(both)
}
