//! The shared texts of a workbook (sharedStrings): one after the other in one room, which grows with what is read.

use quick_xml::events::Event;

use crate::exchange::file::package::{Package, Part};
use crate::exchange::file::{Named, SheetError};

/// Bytes of all of them at most, and what each takes beside its text.
const MOST: usize = 160 << 20;
const BESIDE: usize = 16;
/// Bytes of one piece of the room: it grows without being moved.
const PIECE: usize = 1 << 20;

/// The texts, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pieces: Vec<String>,
    /// In which piece each stands, and where it begins and ends there.
    places: Vec<(u16, u32, u32)>,
    taken: usize,
}

impl Strings {
    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let (piece, begin, end) = *self.places.get(at)?;
        self.pieces.get(usize::from(piece))?.get(begin as usize..end as usize)
    }

    fn push(&mut self, text: &str) -> Result<(), SheetError> {
        self.taken += text.len() + BESIDE;
        if self.taken > MOST {
            return Err(Named::HugeTexts.into());
        }
        if self.pieces.last().is_none_or(|last| last.len() + text.len() > last.capacity()) {
            self.pieces.push(String::with_capacity(text.len().max(PIECE)));
        }
        let Some(last) = self.pieces.last_mut() else { return Ok(()) };
        let begin = u32::try_from(last.len());
        last.push_str(text);
        let piece = u16::try_from(self.pieces.len() - 1);
        let end = u32::try_from(self.pieces.last().map_or(0, String::len));
        match (piece, begin, end) {
            (Ok(piece), Ok(begin), Ok(end)) => self.places.push((piece, begin, end)),
            _ => return Err(Named::HugeTexts.into()),
        }
        Ok(())
    }
}

pub(super) fn read(package: &mut Package, name: &str) -> Result<Strings, SheetError> {
    let mut strings = Strings::default();
    let Some(mut part) = package.part(name)? else { return Ok(strings) };
    let mut text = String::new();
    loop {
        let is_item = match part.next()? {
            Event::Start(element) => element.local_name().as_ref() == "si",
            Event::Eof => return Ok(strings),
            _ => false,
        };
        if is_item {
            text.clear();
            rich(&mut part, "si", &mut text)?;
            strings.push(&unescaped(&text))?;
        }
    }
}

/// The text of an element that has begun, all of its runs; how it is pronounced is no part of it.
pub(super) fn rich(part: &mut Part<'_>, name: &str, text: &mut String) -> Result<(), SheetError> {
    enum Do {
        Text,
        Skip,
        Nothing,
    }
    loop {
        let next = match part.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => Do::Text,
                "rPh" | "rPr" | "extLst" => Do::Skip,
                _ => Do::Nothing,
            },
            Event::End(element) if element.local_name().as_ref() == name => return Ok(()),
            Event::Eof => return Err(Named::Truncated.into()),
            _ => Do::Nothing,
        };
        match next {
            Do::Text => part.text_into(text)?,
            Do::Skip => part.skip()?,
            Do::Nothing => {}
        }
    }
}

/// `_x000B_` is the sign of that number, `_x005F_` the stroke that would begin such a one.
pub(super) fn unescaped(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains("_x") {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 6).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = code.filter(|_| rest[at + 6..].starts_with('_'));
        if let Some(c) = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32) {
            plain.push(c);
            rest = &rest[at + 7..];
        } else {
            plain.push_str("_x");
            rest = &rest[at + 2..];
        }
    }
    plain.push_str(rest);
    plain.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_a_bound_together_however_small_each_is() {
        let most = |text: &str| {
            let mut strings = Strings::default();
            let pushed = (0..20_000_000).take_while(|_| strings.push(text).is_ok()).count();
            assert_eq!(strings.get(pushed - 1), Some(text));
            assert_eq!(strings.get(pushed), None);
            pushed
        };
        assert_eq!(most(""), MOST / BESIDE);
        assert_eq!(most(&"长".repeat(32_767)), MOST / (32_767 * 3 + BESIDE));
    }

    #[test]
    fn escaped_signs_are_signs() {
        for (text, plain) in [
            ("第一段_x000B_第二段", "第一段\u{b}第二段"),
            ("甲_x000D_\n乙", "甲\r\n乙"),
            ("_x005F_x0041_", "_x0041_"),
            ("a_x", "a_x"),
            ("_x12_", "_x12_"),
            ("_xD800_坏", "_xD800_坏"),
            ("字_x00字", "字_x00字"),
        ] {
            assert_eq!(unescaped(text), plain);
        }
    }
}
