//! What a comparison finds: the document that is printed, and its JSON.

use serde::Serialize;

use super::load::{AtReception, Evenness, UnitWork};
use super::tables;
use crate::domain::decision::Band;
use crate::domain::handling::listed;
use crate::domain::ids::{RegistrationNumber, Track};
use crate::domain::time::Day;
use crate::figures::{Printed, Share};
use crate::routing::{UnitKind, WorkUnits};

listed!(
    /// How our routing of a file came about (分送的来源).
    Origin {
        /// It came in here, and was routed when it did: what a trial shows.
        Received = 1, "收到时由本系统分送";
        /// An export brought it while it was open, and it was routed then.
        Imported = 2, "导入时尚未办结、随即分送";
        /// It had ended before it was imported, and is played.
        Played = 3, "导入时已办结、事后推演";
    }
);

listed!(
    /// Whether ours and theirs can be compared, and why not (可否对照).
    Coverage {
        /// Both name a unit.
        Compared = 1, "可以对照";
        /// No export names who handled it.
        Unreported = 2, "导出没有载明办理单位";
        /// The export names the bureau, and no unit of it.
        BureauAlone = 3, "导出只写到本局，没有写到所、科室";
        /// The bureau file does not have the unit.
        UnknownUnit = 4, "导出所写单位不在机构文件中";
        /// What the export has is no name of a unit.
        NoUnit = 5, "导出所写的不像单位名称";
        /// We gave it to nobody.
        NotRouted = 6, "本系统没有分送";
    }
);

listed!(
    /// Why ours and theirs are not the same unit (不一致的类型).
    Difference {
        /// Both may: only the load, the bundle or the policy chose otherwise.
        BothMay = 1, "两个单位都有处理权限";
        /// The bureau file leaves it open, and we give it to reception.
        LeftOpen = 2, "地址等信息不足以确定单位，转统一接收机构";
        /// Reception handled itself what the bureau file gives to a unit.
        ByReception = 3, "实际由统一接收机构办理";
        /// By the bureau file the unit that handled it may not.
        NotCompetent = 4, "按机构文件，实际办理单位似无处理权限，待核实";
    }
);

/// Whether the model in use has learnt from the very marks that its bands are put beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ModelMarks {
    /// It is trained on simulated complaints; none when there is no model.
    pub simulated: Option<bool>,
    /// Complaints of the period that an export marks.
    pub marked: i64,
    /// Of these, among those that it was trained on.
    pub learnt: i64,
}

/// A group of files in which both name a unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// What: a unit, a category.
    pub name: String,
    /// Files in which both are the same unit.
    pub same: Share,
    /// Files in which both are the same unit, or theirs may handle it too.
    pub lawful: Share,
}

/// A file in which ours and theirs are not the same unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// Registration number.
    pub number: RegistrationNumber,
    /// Complaint or report.
    pub track: Track,
    /// The day on which it came in.
    pub received: Day,
    /// Category of goods or services.
    pub category: String,
    /// The unit that our routing gives, by name.
    pub ours: String,
    /// Why that one, in a sentence.
    pub ours_why: String,
    /// The unit that handled it, by name.
    pub theirs: String,
    /// What the export says of it: the unit as it is written there, and how the file stands.
    pub theirs_why: String,
    /// Of what kind the difference is.
    pub difference: Difference,
}

/// Files of one unit or of all units of a kind in which both name a unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfUnit {
    /// What the unit is.
    pub kind: UnitKind,
    /// How far they agree.
    #[serde(flatten)]
    pub agreement: Agreement,
}

/// Files whose routing came about in one way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfOrigin {
    /// In which.
    pub origin: Origin,
    /// All of them.
    pub files: i64,
    /// How far those agree in which both name a unit.
    #[serde(flatten)]
    pub agreement: Agreement,
}

/// Complaints of one band, beside what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BandOutcome {
    /// The band.
    pub band: Band,
    /// Complaints.
    pub files: i64,
    /// Of these, refused.
    pub refused: i64,
    /// Closed.
    pub closed: i64,
    /// Not ended.
    pub open: i64,
    /// Marked as suspected in an export.
    pub marked: i64,
    /// Marked as not suspected.
    pub marked_not: i64,
}

/// A comparison over a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Layout of this document.
    pub format: u32,
    /// The bureau, by its name.
    pub bureau: String,
    /// The first day of receipt that counts.
    pub from: Day,
    /// The last.
    pub to: Day,
    /// The last day on which anything was recorded.
    pub as_of: Day,
    /// The last days that the exports know of which name who handled the files: of the oldest and of the newest export.
    pub exported: Option<(Day, Day)>,
    /// Files that came in.
    pub files: i64,
    /// Of all files, those that the bureau file decides: not left to reception.
    pub decided: Share,
    /// How many can be compared, and why the others cannot.
    pub coverage: Vec<(Coverage, i64)>,
    /// Units of the export that the bureau file does not have, with their files.
    pub unknown_units: Vec<(String, i64)>,
    /// All files in which both name a unit.
    pub whole: Agreement,
    /// By how our routing came about.
    pub origins: Vec<OfOrigin>,
    /// By the kind of the unit that handled them.
    pub kinds: Vec<OfUnit>,
    /// By the unit that handled them, in the order of the bureau file.
    pub units: Vec<OfUnit>,
    /// By category of goods or services, the most frequent first.
    pub categories: Vec<Agreement>,
    /// How often each kind of difference occurs.
    pub differences: Vec<(Difference, i64)>,
    /// What one file counts by the bureau file, in centiunits.
    pub work_units: WorkUnits,
    /// What each way gives stations and divisions, over the same files.
    pub work: Vec<UnitWork>,
    /// What is kept out of that, for reception has it or had it.
    pub at_reception: AtReception,
    /// Of these files, those that more than one unit may handle.
    pub choice: Share,
    /// How evenly each way spreads that work over the officers.
    pub evenness: Vec<Evenness>,
    /// Complaints by band, beside what became of them.
    pub bands: Vec<BandOutcome>,
    /// Whether those bands come from a model that knows the marks.
    pub model: ModelMarks,
    /// Of the disagreements, those to be checked by hand.
    pub sample: Vec<Disagreement>,
    /// Every file in which they differ: first what the bureau file does not allow, last what load alone chose; each in the order of
    /// receipt.
    pub disagreements: Vec<Disagreement>,
}

/// How many single files are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A few disagreements of each kind, for a terminal.
    Terminal,
    /// At most twenty disagreements of each kind, and the sample.
    Page,
    /// All of them, and the sample.
    Workbook,
}

impl Comparison {
    /// As it is printed; with how many there are of what it does not list.
    #[must_use]
    pub fn printed(&self, extent: Extent) -> Printed<'static> {
        tables::printed(self, extent)
    }

    /// As JSON.
    ///
    /// # Errors
    /// When it cannot be written down, which does not happen.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
