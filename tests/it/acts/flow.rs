//! Some months of a unit, day by day (办理流程): each line of `flow.txt` is a file with a history of its own, and what is shown kept, late
//! or owed in the end is what the articles say. All are lived at once, by one clock.

use super::*;
use triage::domain::view::Term;

const LINES: &str = include_str!("flow.txt");
/// The days that are lived, from the receipt on.
const DAYS: i32 = 93;

/// What is shown of duties, by the words of the table.
const DUTIES: [(&str, Duty); 13] = [
    ("受理决定", Duty::Accept),
    ("告知决定", Duty::TellComplainant),
    ("调解", Duty::Mediate),
    ("告知终止", Duty::NotifyTermination),
    ("告知被投诉人终止", Duty::NotifyTerminationRespondent),
    ("争议", Duty::ResolveCompetence),
    ("核查", Duty::Verify),
    ("延长核查", Duty::VerifyProlonged),
    ("告知举报人", Duty::TellReporter),
    ("复议答复", Duty::ReplyReconsideration),
    ("简易答复", Duty::ReplySimplified),
    ("诉讼答辩", Duty::ReplySuit),
    ("履行", Duty::ActAsOrdered),
];

/// One line of the table.
struct Course {
    number: &'static str,
    law: &'static str,
    track: Track,
    category: &'static str,
    deeds: Vec<Deed>,
    shown: Vec<(Duty, &'static str)>,
}

/// What is done.
#[derive(Clone, Copy)]
struct Deed {
    /// The day on which it is done, and the one on which it is noted.
    on: i32,
    noted: i32,
    what: &'static str,
    /// The field that is refused.
    refused: Option<&'static str>,
}

fn parts(text: &'static str, by: char) -> impl Iterator<Item = &'static str> {
    text.split(by).map(str::trim).filter(|part| !part.is_empty())
}

fn course_of(text: &'static str) -> Course {
    let cells: Vec<&str> = text.split('|').map(str::trim).collect();
    let [number, law, kind, deeds, shown] = cells[..] else { panic!("{text}") };
    let (track, matter) = kind.split_once(' ').unwrap_or((kind, ""));
    let category = match matter {
        "" => "服务->美容",
        "食品" => "商品->食品",
        "广告" => "服务->广告",
        other => panic!("{other}"),
    };
    let track = if track == "投诉" { Track::Complaint } else { Track::Report };
    let shown = parts(shown, '；').map(|cell| {
        let (duty, kept) = cell.split_once(' ').expect(cell);
        (DUTIES.into_iter().find(|(word, _)| *word == duty).expect(duty).1, kept)
    });
    Course {
        number,
        law,
        track,
        category,
        deeds: parts(deeds, '；').map(deed_of).collect(),
        shown: shown.collect(),
    }
}

fn deed_of(text: &'static str) -> Deed {
    let (day, what) = text.split_once(' ').expect(text);
    let (what, refused) = match what.split_once('×') {
        Some((what, field)) => (what.trim(), Some(field)),
        None => (what, None),
    };
    let (on, noted) = day.split_once("补记于").unwrap_or((day, day));
    Deed { on: on.parse().expect(text), noted: noted.parse().expect(text), what, refused }
}

fn named_by<T: Copy>(all: &[T], zh: fn(T) -> &'static str, word: &str) -> T {
    all.iter().copied().find(|one| zh(*one) == word).unwrap_or_else(|| panic!("{word}"))
}

/// How a file is closed.
fn closing(how: &str) -> (Disposition, Option<TerminationGround>, Option<RefusalGround>) {
    use TerminationGround::{NoAgreement, PartyGone, TermEnded};
    match how {
        "终止调解" => (Disposition::MediationEnded, Some(NoAgreement), None),
        "期满终止" => (Disposition::MediationEnded, Some(TermEnded), None),
        "注销终止" => (Disposition::MediationEnded, Some(PartyGone), None),
        "发现不予受理情形" => {
            (Disposition::GroundFoundLater, None, Some(RefusalGround::HandledElsewhere))
        }
        other => (named_by(Disposition::ALL, Disposition::zh, other), None, None),
    }
}

/// What is decided, where it is a decision.
fn ruling(what: &str) -> Option<Ruling> {
    Some(match what {
        "受理" => Ruling::Accept,
        "不予受理" => {
            Ruling::Refuse { ground: RefusalGround::TooLate, reason: why("购买已逾三年") }
        }
        "立案" => Ruling::File,
        "不予立案" => Ruling::NotFile { reason: why("查无实据"), basis: None },
        "不具备处理权限" => {
            Ruling::NotCompetent { competent: None, reason: why("行为地在青山区") }
        }
        "其他途径" => {
            Ruling::OtherChannel { matter: OtherMatter::Discipline, reason: why("反映干部作风") }
        }
        _ => return None,
    })
}

/// What is done in one word; what is recorded is done on a day.
fn act(what: &str, review: Sequence) -> FileAct {
    let dispute = |how| FileAct::DisputeEnded { how, note: None };
    match what {
        "移送" => FileAct::HandedOver {
            to: line("昆都仑区公安分局"),
            receipt: None,
            approved_by: Some(line("局长")),
            reason: why("涉嫌敲诈勒索"),
        },
        "移送结果" => FileAct::HandOverResult { note: why("公安机关已立案") },
        "自行纠正" => {
            FileAct::SelfCorrected { approved_by: line("局长"), reason: why("事实认定有误") }
        }
        "争议报请指定" => dispute(DisputeEnd::Referred),
        "争议上级指定" => dispute(DisputeEnd::Designated),
        "答复" => FileAct::Replied { review, note: None },
        "履行" => FileAct::Performed { review, note: why("已书面告知") },
        other => panic!("{other}"),
    }
}

fn verb(deed: Deed, review: Sequence) -> Verb {
    let day = on(deed.on);
    if let Some(ruling) = ruling(deed.what) {
        return decide(ruling, Some(day));
    }
    match deed.what.split_once(' ') {
        Some(("办结", how)) => {
            let (disposition, termination, ground) = closing(how);
            let note = ground.map(|_| why("区法院已立案"));
            Verb::Close { disposition, termination, ground, on: Some(day), recovered: None, note }
        }
        Some((act, subject)) => {
            let to = if act == "告知" { Party::Sender } else { Party::Respondent };
            tell(named_by(NoticeSubject::ALL, NoticeSubject::zh, subject), to, day)
        }
        None => match deed.what {
            "检测开始" => step(StepKind::TestingBegan, day.start()),
            "检测结束" => step(StepKind::TestingEnded, day.start()),
            "处理权限争议" => step(StepKind::CompetenceDisputed, day.start()),
            "延长" => prolong(Some(day)),
            other => record(day, act(other, review)),
        },
    }
}

/// `维持`, `撤销 限40`, `变更 自行决定`.
fn ended(how: &str) -> ReviewEnd {
    let mut words = how.split(' ');
    let outcome = named_by(ReviewOutcome::ALL, ReviewOutcome::zh, words.next().unwrap());
    let mut end = ReviewEnd::of(outcome);
    for word in words {
        match word.strip_prefix("限") {
            Some(day) => end.act_by = Some(on(day.parse().unwrap())),
            None => end.decided_itself = word == "自行决定",
        }
    }
    end
}

async fn carry_out(hall: &Hall, file: &FileRef, deed: Deed) -> Result<(), Failure> {
    let state = hall.state(file).await;
    let review = state.reviews.last().map_or(Sequence(0), |review| review.sequence);
    if let Some(kind) = ReviewKind::ALL.iter().find(|kind| kind.zh() == deed.what) {
        super::reviews::open(hall, file, *kind, on(deed.on)).await;
    } else if let Some(how) = deed.what.strip_prefix("结果 ") {
        super::reviews::end(hall, file, review, ended(how)).await;
    } else if deed.what == "撤回" {
        let number = file.number.clone();
        hall.must(intake(), Command::Withdraw { number, reason: None }).await;
    } else if state.status == Status::Waiting {
        hall.lead(file, vec![Verb::SignFor, verb(deed, review)]).await;
    } else {
        hall.verb(file, state.token.unwrap(), verb(deed, review)).await?;
    }
    Ok(())
}

/// What is shown of a duty: kept in time, late or overdue, owed, or done where the law names no number of days.
fn kept(term: &Term, today: Day) -> &'static str {
    match (term.was_kept(today), term.clock.met_on) {
        (Some(true), _) => "按时",
        (Some(false), _) => "逾期",
        (None, None) => "应办",
        (None, Some(_)) => "已办",
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_shown_kept_was_kept_and_what_late_was_late(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let text = LINES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut lines: Vec<Course> = text.map(course_of).collect();
    for (person, line) in (100..).zip(&lines) {
        let item = if line.track == Track::Complaint { complaint } else { report };
        hall.file(item(line.number, person, 0).of(line.category)).await;
    }
    for track in Track::ALL {
        for (number, lease) in hall.pull_by(EAST, "e1", track, 100).await {
            hall.verb(&named(&number, track), lease.token, Verb::SignFor).await.unwrap();
        }
    }
    let mut wrong = Vec::new();
    for day in 0..DAYS {
        for line in &mut lines {
            let file = named(line.number, line.track);
            while line.deeds.first().is_some_and(|deed| deed.noted == day) {
                let deed = line.deeds.remove(0);
                let done = carry_out(&hall, &file, deed).await;
                match deed.refused {
                    None => done
                        .unwrap_or_else(|why| wrong.push(format!("{} {}: {why:?}", line.number, deed.what))),
                    Some(field) if done.is_err() => assert_eq!(fields(done), [field], "{}", line.number),
                    Some(field) => {
                        wrong.push(format!("{} {}: not refused for {field}", line.number, line.law));
                    }
                }
            }
        }
        hall.world.wait(DAY);
    }
    let today = hall.world.clock.now().day();
    let sorted = |mut shown: Vec<(Duty, &'static str)>| {
        shown.sort_unstable();
        shown
    };
    for line in lines {
        assert!(line.deeds.is_empty(), "{}: something was not done", line.number);
        let terms = hall.state(&named(line.number, line.track)).await.clocks;
        let terms = terms.iter().filter(|term| !term.clock.dropped);
        let shown = sorted(terms.map(|term| (term.clock.duty, kept(term, today))).collect());
        let expected = sorted(line.shown);
        if shown != expected {
            wrong.push(format!("{} {}:\n  shown {shown:?}\n  by law {expected:?}", line.number, line.law));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    hall.world.close().await;
}

/// What can be noted any number of times pushes nothing out of what is read of a file: more is not taken.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn many_notes_hide_no_decision(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let (file, token) = signed(&hall, "L90").await;
    let mut token = hall.verb(&file, token, accept()).await.unwrap();
    let decided = hall.world.service.file(&unit(EAST), &file).await.unwrap().acts;
    let note = || {
        record(
            on(0),
            FileAct::Mediated { how: MediationMeans::OnSite, delegated: None, paper: None, note: None },
        )
    };
    let refused = loop {
        match hall.verb(&file, token, note()).await {
            Ok(next) => token = next,
            refused => break refused,
        }
    };
    assert_eq!(fields(refused), ["act"]);
    let acts = hall.world.service.file(&unit(EAST), &file).await.unwrap().acts;
    assert!(acts.len() > 100);
    assert_eq!(acts[..decided.len()], decided, "what was done before is still read");
    let notice = tell(NoticeSubject::Acceptance, Party::Sender, on(0));
    hall.verb(&file, token, notice).await.expect("what keeps a duty has room");
    hall.world.close().await;
}
