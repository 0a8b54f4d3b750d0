//! Clusters (关联投诉人（组）): complaints linked by a phone or a document, directly or through others.

use std::collections::HashMap;

/// Which complaints are linked. A complaint that was never linked is a cluster of its own.
#[derive(Debug, Default)]
pub(super) struct Clusters {
    /// An earlier complaint of the same cluster.
    earlier: HashMap<i64, i64>,
}

impl Clusters {
    /// Links two complaints.
    pub(super) fn link(&mut self, one: i64, other: i64) {
        let (one, other) = (self.first(one), self.first(other));
        if one != other {
            self.earlier.insert(one.max(other), one.min(other));
        }
    }

    /// The first complaint of a complaint's cluster. The cluster is called by it and not by the key hash that links
    /// it: a fit must not depend on the key.
    pub(super) fn first(&mut self, complaint: i64) -> i64 {
        let mut first = complaint;
        while let Some(earlier) = self.earlier.get(&first) {
            first = *earlier;
        }
        // What was walked once is not walked again.
        let mut at = complaint;
        while let Some(earlier) = self.earlier.get_mut(&at) {
            at = std::mem::replace(earlier, first);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_reach_through_others_in_any_order() {
        let links = [(5, 9), (2, 7), (9, 7), (11, 12), (7, 5)];
        let firsts = |links: &mut dyn Iterator<Item = (i64, i64)>| -> Vec<i64> {
            let mut clusters = Clusters::default();
            links.for_each(|(one, other)| clusters.link(one, other));
            (1..=12).map(|complaint| clusters.first(complaint)).collect()
        };
        let expected = vec![1, 2, 3, 4, 2, 6, 2, 8, 2, 10, 11, 11];
        assert_eq!(firsts(&mut links.into_iter()), expected);
        assert_eq!(firsts(&mut links.into_iter().rev().map(|(one, other)| (other, one))), expected);
    }
}
