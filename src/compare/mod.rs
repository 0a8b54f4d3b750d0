//! Our routing beside the present way (试运行对比): the unit that the routing gives each imported file, and the unit that really
//! handled it, as the export names it.
//!
//! Pure: the same files give the same comparison. Nobody's work is judged by it: it names units, never an officer, and of what
//! was told it holds the name of the unit alone. What we gave is the first decision; a file that had ended before it was imported
//! was not routed, so it is played as of its receive time ([`crate::whatif`]) under the bureau file in force.

mod found;
mod load;
mod reported;
mod sample;
mod sentences;
mod tables;

use std::collections::{BTreeMap, HashMap};

use crate::domain::deadline::Law;
use crate::domain::decision::{Band, Routing};
use crate::domain::handling::Status;
use crate::domain::ids::{FileId, RegistrationNumber, Track, UnitId};
use crate::domain::outcome::ImportedLabel;
use crate::domain::time::{Day, Days};
use crate::domain::unit_name::is_bureau;
use crate::figures::{Share, counted, named, number};
use crate::routing::{Bureau, Unit, UnitKind};
use crate::whatif::{Placed, competent};

pub use found::{
    Agreement, BandOutcome, Comparison, Coverage, Difference, Disagreement, Extent, ModelMarks, OfOrigin,
    OfUnit, Origin,
};
pub use load::{Amount, AtReception, Evenness, Spread, UnitLoad, UnitWork};
use reported::{NO_UNIT, Reported, read_all};

/// Layout of the JSON; another number is another layout.
const FORMAT: u32 = 2;

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
    /// An export brought it.
    pub imported: bool,
    /// Its first decision; none when it had ended before it was imported.
    pub decided: Option<Routing>,
    /// Who handled it, as the newest export has it.
    pub reported: Option<Handler>,
    /// Its status now.
    pub status: Status,
    /// The officer's mark in an export.
    pub label: Option<ImportedLabel>,
    /// The band of a complaint: of its first decision, or by the champion of now for one that had ended. None for a report.
    pub band: Option<Band>,
}

impl ComparedFile {
    fn origin(&self) -> Origin {
        match (&self.decided, self.imported) {
            (None, _) => Origin::Played,
            (Some(_), true) => Origin::Imported,
            (Some(_), false) => Origin::Received,
        }
    }
}

/// What an export tells of who handled a file.
#[derive(Debug, Clone)]
pub struct Handler {
    /// Its words.
    pub unit: String,
    /// The last day that the export knows of (截至).
    pub as_of: Day,
}

/// What the model in use was trained on.
#[derive(Debug, Clone, Copy)]
pub struct Training {
    /// Complaints of our simulator, and none of the bureau's.
    pub simulated: bool,
    /// The first and the last submission it knows.
    pub submissions: (i64, i64),
}

/// A file in which both name a unit.
struct Pair<'a> {
    file: &'a ComparedFile,
    ours: &'a Routing,
    theirs: UnitId,
    written: String,
    difference: Option<Difference>,
}

/// Compares the files of a period. `placed` are the same files and all earlier ones, as they were played; `training` is of the
/// model in use.
pub fn compare(
    bureau: &Bureau,
    period: Days,
    as_of: Day,
    (files, placed): (&[ComparedFile], &[Placed]),
    training: Option<Training>,
) -> Comparison {
    let Read { given, pairs, coverage, unknown } = read(bureau, files, placed);
    let decided = given.iter().filter(|ours| ours.unit != bureau.reception().id).count();
    let mut disagreements: Vec<Disagreement> =
        pairs.iter().filter_map(|pair| disagreement(bureau, pair)).collect();
    disagreements.sort_by_key(|one| std::cmp::Reverse(one.difference));
    let work = load::work(bureau, &given, &pairs);
    let exported = || files.iter().filter_map(|file| file.reported.as_ref().map(|handler| handler.as_of));
    Comparison {
        format: FORMAT,
        bureau: bureau.name().to_owned(),
        from: period.first(),
        to: period.last(),
        as_of,
        exported: exported().min().zip(exported().max()),
        files: number(files.len()),
        decided: Share::of(number(decided), number(given.len())),
        coverage: counted(coverage.into_iter()),
        unknown_units: by_files(unknown),
        whole: agreement("合计".to_owned(), &mut pairs.iter()),
        origins: origins(files, &pairs),
        kinds: kinds(bureau, &pairs),
        units: units(bureau, &pairs),
        categories: categories(&pairs),
        differences: counted(pairs.iter().filter_map(|pair| pair.difference)),
        work_units: bureau.work_units(),
        at_reception: load::at_reception(bureau, &given, &pairs),
        choice: load::choice(bureau, &pairs),
        evenness: load::evenness(&work),
        work,
        bands: bands(files),
        model: model_marks(files, training),
        sample: sample::drawn(&disagreements),
        disagreements,
    }
}

/// Files as they are put side by side.
struct Read<'a> {
    /// What our routing gives of all.
    given: Vec<&'a Routing>,
    /// Those in which both name a unit.
    pairs: Vec<Pair<'a>>,
    /// Which can be compared.
    coverage: Vec<Coverage>,
    /// What exports have that is no unit of the bureau file.
    unknown: Vec<String>,
}

fn read<'a>(bureau: &'a Bureau, files: &'a [ComparedFile], placed: &'a [Placed]) -> Read<'a> {
    let played: HashMap<FileId, &Routing> = placed.iter().map(|one| (one.file, &one.routing)).collect();
    let texts = files.iter().filter_map(|file| file.reported.as_ref()).map(|handler| handler.unit.as_str());
    let said = read_all(bureau, texts);
    let mut read = Read { given: Vec::new(), pairs: Vec::new(), coverage: Vec::new(), unknown: Vec::new() };
    for file in files {
        let Some(ours) = file.decided.as_ref().or_else(|| played.get(&file.id).copied()) else {
            read.coverage.push(Coverage::NotRouted);
            continue;
        };
        read.given.push(ours);
        let coverage = match file.reported.as_ref().and_then(|handler| said.get(handler.unit.as_str())) {
            Some(Reported::Unit { unit, written }) => {
                let difference = difference(bureau, ours, unit);
                let (theirs, written) = (unit.clone(), written.clone());
                read.pairs.push(Pair { file, ours, theirs, written, difference });
                Coverage::Compared
            }
            Some(Reported::Unknown(written)) => {
                read.unknown.push(written.clone());
                match written.as_str() {
                    NO_UNIT => Coverage::NoUnit,
                    name if is_bureau(name) => Coverage::BureauAlone,
                    _ => Coverage::UnknownUnit,
                }
            }
            None => Coverage::Unreported,
        };
        read.coverage.push(coverage);
    }
    read
}

/// How often each name occurs, the most frequent first.
fn by_files(names: Vec<String>) -> Vec<(String, i64)> {
    let mut counts = counted(names.into_iter());
    counts.sort_by_key(|(_, files)| std::cmp::Reverse(*files));
    counts
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

fn agreement<'a>(name: String, pairs: &mut dyn Iterator<Item = &'a Pair<'a>>) -> Agreement {
    let (mut same, mut lawful, mut whole) = (0, 0, 0);
    for pair in pairs {
        whole += 1;
        same += i64::from(pair.difference.is_none());
        lawful += i64::from(matches!(pair.difference, None | Some(Difference::BothMay)));
    }
    Agreement { name, same: Share::of(same, whole), lawful: Share::of(lawful, whole) }
}

/// Pairs by how our routing came about.
fn origins(files: &[ComparedFile], pairs: &[Pair<'_>]) -> Vec<OfOrigin> {
    let of = |(origin, files): (Origin, i64)| {
        let mut of_origin = pairs.iter().filter(|pair| pair.file.origin() == origin);
        OfOrigin { origin, files, agreement: agreement(origin.zh().to_owned(), &mut of_origin) }
    };
    counted(files.iter().map(ComparedFile::origin)).into_iter().map(of).collect()
}

/// Pairs by the unit that handled them, in the order of the bureau file.
fn units(bureau: &Bureau, pairs: &[Pair<'_>]) -> Vec<OfUnit> {
    let of = |unit: &Unit| {
        let mut of_unit = pairs.iter().filter(|pair| pair.theirs == unit.id);
        OfUnit { kind: unit.kind, agreement: agreement(unit.name.clone(), &mut of_unit) }
    };
    bureau.units().iter().map(of).filter(|of| of.agreement.same.whole > 0).collect()
}

/// Pairs by the kind of the unit that handled them.
fn kinds(bureau: &Bureau, pairs: &[Pair<'_>]) -> Vec<OfUnit> {
    let of = |kind: UnitKind| {
        let is = |pair: &&Pair<'_>| bureau.unit(&pair.theirs).is_some_and(|unit| unit.kind == kind);
        OfUnit { kind, agreement: agreement(kind.zh().to_owned(), &mut pairs.iter().filter(is)) }
    };
    UnitKind::ALL.map(of).into_iter().filter(|of| of.agreement.same.whole > 0).collect()
}

/// Pairs by category, the most frequent first.
fn categories(pairs: &[Pair<'_>]) -> Vec<Agreement> {
    let mut groups: BTreeMap<String, Vec<&Pair<'_>>> = BTreeMap::new();
    for pair in pairs {
        groups.entry(named(&pair.file.category)).or_default().push(pair);
    }
    let of = |(name, pairs): (String, Vec<&Pair<'_>>)| agreement(name, &mut pairs.into_iter());
    let mut found: Vec<Agreement> = groups.into_iter().map(of).collect();
    found.sort_by_key(|of| std::cmp::Reverse(of.same.whole));
    found
}

fn model_marks(files: &[ComparedFile], training: Option<Training>) -> ModelMarks {
    let marked: Vec<i64> = files
        .iter()
        .filter(|file| file.id.track == Track::Complaint && file.label.is_some())
        .map(|file| file.id.submission.0)
        .collect();
    let knows = |at: &&i64| {
        training.is_some_and(|of| !of.simulated && (of.submissions.0..=of.submissions.1).contains(*at))
    };
    ModelMarks {
        simulated: training.map(|of| of.simulated),
        learnt: number(marked.iter().filter(knows).count()),
        marked: number(marked.len()),
    }
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
