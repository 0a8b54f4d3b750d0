//! Whether marks say anything that the score did not say before (标注是否只是照抄档次).
//!
//! Where everything that was not High is marked 否, the next model learns that what was not pointed at is honest: it finds less
//! and less, and its marks never show it. A blank is unlabelled, and teaches nothing wrong.

use std::fmt;

use crate::domain::decision::Band;

use super::dataset::Logged;

/// Complaints of each sort that such a pattern needs.
const LEAST: usize = 30;
/// More blanks than this, in hundredths, and people do leave out what they did not look at.
const MOST_BLANK: usize = 5;
/// Of what was not High, at most so many in a thousand are suspected after all.
const MOST_FOUND: usize = 5;
/// Of what was High, at least so many in a hundred are suspected.
const LEAST_AGREED: usize = 90;

/// Complaints that were scored when they came in, by what was said of them since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Marks {
    /// High, labelled.
    pub high: usize,
    /// Of these, suspected.
    pub high_suspected: usize,
    /// Low or Medium, labelled.
    pub rest: usize,
    /// Of these, suspected.
    pub rest_suspected: usize,
    /// Low or Medium, not labelled.
    pub rest_blank: usize,
}

impl Marks {
    /// Counts what was scored; history that was never scored shows nothing.
    #[must_use]
    pub fn of(logged: &[Logged]) -> Self {
        let mut marks = Self::default();
        for row in logged {
            let suspected = row.label.map(|(suspected, _)| usize::from(suspected));
            match (row.band, suspected) {
                (Some(Band::High), Some(suspected)) => {
                    (marks.high, marks.high_suspected) = (marks.high + 1, marks.high_suspected + suspected);
                }
                (Some(Band::Low | Band::Medium), Some(suspected)) => {
                    (marks.rest, marks.rest_suspected) = (marks.rest + 1, marks.rest_suspected + suspected);
                }
                (Some(Band::Low | Band::Medium), None) => marks.rest_blank += 1,
                _ => {}
            }
        }
        marks
    }

    /// Whether blanks have become 否 and the marks follow the band.
    #[must_use]
    pub fn follow_the_band(&self) -> bool {
        let Self { high, high_suspected, rest, rest_suspected, rest_blank } = *self;
        high >= LEAST
            && rest >= LEAST
            && 100 * rest_blank <= MOST_BLANK * (rest + rest_blank)
            && 1_000 * rest_suspected <= MOST_FOUND * rest
            && 100 * high_suspected >= LEAST_AGREED * high
    }
}

/// The warning, for a terminal.
impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { high, high_suspected, rest, rest_suspected, rest_blank } = self;
        write!(
            f,
            "注意：标注与评分时的档次几乎一致：提示“高”的 {high} 件中 {high_suspected} 件标为疑似，其余 {rest} 件中只有 \
             {rest_suspected} 件标为疑似，空白的只有 {rest_blank} 件。没有核查的件请留空，不要标“否”；\
             否则模型会把没有提示的都当作正常，查全率逐次下降，而指标看不出来"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use crate::training::Trust;

    fn marks(rows: &[(Band, Option<bool>, usize)]) -> Marks {
        let logged = rows.iter().flat_map(|(band, label, times)| {
            let label = label.map(|suspected| (suspected, Trust::ImportedLabel));
            let (received, vector) = (Timestamp(0), Vec::new());
            std::iter::repeat_n(
                Logged { order: 0, received, group: 0, label, band: Some(*band), vector },
                *times,
            )
        });
        Marks::of(&logged.collect::<Vec<_>>())
    }

    #[test]
    fn blanks_that_became_no_are_seen_and_honest_marks_are_not_blamed() {
        let copied =
            [(Band::High, Some(true), 100), (Band::Low, Some(false), 600), (Band::Medium, Some(false), 60)];
        assert!(marks(&copied).follow_the_band());
        assert!(marks(&copied).to_string().contains("660"));
        let blank = [(Band::High, Some(true), 100), (Band::Low, Some(false), 600), (Band::Low, None, 60)];
        assert!(!marks(&blank).follow_the_band(), "who leaves blanks does not copy");
        let found =
            [(Band::High, Some(true), 100), (Band::Low, Some(false), 600), (Band::Medium, Some(true), 20)];
        assert!(!marks(&found).follow_the_band(), "who finds some has looked");
        assert!(!marks(&[(Band::NotScored, Some(false), 900)]).follow_the_band());
    }
}
