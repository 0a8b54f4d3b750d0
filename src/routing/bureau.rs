//! The bureau file (机构文件): units, officers and their absences, places, special lines - read whole or refused whole.

use std::collections::HashMap;

use crate::domain::evidence::Relay;
use crate::domain::ids::{OfficerId, Track, UnitId};
use crate::domain::time::Day;

use super::gazetteer::Gazetteer;
use super::register::Register;
use super::rows::{BureauError, Mistakes, read};

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// 派出机构（所）: competent for places (Order 121 Art. 30).
    Station,
    /// 内设股室、大队: competent for special lines.
    Division,
    /// 统一接收机构 (Order 121 Art. 41): one per bureau, takes what has no known place and what units give back.
    Reception,
}

impl UnitKind {
    /// For people.
    pub fn zh(self) -> &'static str {
        match self {
            UnitKind::Station => "所",
            UnitKind::Division => "股室、大队",
            UnitKind::Reception => "统一接收机构",
        }
    }
}

/// A unit (处理单位).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id, unique in the bureau.
    pub id: UnitId,
    /// Its name, unique in the bureau.
    pub name: String,
    /// What it is.
    pub kind: UnitKind,
    /// Tracks it works on; both unless the file says otherwise.
    pub tracks: Vec<Track>,
}

impl Unit {
    /// Whether it works on files of a track.
    pub fn works_on(&self, track: Track) -> bool {
        self.tracks.contains(&track)
    }
}

/// An officer (执法人员).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// Staff number, unique in the bureau.
    pub id: OfficerId,
    /// Name.
    pub name: String,
    /// The unit, one at a time.
    pub unit: UnitId,
    /// Days not on duty.
    pub away: Vec<Absence>,
}

/// Days on which an officer is not on duty (休假、培训、借调), both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absence {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Why, for people; may be empty.
    pub why: String,
}

impl Absence {
    fn covers(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

/// A special line (专门业务): files that go to a division whatever the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialLine {
    /// Its name, e.g. 药品.
    pub name: String,
    /// The division.
    pub division: UnitId,
    /// Tracks it holds for.
    pub tracks: Vec<Track>,
    /// Words of which the object category (客体类别) must contain one; empty asks nothing.
    pub object_words: Vec<String>,
    /// Words of which the problem category (问题类别) must contain one; empty asks nothing.
    pub problem_words: Vec<String>,
    /// Expected effort of its files in centiunits, when it has its own figure.
    pub centiunits: Option<i64>,
}

impl SpecialLine {
    /// Whether a file of this track and these categories belongs to the line.
    pub fn fits(&self, track: Track, object_category: &str, problem_category: &str) -> bool {
        let asks = |words: &[String], text: &str| {
            words.is_empty() || words.iter().any(|word| text.contains(word.as_str()))
        };
        self.tracks.contains(&track)
            && asks(&self.object_words, object_category)
            && asks(&self.problem_words, problem_category)
    }
}

/// Expected effort of files, in centiunits (hundredths of a work unit, 工作量).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WorkUnits {
    pub(super) complaint: i64,
    pub(super) report: i64,
    /// A complaint of band High: proof of the consumer relation has to be checked (Order 121 Art. 17).
    pub(super) suspected: i64,
}

/// Who of a unit is there, prepared for asking once per candidate.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster {
    pub(super) officers: i64,
    /// Of the officers who are ever away, the absences of each.
    pub(super) away: Vec<Vec<Absence>>,
}

/// A checked bureau file. Holds only what is whole: every id it mentions exists.
#[derive(Debug, Clone)]
pub struct Bureau {
    pub(super) name: String,
    pub(super) units: Vec<Unit>,
    pub(super) positions: HashMap<UnitId, usize>,
    pub(super) rosters: HashMap<UnitId, Roster>,
    pub(super) reception: Unit,
    pub(super) officers: Vec<Officer>,
    pub(super) staff: HashMap<OfficerId, usize>,
    pub(super) gazetteer: Gazetteer,
    pub(super) register: Register,
    pub(super) home: Vec<String>,
    pub(super) lines: Vec<SpecialLine>,
    pub(super) relays: Vec<Relay>,
    pub(super) lease_seconds: i64,
    pub(super) bands: (f64, f64),
    pub(super) work: WorkUnits,
}

impl Bureau {
    /// Reads a bureau file. All mistakes come at once, in the order of the file's tables.
    pub fn parse(toml: &str) -> Result<Self, Vec<BureauError>> {
        let mut mistakes = Mistakes::default();
        let bureau = read(toml, &mut mistakes).and_then(|rows| super::check::check(rows, &mut mistakes));
        match bureau {
            Some(bureau) if mistakes.0.is_empty() => Ok(bureau),
            _ => Err(mistakes.0),
        }
    }

    /// Name of the bureau.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All units, in the order of the file. The order breaks ties of load.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// A unit by its id.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.positions.get(id).and_then(|at| self.units.get(*at))
    }

    /// The unified reception unit (统一接收机构).
    pub fn reception(&self) -> &Unit {
        &self.reception
    }

    /// An officer by staff number, with name and unit.
    pub fn officer(&self, id: &OfficerId) -> Option<&Officer> {
        self.staff.get(id).and_then(|at| self.officers.get(*at))
    }

    /// All officers, in the order of the file.
    pub fn officers(&self) -> impl Iterator<Item = &Officer> {
        self.officers.iter()
    }

    /// Officers of a unit on duty on a day (在岗人数); 0 for a unit that does not exist.
    pub fn officers_on_duty(&self, unit: &UnitId, day: Day) -> i64 {
        self.rosters.get(unit).map_or(0, |roster| {
            let is_away = |absences: &Vec<Absence>| absences.iter().any(|absence| absence.covers(day));
            roster
                .away
                .iter()
                .filter(|absences| is_away(absences))
                .fold(roster.officers, |there, _| there - 1)
        })
    }

    /// Phones and addresses that many people share: they link nobody.
    pub fn relays(&self) -> &[Relay] {
        &self.relays
    }

    /// Special lines, in the order of the file: the first that fits holds.
    pub fn special_lines(&self) -> &[SpecialLine] {
        &self.lines
    }

    /// Length of a lease (领取), in seconds.
    pub fn lease_seconds(&self) -> i64 {
        self.lease_seconds
    }

    /// Calibrated probabilities from which a complaint is of band Medium and of band High.
    pub fn bands(&self) -> (f64, f64) {
        self.bands
    }

    /// Names of the bureau's own district and of the city and province around it (本地地名), as addresses write them.
    pub fn home_places(&self) -> &[String] {
        &self.home
    }

    pub(super) fn work_units(&self) -> WorkUnits {
        self.work
    }

    pub(super) fn register(&self) -> &Register {
        &self.register
    }

    pub(super) fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }
}
