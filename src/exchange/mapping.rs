//! What a clerk says of her own files (对照表, `--map`): her titles and words for those that are known here.
//!
//! ```toml
//! [columns]
//! "流水号" = "登记编号"
//! "备注电话" = ""            # is not read
//!
//! [words."办理情况状态"]
//! "市局督办" = "办理中"
//! ```

use std::collections::HashMap;

use super::columns::Column;
use crate::domain::ids::Track;
use crate::domain::plain::{bare, chinese_mark};

/// Titles and words of one's own.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    columns: HashMap<String, Mapped>,
    words: HashMap<Column, toml::Table>,
    kind: Option<Track>,
    table: Table,
}

/// What a table is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Table {
    /// Complaints and reports.
    #[default]
    Export,
    /// Units and officers (单位人员表).
    Roster,
}

/// The columns of a roster, by the names they go by, the preferred ones first; kept as the columns of an export that are like them.
const ROSTER: [(Column, &[&str]); 4] = [
    (
        Column::HandledBy,
        &[
            "所(队)",
            "所队",
            "部门",
            "部门名称",
            "所属部门",
            "所在部门",
            "科室",
            "股室",
            "内设机构",
            "所",
            "单位",
            "单位名称",
            "所属单位",
            "所在单位",
            "工作单位",
            "机构",
        ],
    ),
    (Column::Name, &["姓名", "人员姓名", "执法人员姓名", "执法人员", "人员"]),
    (
        Column::Number,
        &[
            "工号",
            "人员编号",
            "职工编号",
            "执法证号",
            "执法证编号",
            "执法证号码",
            "执法证件号",
            "执法证件号码",
            "行政执法证号",
            "证号",
            "编号",
        ],
    ),
    (Column::Reason, &["职务", "岗位", "职级", "职务职级", "职务/职级"]),
];

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not TOML.
    #[error("对照表第 {line} 行不是有效的 TOML：{message}")]
    Toml {
        /// The line.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A section or a value of another kind.
    #[error("对照表只有 [columns] 和 [words.\"列名\"] 两种小节，值都是引号中的文字；“{0}”不是")]
    Section(String),
    /// A column that is not known here.
    #[error("对照表中的“{0}”不是可以导入的列；执行 triage import --columns 查看全部列名")]
    Column(String),
}

/// What a clerk says of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mapped {
    /// It is this column.
    To(Column),
    /// It is not read.
    Ignored,
}

impl Mapping {
    /// Reads a mapping.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| not_toml(text, &error))?;
        let mut mapping = Self::default();
        for (section, value) in table {
            let toml::Value::Table(entries) = value else { return Err(MappingError::Section(section)) };
            match section.as_str() {
                "columns" => mapping.read_columns(entries)?,
                "words" => mapping.read_words(entries)?,
                _ => return Err(MappingError::Section(section)),
            }
        }
        Ok(mapping)
    }

    fn read_columns(&mut self, entries: toml::Table) -> Result<(), MappingError> {
        for (title, column) in entries {
            let Some(known) = column.as_str() else { return Err(MappingError::Section(title)) };
            let column = match bare(known) {
                known if known.is_empty() => Mapped::Ignored,
                known => {
                    Mapped::To(Column::parse(&known).ok_or_else(|| MappingError::Column(known.into_owned()))?)
                }
            };
            self.columns.insert(bare(&title).into_owned(), column);
        }
        Ok(())
    }

    fn read_words(&mut self, entries: toml::Table) -> Result<(), MappingError> {
        for (title, words) in entries {
            let column = Column::parse(&bare(&title)).ok_or_else(|| MappingError::Column(title.clone()))?;
            let toml::Value::Table(words) = words else { return Err(MappingError::Section(title)) };
            if words.values().any(|word| word.as_str().is_none()) {
                return Err(MappingError::Section(title));
            }
            let words = words.into_iter().map(|(word, known)| (bare(&word).into_owned(), known));
            self.words.insert(column, words.collect());
        }
        Ok(())
    }

    /// For a table of units and officers: other columns, and only unit and name are required.
    pub(super) fn roster() -> Self {
        Self { table: Table::Roster, ..Self::default() }
    }

    /// Whether a table of units and officers is read.
    pub(super) fn is_roster(&self) -> bool {
        self.table == Table::Roster
    }

    /// The column of a title, and how much it is preferred: 0 is most.
    pub(super) fn named(&self, title: &str) -> Option<(Column, usize)> {
        if !self.is_roster() {
            return Column::named(title);
        }
        let place = |names: &[&str]| names.iter().position(|name| *name == title);
        ROSTER.iter().find_map(|(column, names)| Some((*column, place(names)?)))
    }

    /// Without these a row says nothing.
    pub(super) fn required(&self) -> &'static [Column] {
        if self.is_roster() { &[Column::HandledBy, Column::Name] } else { &Column::REQUIRED }
    }

    /// The same, for files whose rows are all of one kind and do not say so (`--kind`).
    #[must_use]
    pub fn with_kind(self, kind: Option<Track>) -> Self {
        Self { kind, ..self }
    }

    /// What all rows are that do not say it.
    pub(super) fn kind(&self) -> Option<Track> {
        self.kind
    }

    /// What the mapping says of a title; none when it says nothing.
    pub(super) fn column(&self, title: &str) -> Option<Mapped> {
        if self.columns.is_empty() { None } else { self.columns.get(bare(title).as_ref()).copied() }
    }

    /// The words of a column that stand for others.
    pub(super) fn words(&self, column: Column) -> Option<&toml::Table> {
        self.words.get(&column)
    }
}

/// What is wrong with a mapping that is no TOML: most often a Chinese mark where an ASCII one must be.
fn not_toml(text: &str, error: &toml::de::Error) -> MappingError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = 1 + before.matches('\n').count();
    let message = match text.lines().nth(line - 1).and_then(chinese_mark) {
        Some(mark) => {
            format!("有中文标点“{mark}”；引号和等号请用英文（半角）的，如 \"流水号\" = \"登记编号\"")
        }
        None => format!("请检查引号和等号（{}）", error.message()),
    };
    MappingError::Toml { line, message }
}

/// Every column that can be read, with the titles it goes by, as a list for people (`--columns`).
pub fn columns_zh() -> Vec<(&'static str, String, &'static str)> {
    let row = |column: &Column| {
        let is_required =
            Column::REQUIRED.contains(column) || matches!(column, Column::Shop | Column::Premises);
        let others = column.names().get(1..).unwrap_or_default().join("、");
        let note = match column {
            Column::Kind => "必需；全文件同为一类时可用 --kind 说明",
            Column::Shop | Column::Premises => "两列至少一列有内容",
            _ if is_required => "必需",
            _ => "",
        };
        (column.title(), others, note)
    };
    Column::ALL.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clerk_says_what_her_titles_and_words_mean() {
        let mapping = Mapping::parse(
            "[columns]\n\"流水 号\" = \"登记编号\"\n'备注电话' = ''\n[words.'办理情况状态']\n'市局督办' = '办理中'\n",
        );
        let mapping = mapping.unwrap();
        assert_eq!(mapping.column("流水号"), Some(Mapped::To(Column::Number)));
        assert_eq!(mapping.column(" 备注电话 "), Some(Mapped::Ignored));
        assert_eq!(mapping.column("登记时间"), None);
        let words = mapping.words(Column::Standing).unwrap();
        assert_eq!(words.get("市局督办").and_then(toml::Value::as_str), Some("办理中"));
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_named() {
        for (text, says) in [
            ("[columns]\n\"a\" = \"登记\"\n", "“登记”不是可以导入的列"),
            ("[columns]\n\n\"a\" 登记编号\n", "第 3 行"),
            ("[columns]\n“流水号” = “登记编号”\n", "第 2 行不是有效的 TOML：有中文标点““”"),
            ("[rows]\n", "“rows”"),
            ("[columns]\n\"a\" = 1\n", "“a”"),
            ("[words.'备注']\n\"a\" = \"b\"\n", "“备注”不是"),
        ] {
            let message = Mapping::parse(text).unwrap_err().to_string();
            assert!(message.contains(says), "{message}");
        }
    }
}
