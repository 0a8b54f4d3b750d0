//! Files that are no table (不能导入的文件), each by its name, with what to do about it.

use std::fs;
use std::path::Path;

use super::SheetError;

/// What a file is instead of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// Nothing in it.
    #[error("文件是空的；请重新导出")]
    Empty,
    /// A directory.
    #[error("这是文件夹，不是文件；请写出其中的导出文件")]
    Directory,
    /// A device or a pipe.
    #[error("这不是普通文件；请先保存为文件再导入")]
    NoFile,
    /// What Excel leaves beside a workbook while it is open.
    #[error("这是 Excel 打开文件时留下的临时文件（~$ 开头），不是数据；请关闭 Excel，导入不带 ~$ 的文件")]
    Lock,
    /// A workbook with a password.
    #[error("工作簿有密码（已加密）；请在 Excel 或 WPS 中打开，取消密码后另存，再导入")]
    Password,
    /// A file that a protection program has encrypted.
    #[error("文件被加密软件保护（如亿赛通等），无法读取；请先解密，或在原系统重新导出")]
    Protected,
    /// A web page that calls itself a workbook.
    #[error("这是网页格式的文件（内容是 HTML）；请在 Excel 中打开，另存为 .xlsx 后再导入")]
    Html,
    /// A web archive.
    #[error("这是网页归档（MHT）文件；请在 Excel 中打开，另存为 .xlsx 后再导入")]
    Mht,
    /// The XML of Excel 2003.
    #[error("这是 Excel 2003 的 XML 表格；请在 Excel 中打开，另存为 .xlsx 后再导入")]
    Xml2003,
    /// Some other XML.
    #[error("这是 XML 文件，不是表格；请在原系统导出为 Excel 或 CSV")]
    Xml,
    /// A binary workbook.
    #[error("这是二进制工作簿（.xlsb）；请在 Excel 中另存为 .xlsx 后再导入")]
    Xlsb,
    /// A text document.
    #[error("这是 Word 文档，不是表格；请导入原系统导出的 Excel 或 CSV 文件")]
    Word,
    /// Slides.
    #[error("这是演示文稿（PPT），不是表格；请导入原系统导出的 Excel 或 CSV 文件")]
    Slides,
    /// A PDF.
    #[error("这是 PDF 文件，不是表格；请导入原系统导出的 Excel 或 CSV 文件")]
    Pdf,
    /// Rich text.
    #[error("这是 RTF 文档，不是表格；请导入原系统导出的 Excel 或 CSV 文件")]
    Rtf,
    /// A picture.
    #[error("这是图片（截图），不是表格；请导入原系统导出的 Excel 或 CSV 文件")]
    Picture,
    /// A package of files.
    #[error("这是压缩包；请先解压，再导入其中的文件")]
    Archive,
    /// JSON.
    #[error("这是 JSON 文件，不是表格；请在原系统导出为 Excel 或 CSV")]
    Json,
    /// A database.
    #[error("这是数据库文件，不是表格；请在原系统导出为 Excel 或 CSV")]
    Database,
    /// A workbook whose end is missing.
    #[error("文件不完整（下载被截断或已损坏）；请重新导出或重新下载")]
    Truncated,
    /// A workbook that cannot be taken apart.
    #[error("不能读取 Excel 工作簿，文件可能已损坏；请在 Excel 中打开后另存为 .xlsx")]
    Damaged,
    /// An old workbook that cannot be taken apart.
    #[error(
        "不能读取这个旧版工作簿（.xls、.et、.ods），文件可能已损坏；请在 Excel 或 WPS 中打开后另存为 .xlsx"
    )]
    OldDamaged,
    /// An old workbook that would take far more room or time than its size explains.
    #[error(
        "读取这个旧版工作簿（.xls、.et、.ods）所需的内存或时间远超其大小，不是正常的导出文件；请在 Excel 或 WPS 中打开后另存为 .xlsx"
    )]
    OldHuge,
    /// Some other document of the format before 2007.
    #[error("这不是工作簿（可能是旧版 Word、邮件等文件）；请导入原系统导出的 Excel 或 CSV 文件")]
    OtherDocument,
    /// A workbook without a sheet of cells.
    #[error("工作簿中没有含数据的工作表（只有图表或隐藏的工作表）；请重新导出")]
    NoSheet,
    /// A cell that no spreadsheet would hold.
    #[error("工作簿中有超大的单元格，不是正常的导出文件；请在 Excel 中打开核对")]
    HugeCell,
    /// More rows or cells than a spreadsheet has.
    #[error(
        "表格的行数超过 Excel 的上限（1048576 行），或单元格过多，不是正常的导出文件；请在 Excel 中打开，删除空白的行和列后另存"
    )]
    HugeSheet,
    /// More text than rows of an export share.
    #[error("工作簿中的文字总量过大（超过 160 MB），不是正常的导出文件；请核对，或按月份分成几个文件导出")]
    HugeTexts,
    /// Bytes of anything.
    #[error("内容不是表格或文字（可能被加密软件保护，或已损坏）；请在原系统重新导出")]
    Binary,
}

/// What can be said without opening a file.
pub(super) fn refuse_by_path(path: &Path) -> Result<(), SheetError> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(Named::Directory.into());
    }
    if !metadata.is_file() {
        return Err(Named::NoFile.into());
    }
    let is_lock = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("~$"));
    if is_lock { Err(Named::Lock.into()) } else { Ok(()) }
}

/// What a file's first bytes say of it, when they say that it is no text.
pub(super) fn by_start(start: &[u8]) -> Option<Named> {
    const MAGIC: [(&[u8], Named); 16] = [
        (b"%PDF", Named::Pdf),
        (b"{\\rtf", Named::Rtf),
        (b"\x89PNG", Named::Picture),
        (b"\xFF\xD8\xFF", Named::Picture),
        (b"GIF8", Named::Picture),
        (b"BM", Named::Picture),
        (b"II*\0", Named::Picture),
        (b"MM\0*", Named::Picture),
        (b"Rar!", Named::Archive),
        (b"7z\xBC\xAF", Named::Archive),
        (b"\x1F\x8B", Named::Archive),
        (b"BZh", Named::Archive),
        (b"\xFD7zXZ", Named::Archive),
        (b"SQLite format 3", Named::Database),
        (b"\0\x01\0\0Standard", Named::Database),
        (b"\x62\x14\x23\x65", Named::Protected),
    ];
    const PROTECTED: [&[u8]; 5] = [b"E-SafeNet", b"TSD-Header", b"DRMONE", b"IPGUARD", b"CryptoFilter"];
    let is_text_like = !start.contains(&0);
    let by_magic = MAGIC.iter().find(|(magic, named)| {
        start.starts_with(magic) && !(*named == Named::Picture && *magic == b"BM" && is_text_like)
    });
    if let Some((_, named)) = by_magic {
        return Some(*named);
    }
    let head = &start[..start.len().min(512)];
    if PROTECTED.iter().any(|word| head.windows(word.len()).any(|bytes| bytes == *word)) {
        return Some(Named::Protected);
    }
    by_text(head).or_else(|| is_binary(start).then_some(Named::Binary))
}

/// Texts that are no tables.
fn by_text(head: &[u8]) -> Option<Named> {
    let text = String::from_utf8_lossy(head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head)).to_lowercase();
    let text = text.trim_start();
    if text.starts_with("mime-ver") {
        return Some(Named::Mht);
    }
    if text.starts_with("<?xml") {
        let is_sheet = text.contains("excel.sheet") || text.contains("office:spreadsheet");
        let is_page = text.contains("<html") || text.contains("<table");
        return Some(if is_sheet {
            Named::Xml2003
        } else if is_page {
            Named::Html
        } else {
            Named::Xml
        });
    }
    let is_tag = |tag: &str| text.starts_with(tag);
    if ["<html", "<!doctype", "<table", "<head", "<meta", "<style", "<body", "<div", "<tr", "<script", "<!--"]
        .into_iter()
        .any(is_tag)
    {
        return Some(Named::Html);
    }
    let rest = text.strip_prefix(['{', '[']).map(str::trim_start);
    rest.filter(|rest| rest.starts_with(['"', '{', '['])).map(|_| Named::Json)
}

/// Bytes that no encoding of text has in such a number. UTF-16 has a zero in every second one.
fn is_binary(start: &[u8]) -> bool {
    let is_utf16 =
        start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") || super::text::is_utf16(start);
    let is_control =
        |byte: &&u8| **byte < 0x20 && !matches!(**byte, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0x1A | 0x1F);
    !is_utf16 && start.iter().filter(is_control).count() * 50 > start.len()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(b"%PDF-1.4", Some(Named::Pdf))]
    #[case(b"<html><table>", Some(Named::Html))]
    #[case(b"\xEF\xBB\xBF <!DOCTYPE html>", Some(Named::Html))]
    #[case(b"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>", Some(Named::Xml2003))]
    #[case(b"<?xml version=\"1.0\"?><rows/>", Some(Named::Xml))]
    #[case(b"MIME-Version: 1.0", Some(Named::Mht))]
    #[case(b"[{\"a\":1}]", Some(Named::Json))]
    #[case(b"{\\rtf1", Some(Named::Rtf))]
    #[case(b"\x89PNG\r\n", Some(Named::Picture))]
    #[case(b"BM,1,2\n", None)]
    #[case(b"b\x14#e\0\0\x04\0E-SafeNet\0LOCK", Some(Named::Protected))]
    #[case(b"\x01\x02\x03\x04\x05\x06\x07\x08", Some(Named::Binary))]
    #[case(b"[1],a,b\n", None)]
    #[case("登记编号,登记时间".as_bytes(), None)]
    #[case(b"\xFF\xFE{v\xB0", None)]
    fn a_file_is_named_by_its_first_bytes(#[case] start: &[u8], #[case] named: Option<Named>) {
        assert_eq!(by_start(start), named);
    }
}
