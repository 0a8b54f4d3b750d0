//! Packages of parts (ZIP): workbooks of today are such. What is unpacked is counted while it is unpacked, whatever the
//! package says of its sizes.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};
use zip::ZipArchive;
use zip::result::ZipError;

use super::{MOST_BYTES, Named, SheetError, book, xlsx};
use crate::exchange::mapping::Mapping;
use crate::exchange::sheet::Sheet;

/// Bytes of one text or tag of a part at most: a cell holds 32,767 characters.
const MOST_EVENT: u64 = 4 << 20;
/// Texts and tags that are read of one package at most: the largest export has half of them.
const MOST_EVENTS: u64 = 120_000_000;

/// A package, and how much of it may still be unpacked.
pub(super) struct Package {
    archive: ZipArchive<BufReader<File>>,
    left: u64,
    events: u64,
}

/// Reads a package that is a workbook of a kind that is read, or says what it is instead.
pub(super) fn read(path: &Path, mapping: &Mapping, program: Option<&Path>) -> Result<Sheet, SheetError> {
    let mut package = Package::open(path)?;
    let has = |package: &Package, name: &str| package.find(name).is_some();
    let begins = |package: &Package, folder: &str| package.names().any(|name| name.starts_with(folder));
    if has(&package, "xl/workbook.bin") {
        return Err(Named::Xlsb.into());
    }
    if begins(&package, "word/") {
        return Err(Named::Word.into());
    }
    if begins(&package, "ppt/") {
        return Err(Named::Slides.into());
    }
    if let Some(kind) = package.text("mimetype")? {
        return match kind.trim() {
            "application/vnd.oasis.opendocument.spreadsheet" => {
                package.measure("content.xml")?;
                book::read(path, mapping, program)
            }
            "application/vnd.oasis.opendocument.text" => Err(Named::Word.into()),
            _ => Err(Named::Archive.into()),
        };
    }
    if !has(&package, "[Content_Types].xml") && !has(&package, "xl/workbook.xml") {
        return Err(Named::Archive.into());
    }
    xlsx::read(package, mapping)
}

/// Bytes of the content of an open document.
pub(super) fn content(path: &Path) -> Result<u64, SheetError> {
    Package::open(path)?.measure("content.xml")
}

impl Package {
    fn open(path: &Path) -> Result<Self, SheetError> {
        let archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(|error| match error {
            ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => SheetError::File(error),
            _ => Named::Truncated.into(),
        })?;
        Ok(Self { archive, left: MOST_BYTES, events: MOST_EVENTS })
    }

    fn names(&self) -> impl Iterator<Item = String> {
        self.archive.file_names_raw().map(|name| String::from_utf8_lossy(name).replace('\\', "/"))
    }

    /// The place of a part: some writers begin names with a stroke, turn it round, or mind no case.
    fn find(&self, name: &str) -> Option<usize> {
        let same =
            |found: String| found.trim_start_matches('/').eq_ignore_ascii_case(name.trim_start_matches('/'));
        self.names().position(same)
    }

    /// A part to be read, where there is one.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_>>, SheetError> {
        let Some(at) = self.find(name) else { return Ok(None) };
        let file = self.archive.by_index(at).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Named::Password,
            _ => Named::Damaged,
        })?;
        let counted = Counted { inner: Box::new(file), left: &mut self.left, event: MOST_EVENT };
        let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 14, counted));
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        config.expand_empty_elements = true;
        Ok(Some(Part { reader, buffer: Vec::with_capacity(1 << 10), events: &mut self.events }))
    }

    /// A small part as a text.
    fn text(&mut self, name: &str) -> Result<Option<String>, SheetError> {
        let Some(at) = self.find(name) else { return Ok(None) };
        let file = self.archive.by_index(at).map_err(|_| Named::Damaged)?;
        let mut bytes = Vec::new();
        file.take(4_096).read_to_end(&mut bytes)?;
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Unpacks a part to nothing, to know that it is bounded before others unpack it whole.
    fn measure(&mut self, name: &str) -> Result<u64, SheetError> {
        const MOST: u64 = 256 << 20;
        let Some(at) = self.find(name) else { return Err(Named::OldDamaged.into()) };
        let file = self.archive.by_index(at).map_err(|_| Named::OldDamaged)?;
        let unpacked = io::copy(&mut file.take(MOST + 1), &mut io::sink()).map_err(|_| Named::OldDamaged)?;
        if unpacked > MOST { Err(SheetError::TooBig) } else { Ok(unpacked) }
    }
}

/// What was unpacked is taken off what may be.
struct Counted<'p> {
    inner: Box<dyn Read + 'p>,
    left: &'p mut u64,
    /// Of the text or tag that is read now.
    event: u64,
}

/// Says in an [`io::Error`] why reading stopped.
#[derive(Debug, thiserror::Error)]
#[error("more than is read")]
struct Over {
    is_cell: bool,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if *self.left == 0 || self.event == 0 {
            return Err(io::Error::other(Over { is_cell: self.event == 0 }));
        }
        let most = usize::try_from(*self.left.min(&mut self.event)).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(&mut buffer[..most])?;
        *self.left -= read as u64;
        self.event -= read as u64;
        Ok(read)
    }
}

/// A part of a package, as XML, event by event.
pub(super) struct Part<'p> {
    reader: Reader<BufReader<Counted<'p>>>,
    buffer: Vec<u8>,
    events: &'p mut u64,
}

impl Part<'_> {
    /// The next event.
    pub(super) fn next(&mut self) -> Result<Event<'_>, SheetError> {
        self.buffer.clear();
        *self.events = self.events.checked_sub(1).ok_or(SheetError::TooBig)?;
        self.reader.get_mut().get_mut().event = MOST_EVENT;
        self.reader.read_event_into(&mut self.buffer).map_err(|error| trouble(&error))
    }

    /// Passes over everything up to the end of an element that has begun.
    pub(super) fn skip(&mut self) -> Result<(), SheetError> {
        let mut depth = 1_u32;
        loop {
            match self.next()? {
                Event::Start(_) => depth += 1,
                Event::End(_) if depth == 1 => return Ok(()),
                Event::End(_) => depth -= 1,
                Event::Eof => return Err(Named::Truncated.into()),
                _ => {}
            }
        }
    }

    /// Adds the text of an element that has begun to `text`; what is in elements inside of it is not.
    pub(super) fn text_into(&mut self, text: &mut String) -> Result<(), SheetError> {
        loop {
            let is_nested = match self.next()? {
                Event::Text(piece) => {
                    text.push_str(&piece.xml10_content());
                    false
                }
                Event::CData(piece) => {
                    text.push_str(&piece.xml10_content());
                    false
                }
                Event::GeneralRef(entity) => {
                    push_entity(&entity, text);
                    false
                }
                Event::Start(_) => true,
                Event::End(_) => return Ok(()),
                Event::Eof => return Err(Named::Truncated.into()),
                _ => false,
            };
            if is_nested {
                self.skip()?;
            }
        }
    }
}

/// The sign that an entity stands for; of one that is not known, what is written.
fn push_entity(entity: &BytesRef<'_>, text: &mut String) {
    let known = match entity.as_ref() {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => entity.resolve_char_ref().ok().flatten(),
    };
    match known {
        Some(c) => text.push(c),
        None => text.extend(["&", entity.as_ref(), ";"]),
    }
}

/// Why XML cannot be read on.
fn trouble(error: &quick_xml::Error) -> SheetError {
    if let quick_xml::Error::Io(error) = error {
        let over = error.get_ref().and_then(|inner| inner.downcast_ref::<Over>());
        return match over {
            Some(Over { is_cell: true }) => Named::HugeCell.into(),
            Some(Over { is_cell: false }) => SheetError::TooBig,
            None if error.kind() == io::ErrorKind::UnexpectedEof => Named::Truncated.into(),
            None => Named::Damaged.into(),
        };
    }
    Named::Damaged.into()
}

/// The value of an attribute, by its name without a prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    attributes.with_checks(false);
    let found = attributes.flatten().find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(unescape(&found.value).map_or_else(|_| found.value.to_string(), std::borrow::Cow::into_owned))
}
