//! Of what sum an award speaks, as people say it.

use super::demand::{ends, only_links};
use super::voice::{self, Context};
use crate::domain::spoken::{self, Said};

/// The sum named with 赔, behind it (`赔偿本人1000元`, `赔偿金额:1000`) or right before it (`1000元的赔偿`); a range is none.
pub(super) fn sum_around(context: &Context, before: &str, after: &str) -> Option<i64> {
    const NAMING: [&str; 14] =
        ["偿", "付", "金额", "金", "款", "额", "为", "共计", "共", "人民币", "本人", "给", "我", ":"];
    let mut named = after;
    while let Some(rest) = NAMING.iter().find_map(|word| named.strip_prefix(word)) {
        named = rest;
    }
    if let Some((value, rest)) = spoken::number(named).filter(|(_, rest)| ends(rest)) {
        // Less than a hundred without a unit are pieces, or times.
        return fen(value.filter(|value| *value >= 10_000)).or_else(|| scan(context, rest));
    }
    // 3万元的索赔.
    let claims = context.meaning.claiming.iter().find_map(|word| before.strip_suffix(word.as_str()));
    scan(context, after).or_else(|| ahead(claims.unwrap_or(before)))
}

/// `赔付十倍,即23760元`: the sum that the next clause reckons.
pub(super) fn sum_reckoned(context: &Context, next: &str) -> Option<i64> {
    let next = next.strip_prefix([',', '('])?;
    let sum = context.meaning.summing.iter().find_map(|word| next.strip_prefix(word.as_str()))?;
    spoken::money(sum.strip_prefix("人民币").unwrap_or(sum)).and_then(|(value, _)| fen(value))
}

/// The first sum within a few characters; a range ends the search.
fn scan(context: &Context, text: &str) -> Option<i64> {
    const MOST: usize = 14;
    let end = text.char_indices().nth(MOST).map_or(text.len(), |(at, _)| at);
    let mut at = 0;
    while at < end {
        let rest = &text[at..];
        let first = rest.chars().next().unwrap_or_default();
        if !spoken::begins(first) {
            at += first.len_utf8();
            continue;
        }
        if let Some((value, _)) = spoken::money(rest) {
            return fen(value).filter(|_| !voice::ends(&text[..at], &context.at_most));
        }
        at = spoken::number(rest).map_or(at + first.len_utf8(), |(_, behind)| text.len() - behind.len());
    }
    None
}

/// The longest sum that ends here: 000元 in 1000元 is not all of it.
fn ahead(before: &str) -> Option<i64> {
    let sums = before.char_indices().rev().take(18).filter_map(|(at, _)| spoken::money(&before[at..]));
    sums.filter(|(_, rest)| only_links(rest)).last().and_then(|(value, _)| fen(value))
}

fn fen(value: Said) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}
