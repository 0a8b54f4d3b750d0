//! What a verification of the trail has found, in words and for programs.

use serde::Serialize;

use super::head::Trouble;

/// Version of the JSON; another number is another form.
pub const FORMAT: u32 = 1;

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $word:literal, $zh:literal;)+) => {
        /// What was done to a trail, as far as it can be told.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $kind,)+ }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),+];

            /// Its word in the JSON.
            pub fn word(self) -> &'static str {
                match self { $(Kind::$kind => $word,)+ }
            }

            /// What it is, in Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Kind::$kind => $zh,)+ }
            }
        }
    };
}

kinds! {
    /// Rows are gone from between others.
    Missing = "missing", "审计记录缺失";
    /// What a row says is not what its hash covers.
    Changed = "changed", "审计记录的内容或者链接值被改动";
    /// What a row says was said by another.
    Reordered = "reordered", "审计记录的顺序被调换";
    /// A row that was never written there.
    Inserted = "inserted", "插入的审计记录";
    /// A row has another number than it had.
    Renumbered = "renumbered", "审计记录的编号被改动";
    /// The hash of a row is gone.
    Unlinked = "unlinked", "审计记录的链接值被清除";
    /// Something in the rows from before the chain, which are bound as a whole.
    BeforeChanged = "before_changed", "链接启用前的记录被改动（整体封存，不能指明是哪一条）";
    /// Rows are gone from the end.
    CutTail = "cut_tail", "末尾的审计记录被截去";
    /// Rows stand behind the last one that the head row knows.
    BeyondHead = "beyond_head", "库内链头之后另有审计记录";
    /// The head row says another hash or number than the last row.
    HeadChanged = "head_changed", "库内链头与最后一条记录不符";
    /// The head row has no hash.
    HeadRemoved = "head_removed", "库内链头被清除";
    /// The chain holds, but it is not the one whose head was signed.
    NotAsAnchored = "not_as_anchored", "与已签名的链头不符：签名之后有改动，并且重新计算了链接值";
    /// The head row says another beginning of the chain than a signed head.
    BeginningMoved = "beginning_moved", "链接的起点被改动：应有链接值的记录被当作链接启用前的记录";
    /// An event that the trail speaks of is not in the log, or the log has a gap.
    EventMissing = "event_missing", "变更记录缺失";
    /// An event that no row of the trail speaks of.
    EventUnrecorded = "event_unrecorded", "变更没有审计记录";
    /// A row and its event differ in caller, time, kind or file.
    EventDiffers = "event_differs", "审计记录与变更记录不符（调用方、时间、种类或者所属的件）";
    /// A second row of an event, or one out of order.
    EventRepeated = "event_repeated", "同一变更有两条审计记录，或者次序颠倒";
    /// There is no file of heads.
    HeadsMissing = "heads_missing", "没有链头文件：已写出的链头无从核对（另存他处的用 --heads 指明）";
    /// Heads were not signed for longer than a service and the commands leave between two.
    HeadsStopped = "heads_stopped", "超过一小时的记录没有签名链头：链头文件末尾的行被删去，或者链头长时间未能写出";
    /// A line of a file of heads cannot be read.
    HeadsDamaged = "heads_damaged", "链头文件中的行不能识别";
    /// A line is signed with another key.
    HeadsForeign = "heads_foreign", "链头文件中的行由另一安装的密钥签名";
    /// A line says what was not signed.
    HeadsForged = "heads_forged", "链头文件中的行签名不符";
    /// Lines are missing from a file of heads.
    HeadsGap = "heads_gap", "链头文件中缺行或者行序颠倒";
}

impl From<Trouble> for Kind {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Damaged => Kind::HeadsDamaged,
            Trouble::Foreign => Kind::HeadsForeign,
            Trouble::Forged => Kind::HeadsForged,
            Trouble::Gap => Kind::HeadsGap,
        }
    }
}

/// What the numbers of a finding count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Rows of the trail, by number.
    Row,
    /// Events, by sequence.
    Event,
    /// Lines of a file of heads.
    Line,
    /// The head row: nothing is counted.
    Head,
}

/// One finding: so many of one kind in a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// What.
    pub kind: Kind,
    /// What is counted.
    pub of: Of,
    /// The first.
    pub from: i64,
    /// The last.
    pub to: i64,
    /// In which file of heads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// In Chinese.
    pub text: String,
}

impl Finding {
    /// A finding, with its sentence.
    pub(crate) fn new(kind: Kind, of: Of, (from, to): (i64, i64), file: Option<&str>) -> Self {
        let (counted, unit) = match of {
            Of::Row => ("编号", "条"),
            Of::Event => ("变更序号", "项"),
            Of::Line => ("第", "行"),
            Of::Head => ("", ""),
        };
        let which = match of {
            Of::Head => String::new(),
            Of::Line if from == 0 => String::new(),
            Of::Line if from == to => format!("{counted} {from} {unit}"),
            _ if from == to => format!("{counted} {from}"),
            _ => format!("{counted} {from} 至 {to}（{} {unit}）", to.saturating_sub(from).saturating_add(1)),
        };
        let file_zh = file.map(|file| format!("{file} ")).unwrap_or_default();
        let place = format!("{file_zh}{which}");
        let text = match place.trim() {
            "" => kind.zh().to_owned(),
            place => format!("{}：{place}", kind.zh()),
        };
        Self { kind, of, from, to, file: file.map(str::to_owned), text }
    }
}

/// Rows with numbers from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// The first.
    pub from: i64,
    /// The last.
    pub to: i64,
}

/// A number, with the hash of its row in hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct At {
    /// Number.
    pub number: i64,
    /// Hash.
    pub hash: String,
    /// When a head of it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// The whole result (核验结果).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Form of this document.
    pub format: u32,
    /// The bureau.
    pub bureau: i64,
    /// Whether nothing was found.
    pub intact: bool,
    /// Rows read.
    pub rows: u64,
    /// Events compared.
    pub events: u64,
    /// Where the chain stands.
    pub head: Option<At>,
    /// Rows from before there was a chain: bound as a whole, not one by one.
    pub before: i64,
    /// Rows that a release without a chain wrote beside this one.
    pub unlinked: Vec<Stretch>,
    /// Rows at which the chain was taken up again.
    pub resumed: Vec<i64>,
    /// Heads read that can be believed, of this bureau.
    pub heads: u64,
    /// The newest of them.
    pub anchored: Option<At>,
    /// Rows after it: who may write to the database could have changed them without a trace.
    pub not_anchored: Option<Stretch>,
    /// Files of heads whose last line was being written when the machine went down.
    pub torn: Vec<String>,
    /// What was found, at most [`MOST_FINDINGS`].
    pub findings: Vec<Finding>,
    /// Findings that are not listed.
    pub more: u64,
}

/// Findings that are listed: a trail that is wrong throughout must not become a list of all its rows.
pub const MOST_FINDINGS: usize = 1_000;

/// Findings as they come in: those that follow one another become one.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Finding>,
    more: u64,
}

impl Findings {
    /// Adds one.
    pub(super) fn add(&mut self, kind: Kind, of: Of, from: i64, to: i64) {
        let has_room = self.list.len() < MOST_FINDINGS;
        let last = self.list.iter_mut().rev().find(|last| last.kind == kind && last.of == of);
        match last {
            Some(last) if of != Of::Head && last.file.is_none() && last.to.saturating_add(1) == from => {
                *last = Finding::new(kind, of, (last.from, to), None);
            }
            _ if has_room => self.list.push(Finding::new(kind, of, (from, to), None)),
            _ => self.more += 1,
        }
    }

    /// Adds one of a file of heads.
    pub(super) fn of_file(&mut self, file: &str, kind: Kind, line: usize) {
        let line = i64::try_from(line).unwrap_or(i64::MAX);
        let has_room = self.list.len() < MOST_FINDINGS;
        match self.list.last_mut() {
            Some(last) if last.kind == kind && last.file.as_deref() == Some(file) && last.to + 1 == line => {
                *last = Finding::new(kind, Of::Line, (last.from, line), Some(file));
            }
            _ if has_room => {
                self.list.push(Finding::new(kind, Of::Line, (line, line), Some(file)));
            }
            _ => self.more += 1,
        }
    }

    /// Whether one of this kind holds a number.
    pub(super) fn holds(&self, kind: Kind, number: i64) -> bool {
        self.list.iter().any(|one| one.kind == kind && (one.from..=one.to).contains(&number))
    }

    /// All of them, and how many more there are.
    pub(super) fn done(mut self) -> (Vec<Finding>, u64) {
        self.list.sort();
        (self.list, self.more)
    }
}
