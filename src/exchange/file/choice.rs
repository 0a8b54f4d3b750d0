//! Which sheet of a workbook is the export: the one that people see and that has a header.

use super::{Named, SheetError};
use crate::exchange::sheet::Sheet;

/// The sheets of a workbook, as they are read one after the other.
pub(super) struct Choice {
    found: Vec<(String, Sheet)>,
    hidden: Vec<String>,
    /// Why nothing was found so far.
    trouble: SheetError,
}

impl Choice {
    pub(super) fn new() -> Self {
        Self { found: Vec::new(), hidden: Vec::new(), trouble: Named::NoSheet.into() }
    }

    /// A hidden sheet has a header: it is said, and not read.
    pub(super) fn passed_over(&mut self, name: String) {
        self.hidden.push(name);
    }

    /// A visible sheet was read. A table of something else beside the export is none of its business.
    pub(super) fn read(&mut self, name: String, sheet: Result<Sheet, SheetError>) -> Result<(), SheetError> {
        match sheet {
            Ok(sheet) => self.found.push((name, sheet)),
            // What an export lacks says more than that another sheet is none.
            Err(SheetError::NoHeader) if matches!(self.trouble, SheetError::Missing(_)) => {}
            Err(error @ (SheetError::NoHeader | SheetError::Missing(_))) => self.trouble = error,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The one that was found.
    pub(super) fn made(mut self) -> Result<Sheet, SheetError> {
        if self.found.len() > 1 {
            return Err(SheetError::SeveralSheets(self.found.into_iter().map(|(name, _)| name).collect()));
        }
        let (_, sheet) = self.found.pop().ok_or(self.trouble)?;
        let note =
            (!self.hidden.is_empty()).then(|| format!("隐藏的工作表未读取：{}", self.hidden.join("、")));
        Ok(sheet.with_notes(note))
    }
}
