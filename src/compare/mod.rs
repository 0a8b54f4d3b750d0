//! Our routing beside the present way (试运行对比): the unit that the routing gives each imported file, and the unit that really
//! handled it, as the export names it.
//!
//! Pure: the same files give the same comparison. Nobody's work is judged by it: it names units, never an officer, and of what
//! was told it holds the name of the unit alone. What we gave is the first decision; a file that had ended before it was imported
//! was not routed, so it is played as of its receive time ([`crate::whatif`]) under the bureau file in force.

mod reported;
mod tables;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::domain::deadline::Law;
use crate::domain::decision::{Band, Routing};
use crate::domain::handling::{Status, listed};
use crate::domain::ids::{FileId, RegistrationNumber, Track, UnitId};
use crate::domain::outcome::ImportedLabel;
use crate::domain::time::{Day, Days};
use crate::figures::{Printed, Share, counted, named, number};
use crate::routing::Bureau;
use crate::whatif::{Placed, competent};

use reported::{Reported, read_all};

/// Layout of the JSON; another number is another layout.
const FORMAT: u32 = 1;

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

/// A file as it is compared.
#[derive(Debug, Clone)]
pub struct ComparedFile {
    /// The file.
    pub id: FileId,
    /// Registration number.
    pub number: RegistrationNumber,
    /// The day on which it came in.
    pub received: Day,
    /// The order that governed it then.
    pub law: Law,
    /// The two upper levels of its category of goods or services; empty where none was told.
    pub category: String,
    /// Its first decision; none when it had ended before it was imported.
    pub decided: Option<Routing>,
    /// Who handled it, as the export has it.
    pub reported: Option<String>,
    /// Its status now.
    pub status: Status,
    /// The officer's mark in an export.
    pub label: Option<ImportedLabel>,
    /// The band of a complaint: of its first decision, or by the champion of now for one that had ended. None for a report.
    pub band: Option<Band>,
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

/// What a unit would have had, each way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitWork {
    /// The unit, by name.
    pub unit: String,
    /// Its officers in the bureau file.
    pub officers: i64,
    /// Files of the whole period by our routing, whether or not an export names who handled them.
    pub our_files_in_all: i64,
    /// Of those in which both name a unit: files by our routing.
    pub our_files: i64,
    /// Work of these, in centiunits.
    pub our_work: i64,
    /// Files by the present way.
    pub their_files: i64,
    /// Work of these, in centiunits: counted as in our routing.
    pub their_work: i64,
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
    /// Files that came in.
    pub files: i64,
    /// Of these, played anew because they had ended before they were imported.
    pub played: i64,
    /// Of all files, those that the bureau file decides: not left to reception.
    pub decided: Share,
    /// Files of which no export names who handled them.
    pub unreported: i64,
    /// Units of the export that the bureau file does not have, with their files.
    pub unknown_units: Vec<(String, i64)>,
    /// All files in which both name a unit.
    pub whole: Agreement,
    /// By the unit that handled them.
    pub units: Vec<Agreement>,
    /// By category of goods or services.
    pub categories: Vec<Agreement>,
    /// How often each kind of difference occurs.
    pub differences: Vec<(Difference, i64)>,
    /// What each way gives the units, over the same files.
    pub work: Vec<UnitWork>,
    /// Complaints by band, beside what became of them.
    pub bands: Vec<BandOutcome>,
    /// Every file in which they differ: first what the bureau file does not allow, last what load alone chose; each in the order of
    /// receipt.
    pub disagreements: Vec<Disagreement>,
}

/// A file in which both name a unit.
struct Pair<'a> {
    file: &'a ComparedFile,
    ours: &'a Routing,
    theirs: &'a UnitId,
    written: &'a str,
    difference: Option<Difference>,
}

/// Compares the files of a period. `placed` are the same files and all earlier ones, as they were played.
pub fn compare(
    bureau: &Bureau,
    period: Days,
    as_of: Day,
    files: &[ComparedFile],
    placed: &[Placed],
) -> Comparison {
    let played: HashMap<FileId, &Routing> = placed.iter().map(|one| (one.file, &one.routing)).collect();
    let said = read_all(bureau, files.iter().filter_map(|file| file.reported.as_deref()));
    let reception = &bureau.reception().id;
    let (mut given, mut pairs, mut unknown, mut unreported) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for file in files {
        let Some(ours) = file.decided.as_ref().or_else(|| played.get(&file.id).copied()) else { continue };
        given.push(ours);
        match file.reported.as_deref().and_then(|text| said.get(text)) {
            Some(Reported::Unit { unit, written }) => {
                let difference = difference(bureau, ours, unit);
                pairs.push(Pair { file, ours, theirs: unit, written, difference });
            }
            Some(Reported::Unknown(written)) => unknown.push(written.clone()),
            None => unreported += 1,
        }
    }
    let decided = number(given.iter().filter(|ours| ours.unit != *reception).count());
    let mut disagreements: Vec<Disagreement> =
        pairs.iter().filter_map(|pair| disagreement(bureau, pair)).collect();
    disagreements.sort_by_key(|one| std::cmp::Reverse(one.difference));
    let name = |unit: &UnitId| name_of(bureau, unit);
    Comparison {
        format: FORMAT,
        bureau: bureau.name().to_owned(),
        from: period.first(),
        to: period.last(),
        as_of,
        files: number(files.len()),
        played: number(files.iter().filter(|file| file.decided.is_none()).count()),
        decided: Share::of(decided, number(given.len())),
        unreported,
        unknown_units: by_files(unknown),
        whole: agreement("合计".to_owned(), pairs.iter()),
        units: agreements(&pairs, |pair| name(pair.theirs)),
        categories: agreements(&pairs, |pair| named(&pair.file.category)),
        differences: counted(pairs.iter().filter_map(|pair| pair.difference)),
        work: work(bureau, &given, &pairs),
        bands: bands(files),
        disagreements,
    }
}

/// How often each name occurs, the most frequent first.
fn by_files(names: Vec<String>) -> Vec<(String, i64)> {
    let mut counts = counted(names.into_iter());
    counts.sort_by_key(|(_, files)| std::cmp::Reverse(*files));
    counts
}

impl Comparison {
    /// As it is printed; with at most so many single files, and a sentence how many there are.
    #[must_use]
    pub fn printed(&self, files_most: usize) -> Printed<'static> {
        tables::printed(self, files_most)
    }

    /// As JSON.
    ///
    /// # Errors
    /// When it cannot be written down, which does not happen.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

fn name_of(bureau: &Bureau, unit: &UnitId) -> String {
    bureau.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.name.clone())
}

/// Why they differ; none when they are the same.
fn difference(bureau: &Bureau, ours: &Routing, theirs: &UnitId) -> Option<Difference> {
    let reception = &bureau.reception().id;
    if ours.unit == *theirs {
        return None;
    }
    Some(if ours.unit == *reception {
        Difference::LeftOpen
    } else if theirs == reception {
        Difference::ByReception
    } else if competent(ours).contains(theirs) {
        Difference::BothMay
    } else {
        Difference::NotCompetent
    })
}

fn agreement<'a>(name: String, pairs: impl Iterator<Item = &'a Pair<'a>>) -> Agreement {
    let (mut same, mut lawful, mut whole) = (0, 0, 0);
    for pair in pairs {
        whole += 1;
        same += i64::from(pair.difference.is_none());
        lawful += i64::from(matches!(pair.difference, None | Some(Difference::BothMay)));
    }
    Agreement { name, same: Share::of(same, whole), lawful: Share::of(lawful, whole) }
}

/// Pairs by a name, in the order of the names.
fn agreements<'a>(pairs: &'a [Pair<'a>], name: impl Fn(&Pair<'_>) -> String) -> Vec<Agreement> {
    let mut groups: BTreeMap<String, Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in pairs {
        groups.entry(name(pair)).or_default().push(pair);
    }
    groups.into_iter().map(|(name, pairs)| agreement(name, pairs.into_iter())).collect()
}

/// What each way gives the units, in the order of the bureau file; units that get nothing either way are left out.
fn work(bureau: &Bureau, given: &[&Routing], pairs: &[Pair<'_>]) -> Vec<UnitWork> {
    let of_unit = |unit: &crate::routing::Unit| {
        let sum = |of: &dyn Fn(&Pair<'_>) -> bool| {
            pairs
                .iter()
                .filter(|pair| of(pair))
                .fold((0, 0), |(files, work), pair| (files + 1, work + pair.ours.centiunits))
        };
        let (our_files, our_work) = sum(&|pair| pair.ours.unit == unit.id);
        let (their_files, their_work) = sum(&|pair| *pair.theirs == unit.id);
        let officers = number(bureau.officers().filter(|officer| officer.unit == unit.id).count());
        let our_files_in_all = number(given.iter().filter(|ours| ours.unit == unit.id).count());
        let unit = unit.name.clone();
        UnitWork { unit, officers, our_files_in_all, our_files, our_work, their_files, their_work }
    };
    let units = bureau.units().iter().map(of_unit);
    units.filter(|unit| unit.our_files_in_all + unit.their_files > 0).collect()
}

fn bands(files: &[ComparedFile]) -> Vec<BandOutcome> {
    let of_band = |band: &Band| {
        let of = |which: &dyn Fn(&ComparedFile) -> bool| {
            number(files.iter().filter(|file| file.band == Some(*band) && which(file)).count())
        };
        BandOutcome {
            band: *band,
            files: of(&|_| true),
            refused: of(&|file| file.status == Status::Refused),
            closed: of(&|file| file.status == Status::Closed),
            open: of(&|file| !file.status.has_ended()),
            marked: of(&|file| file.label == Some(ImportedLabel::Suspected)),
            marked_not: of(&|file| file.label == Some(ImportedLabel::Not)),
        }
    };
    let order = [Band::High, Band::Medium, Band::Low, Band::Insufficient, Band::NotScored];
    order.iter().map(of_band).filter(|of| of.files > 0).collect()
}

fn disagreement(bureau: &Bureau, pair: &Pair<'_>) -> Option<Disagreement> {
    let Pair { file, ours, theirs, written, difference } = pair;
    let our_name = name_of(bureau, &ours.unit);
    let state = if file.status.has_ended() { file.status.zh() } else { "未办结" };
    Some(Disagreement {
        number: file.number.clone(),
        track: file.id.track,
        received: file.received,
        category: named(&file.category),
        ours_why: ours.sentence(&our_name, file.law),
        ours: our_name,
        theirs: name_of(bureau, theirs),
        theirs_why: format!("导出载明“{written}”，{state}"),
        difference: (*difference)?,
    })
}

#[cfg(test)]
mod tests;
