//! The bureau file (机构文件): units, officers and their absences, places, special lines - read whole or refused whole.

use std::collections::HashMap;

use crate::domain::account::Separation;
use crate::domain::decision::Floors;
use crate::domain::evidence::Relay;
use crate::domain::ids::{OfficerId, Track, UnitId};
use crate::domain::personal::Personal;
use crate::domain::plain::plain;
use crate::domain::text::Line;
use crate::domain::time::Day;
use crate::statute::life::Act;
use crate::statute::{Art45, Calendar, OfficeHours, RuleSet, Transition};

use super::effort::EffortRow;
use super::gazetteer::Gazetteer;
use super::policy::Policy;
use super::register::Register;
use super::rows::{BureauError, Mistakes, read};
use super::scope::Scope;

/// What a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// 派出机构（所）: competent for places (Order 121 Art. 30).
    Station,
    /// 内设股室、大队: competent for special lines.
    Division,
    /// 统一接收机构 (Order 121 Art. 41): one per bureau, takes what has no known place and what units give back.
    Reception,
}

impl UnitKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Station, Self::Division, Self::Reception];

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
    /// Open work that it may have at most on each track, in centiunits (容量); unbounded without.
    pub capacities: Vec<(Track, i64)>,
}

impl Unit {
    /// Whether it works on files of a track.
    pub fn works_on(&self, track: Track) -> bool {
        self.tracks.contains(&track)
    }

    /// Open work that it may have at most on a track, in centiunits.
    pub fn capacity(&self, track: Track) -> Option<i64> {
        self.capacities.iter().find(|(of, _)| *of == track).map(|(_, centiunits)| *centiunits)
    }
}

/// An officer (执法人员).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    /// Staff number, unique in the bureau.
    pub id: OfficerId,
    /// Name.
    pub name: Personal<String>,
    /// The unit, one at a time.
    pub unit: UnitId,
    /// Working time in hundredths of a full officer's (非全日).
    pub percent: i64,
    /// Days not on duty.
    pub away: Vec<Absence>,
    /// Names or credit codes of operators whose files this officer must not handle (回避, Art. 21).
    pub recused_from: Vec<String>,
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
    /// Who leads the unit meanwhile (代理人), if this officer leads it: of the same unit.
    pub deputy: Option<OfficerId>,
}

impl Absence {
    /// Whether the officer is away on a day.
    pub fn covers(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// Its length in days, both ends included.
    pub fn days(&self) -> i64 {
        i64::from(self.to.0) - i64::from(self.from.0) + 1
    }
}

/// A special line (专门业务): files that go to a division whatever the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialLine {
    /// Its name, e.g. 药品.
    pub name: String,
    /// The division.
    pub division: UnitId,
    /// What belongs to it.
    pub scope: Scope,
    /// Expected effort of its files in centiunits, when it has its own figure.
    pub centiunits: Option<i64>,
}

/// What a bureau sets for its routing and its queues (设置).
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Length of a lease (领取时限), in seconds.
    pub lease_seconds: i64,
    /// Calibrated probabilities from which a complaint is of band Medium and of band High.
    pub bands: (f64, f64),
    /// From which values on a fact under items (1) to (4) of Art. 17 is strong enough for band High, and who says so.
    pub floors: Floors,
    /// Working days ahead over which officers on duty are counted (负荷期).
    pub horizon_days: u16,
    /// Length of an absence from which work comes back by and by, in days.
    pub long_absence_days: i64,
    /// Over how many days it comes back.
    pub ramp_days: i64,
    /// Open files of one bundle (关联件归并) from which the next goes to the same unit.
    pub bundle_from: i64,
    /// Open files of one bundle at one unit at most; what comes after goes by policy.
    pub bundle_most: i64,
    /// What one more file of a bundle counts for, in hundredths.
    pub bundle_percent: i64,
    /// How far above the least load a unit that handles the operator's open file may be, in centiunits per officer.
    pub affinity_centiunits: i64,
    /// Working minutes after which a file that nobody has signed for is reported to the unit's manager.
    pub warn_minutes: u32,
    /// Working minutes after which it goes to reception.
    pub escalate_minutes: u32,
    /// Hours of a working day.
    pub office_hours: OfficeHours,
    /// How the end of a term in calendar days is read (Art. 45).
    pub art45: Art45,
    /// Which rules hold for what was open when Order 121 came into force.
    pub transition: Transition,
    /// Days within which the bureau itself wants a reply to a reconsideration or a suit to be ready (内部答复期限), counted from
    /// the day after it was notified; it shortens the term of the law, and never lengthens it. None: the law's alone.
    pub review_reply_days: Option<i32>,
    /// Decisions that name who allowed them (批准人).
    pub approval: Vec<Act>,
    /// Where the term to decide a case that was filed runs (案件办理期限).
    pub case_clock: CaseClock,
    /// Before whom decisions of the bureau are challenged by reconsideration (复议机关), as notices name it. None: they say which by law.
    pub review_authority: Option<String>,
    /// Which roles one person may have together (岗位设置).
    pub separation: Separation,
    /// Whether an account that a whole unit uses may say which officer did something (代填). None: until the first person of the bureau
    /// has an account of his own.
    pub unit_accounts_name_officers: Option<bool>,
    /// For how long files are kept (保存期限). None: for ever.
    pub retention: Option<Retention>,
}

/// For how long files are kept after their end (保存期限), and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Years of a complaint; none: for ever.
    pub complaint_years: Option<u8>,
    /// Years of a report; none: for ever.
    pub report_years: Option<u8>,
    /// Who has set them (依据).
    pub basis: Line,
    /// The minute of the day at which a server purges what is due; none: that is done by hand alone.
    pub daily_at: Option<u16>,
}

impl Retention {
    /// Years of a file of a track.
    pub fn years(&self, track: Track) -> Option<u8> {
        match track {
            Track::Complaint => self.complaint_years,
            Track::Report => self.report_years,
        }
    }
}

/// Where the term to decide a case that was filed runs (案件办理期限).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CaseClock {
    /// In the platform on which cases are handled (执法办案平台): no term is shown here.
    #[default]
    Platform,
    /// Here, as 市场监督管理行政处罚程序规定 Art. 64 has it.
    Here,
}

/// Expected effort of files, in centiunits (hundredths of a work unit, 工作量).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct WorkUnits {
    /// An ordinary complaint.
    pub complaint: i64,
    /// A report.
    pub report: i64,
    /// A complaint of band High: proof of the consumer relation has to be checked (Order 121 Art. 17).
    pub suspected: i64,
}

/// A checked bureau file. Holds only what is whole: every id it mentions exists.
#[derive(Debug, Clone)]
pub struct Bureau {
    pub(super) name: String,
    pub(super) units: Vec<Unit>,
    pub(super) positions: HashMap<UnitId, usize>,
    pub(super) reception: Unit,
    pub(super) officers: Vec<Officer>,
    pub(super) staff: HashMap<OfficerId, usize>,
    pub(super) gazetteer: Gazetteer,
    pub(super) register: Register,
    pub(super) lines: Vec<SpecialLine>,
    pub(super) relays: Vec<Relay>,
    pub(super) policies: Vec<Policy>,
    pub(super) efforts: Vec<EffortRow>,
    pub(super) settings: Settings,
    pub(super) work: WorkUnits,
    pub(super) calendar: Calendar,
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

    /// A unit by the name that an export has for it: the whole name, however it is spaced.
    pub fn unit_named(&self, name: &str) -> Option<&Unit> {
        let name = plain(name);
        self.units.iter().find(|unit| plain(&unit.name) == name)
    }

    /// The unified reception unit (统一接收机构).
    pub fn reception(&self) -> &Unit {
        &self.reception
    }

    /// An officer by staff number, with name and unit.
    pub fn officer(&self, id: &OfficerId) -> Option<&Officer> {
        self.staff.get(id).and_then(|at| self.officers.get(*at))
    }

    /// For whom an officer stands in on a day (代理).
    pub fn deputised_by<'b>(&'b self, deputy: &'b OfficerId, day: Day) -> impl Iterator<Item = &'b Officer> {
        let away = move |officer: &&Officer| {
            let absences = officer.away.iter().filter(|absence| absence.covers(day));
            absences.filter_map(|absence| absence.deputy.as_ref()).any(|named| named == deputy)
        };
        self.officers.iter().filter(away)
    }

    /// All officers, in the order of the file.
    pub fn officers(&self) -> impl Iterator<Item = &Officer> {
        self.officers.iter()
    }

    /// Phones and addresses that many people share: they link nobody.
    pub fn relays(&self) -> &[Relay] {
        &self.relays
    }

    /// Special lines, in the order of the file: the first that fits holds.
    pub fn special_lines(&self) -> &[SpecialLine] {
        &self.lines
    }

    /// Policies, in the order of the file: the first that holds decides.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The rules that govern, on the day `on`, a file that came in on the day `received`: whatever asks which order holds
    /// asks here, so that clocks, routing and evidence sheet name the same one.
    pub fn governing(&self, received: Day, on: Day) -> &'static RuleSet {
        RuleSet::governing(received, on, self.settings.transition)
    }

    /// The last day of a term by the bureau's own reading of Art. 45, given the one by the earliest (本局口径). It is shown
    /// wherever a term is; what warns and what is pulled first goes by the earliest.
    pub fn ends_on(&self, due: Day) -> Day {
        self.settings.art45.end(&self.calendar, due)
    }

    /// Working days, with the years that the file adds to those this program knows.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The last day on which what runs out is of class A today: at most one working day is left (promise 9).
    pub fn class_a_until(&self, today: Day) -> Day {
        Day(self.calendar.class_b_from(today).0.saturating_sub(1))
    }

    /// The working days over which officers on duty are counted for a file of this day.
    pub fn horizon(&self, day: Day) -> Vec<Day> {
        let before = Day(day.0.saturating_sub(1));
        let days = 1..=self.settings.horizon_days;
        days.map(|nth| self.calendar.plus_working_days(before, nth)).collect()
    }

    pub(super) fn efforts(&self) -> &[EffortRow] {
        &self.efforts
    }

    /// What a file counts for which nothing else is stated (工作量).
    pub fn work_units(&self) -> WorkUnits {
        self.work
    }

    pub(super) fn register(&self) -> &Register {
        &self.register
    }

    pub(super) fn gazetteer(&self) -> &Gazetteer {
        &self.gazetteer
    }
}
