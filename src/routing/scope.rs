//! Which files a row of the bureau file holds for (适用范围): by track and by words of their categories.

use crate::domain::ids::Track;
use crate::domain::submission::Part;

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
        let asks = |words: &[String], text: &str| {
            words.is_empty() || words.iter().any(|word| text.contains(word.as_str()))
        };
        let object = part.object_category.known().map_or("", |category| category.as_str());
        let problem = part.problem_category.known().map_or("", |category| category.as_str());
        self.tracks.contains(&track) && asks(&self.object_words, object) && asks(&self.problem_words, problem)
    }
}
