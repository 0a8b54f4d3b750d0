//! Stored codes of kinds of events inside the texts of statements, put there at compile time.

use crate::domain::event::EventKind;

/// The text of a statement around the stored codes of kinds of events: `kinds!("kind IN (", [Submit, Amend], ")")`.
macro_rules! kinds {
    ($before:literal, [$($kind:ident),+], $after:literal) => {{
        const KINDS: &[$crate::domain::event::EventKind] = &[$($crate::domain::event::EventKind::$kind),+];
        const TEXT: [u8; $crate::store::kinds::length($before, KINDS, $after)] = $crate::store::kinds::join($before, KINDS, $after);
        match str::from_utf8(&TEXT) {
            Ok(text) => text,
            Err(_) => "",
        }
    }};
}

pub(super) const fn length(before: &str, kinds: &[EventKind], after: &str) -> usize {
    let (mut length, mut at) = (before.len() + after.len(), 0);
    while at < kinds.len() {
        length += kinds[at].digits().len() + if at == 0 { 0 } else { 2 };
        at += 1;
    }
    length
}

pub(super) const fn join<const N: usize>(before: &str, kinds: &[EventKind], after: &str) -> [u8; N] {
    let (mut text, mut at) = put([0; N], 0, before);
    let mut number = 0;
    while number < kinds.len() {
        (text, at) = put(text, at, if number == 0 { "" } else { ", " });
        (text, at) = put(text, at, kinds[number].digits());
        number += 1;
    }
    put(text, at, after).0
}

const fn put<const N: usize>(mut text: [u8; N], mut at: usize, part: &str) -> ([u8; N], usize) {
    let mut from = 0;
    while from < part.len() {
        text[at] = part.as_bytes()[from];
        (at, from) = (at + 1, from + 1);
    }
    (text, at)
}

pub(super) use kinds;
