//! Which files a row of the bureau file holds for (适用范围): by track and by words of their categories.

use crate::domain::given::Given;
use crate::domain::ids::Track;
use crate::domain::plain::plain;
use crate::domain::submission::Part;
use crate::domain::text::Line;

/// Tracks and words of categories. Empty words ask nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Tracks it holds for.
    pub tracks: Vec<Track>,
    /// Words of which the object category (客体类别) must contain one.
    pub object_words: Vec<String>,
    /// Words of which the problem category (问题类别) must contain one.
    pub problem_words: Vec<String>,
}

impl Scope {
    /// Every file there is.
    pub fn all() -> Self {
        Self { tracks: Track::ALL.to_vec(), object_words: Vec::new(), problem_words: Vec::new() }
    }

    /// Whether a part of this track is within.
    pub fn holds(&self, track: Track, part: &Part) -> bool {
        let asks = |words: &[String], category: &Given<Line>| {
            let text = category.known().map_or("".into(), |category| plain(category.as_str()));
            words.is_empty() || words.iter().any(|word| text.contains(&*plain(word)))
        };
        self.tracks.contains(&track)
            && asks(&self.object_words, &part.object_category)
            && asks(&self.problem_words, &part.problem_category)
    }
}
