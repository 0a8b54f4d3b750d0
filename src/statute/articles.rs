//! Articles of both orders, word for word (条文): what terms and grounds rest on, for documents that quote it.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::deadline::Law;

const TEXT: &str = include_str!("data/articles.toml");

/// An article as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// Its number: 第十五条.
    pub article: String,
    /// Its text.
    pub text: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    order121: Vec<Article>,
    order20: Vec<Article>,
}

// A test reads it; should it ever not be readable, nothing is quoted.
static BOOK: LazyLock<Written> = LazyLock::new(|| toml::from_str(TEXT).unwrap_or_default());

/// The articles that are quoted of the order that governs a file.
#[must_use]
pub fn articles(law: Law) -> &'static [Article] {
    match law {
        Law::Order121 => &BOOK.order121,
        Law::Order20 | Law::Earlier => &BOOK.order20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statute::RuleSet;

    /// What the tables cite of the orders themselves is quoted, and the grounds are worded as the articles have them.
    #[test]
    fn what_is_cited_of_the_orders_is_quoted() {
        for law in [Law::Order121, Law::Order20] {
            let (set, quoted) = (RuleSet::of(law), articles(law));
            assert!(quoted.iter().all(|one| !one.text.is_empty()));
            let has = |article: &str| quoted.iter().any(|one| article.starts_with(&one.article));
            for term in set.terms.iter().filter(|term| term.law.is_none()) {
                assert!(has(&term.article), "{law:?} {}", term.article);
            }
            let worded = |item: &str, text: &str| {
                let article = quoted.iter().find(|one| item.starts_with(&one.article));
                assert!(article.is_some_and(|one| one.text.contains(text)), "{law:?} {item}: {text}");
            };
            set.refusals.iter().for_each(|row| worded(&row.item, &row.text));
            set.terminations.iter().for_each(|row| worded(&row.item, &row.text));
        }
    }
}
