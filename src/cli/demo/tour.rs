//! The live part of a tour: one complaint and one report on their way, by the real client.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{DemoError, Done};
use crate::app::{App, Listen};
use crate::cli::explain::{ADVICE, candidates, reasons, score, sentence};
use crate::cli::sample::{part, shop_of, someone};
use crate::cli::say;
use crate::cli::table::{or_dash, table};
use crate::domain::act::{Notice, NoticeMeans, NoticeSubject, Party};
use crate::domain::caller::Role;
use crate::domain::command::{FileRef, Ruling};
use crate::domain::decision::Decision;
use crate::domain::given::Given;
use crate::domain::handling::{Disposition, Finding, Status, TerminationGround};
use crate::domain::ids::{BureauId, OfficerId, RegistrationNumber, RequestId, Track, UnitId};
use crate::domain::submission::{Channel, Submission};
use crate::domain::text::{Line, Why};
use crate::domain::time::Moment;
use crate::grpc::client::{Client, Grip, Seen};
use crate::grpc::target::Target;
use crate::routing::Bureau;
use crate::service::overview::UnitOverview;

/// Files pulled at once.
const PULLED: i32 = 50;
/// How long a pull waits for its first file.
const PULL_WAIT: Duration = Duration::from_secs(5);

/// Who takes part in a tour.
pub(super) struct Tour<'a> {
    app: &'a App,
    bureau: BureauId,
    address: Listen,
    rules: Arc<Bureau>,
    intake: Client,
    intake_token: PathBuf,
}

/// A live file and where it went.
pub(super) struct Sent {
    file: FileRef,
    unit: UnitId,
}

/// A file in an officer's hand.
pub(super) struct Held {
    client: Client,
    grip: Grip,
}

/// A sentence of the tour as the domain takes it.
fn words<T>(
    parse: fn(&str) -> Result<T, crate::domain::violation::Invalid>,
    text: &str,
) -> Result<T, DemoError> {
    parse(text).map_err(|_| DemoError::Unexpected("示例文字无效"))
}

impl<'a> Tour<'a> {
    /// Makes the intake system a caller and connects it.
    pub(super) async fn new(app: &'a App, bureau: BureauId, address: Listen) -> Done<Self> {
        let mut tx = app.context.store.read().await?;
        let rules = app.context.rules_in_force(&mut tx, bureau).await?;
        tx.rollback().await?;
        let (intake, intake_token) = connect(app, bureau, &address, None).await?;
        Ok(Self { app, bureau, address, rules, intake, intake_token })
    }

    /// How loaded the units are.
    pub(super) async fn loads(&self) -> Done<Vec<UnitOverview>> {
        Ok(self.app.access(self.bureau, async |service, caller| service.overview(caller).await).await?.units)
    }

    /// A complaint by somebody who complained before, in the same words, of a shop that is new to them.
    pub(super) async fn complain(&self, like: &RegistrationNumber) -> Done<Sent> {
        let access = async |service: &crate::service::Service, caller: &_| {
            service.submission(caller, like.clone()).await
        };
        let before = self.app.access(self.bureau, access).await?;
        let before = before.files.into_iter().find(|file| file.id.track == Track::Complaint);
        let before = before.ok_or(DemoError::Unexpected("参照的登记件没有投诉"))?;
        self.submit(Submission {
            number: words(RegistrationNumber::parse, "demo-live-complaint")?,
            received: self.now()?,
            channel: Given::Known(Channel::Platform),
            complainant: before.complainant,
            respondent: shop_of("虚构友谊食品店", "友谊大街街道8号")
                .map_err(|_| DemoError::Unexpected("商户"))?,
            complaint: Some(before.part),
            report: None,
        })
        .await
    }

    /// A report by somebody else.
    pub(super) async fn report(&self) -> Done<Sent> {
        let wrong = |_| DemoError::Unexpected("示例举报");
        let receipt =
            part("该店没有食品经营许可证，仍在现场制作售卖凉菜。", "商品（产品）->食品", "凉菜", 1_500);
        self.submit(Submission {
            number: words(RegistrationNumber::parse, "demo-live-report")?,
            received: self.now()?,
            channel: Given::Known(Channel::Hotline),
            complainant: someone(99_000_001).map_err(wrong)?,
            respondent: shop_of("虚构沼潭凉菜铺", "沼潭街道21号").map_err(wrong)?,
            complaint: None,
            report: Some(receipt.map_err(wrong)?),
        })
        .await
    }

    fn now(&self) -> Result<Moment, DemoError> {
        Moment::from_seconds(self.app.clock.now().seconds())
            .map_err(|_| DemoError::Unexpected("本机时钟不对"))
    }

    /// Submits over the wire and says what the receipt says.
    async fn submit(&self, submission: Submission) -> Done<Sent> {
        let request = words(RequestId::parse, submission.number.as_str())?;
        let (receipt, repeat) = Box::pin(self.intake.submit(&request, &submission)).await?;
        say(&format!(
            "回执：登记件 {}，序号 {}，入库 {}{}",
            receipt.number,
            receipt.sequence.0,
            receipt.recorded_at.display(),
            if repeat { "（重复登记）" } else { "" }
        ))?;
        let [decision] = receipt.decisions.as_slice() else {
            return Err(DemoError::Unexpected("回执中应有一件").into());
        };
        let routing = decision.routing.as_ref().ok_or(DemoError::Unexpected("回执中没有分送"))?;
        self.explain(decision)?;
        let file = FileRef { number: receipt.number.clone(), track: decision.track() };
        Ok(Sent { file, unit: routing.unit.clone() })
    }

    fn explain(&self, decision: &Decision) -> Done {
        if let Some(routing) = &decision.routing {
            let today = self.app.clock.now().day();
            let law = self.rules.governing(today, today).law;
            say(&format!("分送：{}", sentence(routing, &self.rules, law)))?;
            if let Some(candidates) = candidates(routing, &self.rules) {
                say(&candidates)?;
            }
        }
        if let Some(suspicion) = &decision.suspicion {
            say(&score(suspicion))?;
            say(&reasons(suspicion))?;
            say(ADVICE)?;
        }
        Ok(())
    }

    /// An officer of the file's unit pulls until it comes, and signs for it.
    pub(super) async fn take(&mut self, sent: &Sent) -> Done<Held> {
        let Sent { file, unit } = sent;
        let (client, _) = connect(self.app, self.bureau, &self.address, Some(unit)).await?;
        let officer = self.officer(unit)?;
        let mut before = 0;
        let found: Seen = loop {
            let request = words(RequestId::parse, &format!("{}-pull-{before}", file.number))?;
            let pulled = client.pull(&request, &officer, file.track, PULLED, PULL_WAIT).await?;
            if pulled.is_empty() {
                return Err(DemoError::Unexpected("没有领到刚登记的件").into());
            }
            let count = pulled.len();
            if let Some(found) = pulled.into_iter().find(|seen| seen.file == *file) {
                before += count - 1;
                break found;
            }
            before += count;
        };
        let token = found.token.ok_or(DemoError::Unexpected("领取没有凭证"))?;
        let name = self.rules.unit(unit).map_or(unit.as_str(), |unit| unit.name.as_str());
        say(&format!(
            "{name}人员 {officer} 领取了 {} 件，临期的在前，其余轮流；其中一件是 {}",
            before + 1,
            file.number
        ))?;
        let mut grip = Grip { file: file.clone(), officer, token };
        let request = words(RequestId::parse, &format!("{}-sign", file.number))?;
        let signed = client.sign_for(&request, &grip).await?;
        say(&format!("状态：{}", signed.status.zh()))?;
        grip.token = signed.token;
        Ok(Held { client, grip })
    }

    /// Decides with the officer's own finding, and closes.
    pub(super) async fn settle(&self, held: Held) -> Done {
        let Held { client, mut grip } = held;
        let number = grip.file.number.clone();
        let request = |verb: &str| words(RequestId::parse, &format!("{number}-{verb}"));
        let reason = words(Why::parse, "查阅所列记录后认为：短期内以相同文字投诉多家商户，不能说明消费需要")?;
        let (ruling, finding, end) = match grip.file.track {
            Track::Complaint => {
                let end = (Disposition::MediationEnded, Some(TerminationGround::NoAgreement));
                (Ruling::Accept, Some((Finding::Suspected, &reason)), end)
            }
            Track::Report => (Ruling::File, None, (Disposition::Rectified, None)),
        };
        let decided = client.decide(&request("decide")?, &grip, &ruling, finding).await?;
        say(&format!("决定：{}", decided.status.zh()))?;
        if let Some((finding, reason)) = finding {
            say(&format!("研判意见：{}（理由：{}）", finding.zh(), reason.as_str()))?;
        }
        grip.token = decided.token;
        if grip.file.track == Track::Complaint {
            self.tell(&client, &mut grip, (NoticeSubject::Acceptance, Party::Sender)).await?;
        }
        let closed = client.close(&request("close")?, &grip, end, None).await?;
        grip.token = closed.token;
        say(&format!("办结：{}，状态：{}", end.0.zh(), closed.status.zh()))?;
        if grip.file.track == Track::Complaint {
            for to in [Party::Sender, Party::Respondent] {
                self.tell(&client, &mut grip, (NoticeSubject::Termination, to)).await?;
            }
        }
        Ok(())
    }

    /// Notes that somebody was told: a duty to tell is kept by that alone.
    async fn tell(&self, client: &Client, grip: &mut Grip, (subject, to): (NoticeSubject, Party)) -> Done {
        let number = &grip.file.number;
        let request = words(RequestId::parse, &format!("{number}-tell-{}-{}", subject.code(), to.code()))?;
        let proof = words(Line::parse, &format!("平台反馈 {number}-{}-{}", subject.code(), to.code()))?;
        let notice = Notice { subject, to, means: NoticeMeans::Platform, proof, note: None, text: None };
        let noted = client.tell(&request, grip, self.app.clock.now().day(), &notice).await?;
        grip.token = noted.token;
        say(&format!("告知{}：{}（{}）", to.zh(), subject.zh(), notice.means.zh()))?;
        Ok(())
    }

    /// Intake reads both back: they have ended.
    pub(super) async fn check(&self, sent: [&Sent; 2]) -> Done {
        for sent in sent {
            let seen = self.intake.submission(&sent.file.number).await?;
            let file = seen.iter().find(|seen| seen.file == sent.file);
            let file = file.ok_or(DemoError::Unexpected("查不到刚登记的件"))?;
            say(&format!("{} {}件：{}", sent.file.number, sent.file.track.zh(), file.status.zh()))?;
            if file.status != Status::Closed {
                return Err(DemoError::Unexpected("件没有办结").into());
            }
        }
        Ok(())
    }

    /// Somebody of a unit who is there today.
    fn officer(&self, unit: &UnitId) -> Result<OfficerId, DemoError> {
        let today = self.app.clock.now().day();
        let there = |officer: &&crate::routing::Officer| {
            officer.unit == *unit && !officer.away.iter().any(|away| (away.from..=away.to).contains(&today))
        };
        let officer = self.rules.officers().find(there).map(|officer| officer.id.clone());
        officer.ok_or(DemoError::Unexpected("单位今天没有人在岗"))
    }

    /// Where it goes on from here.
    pub(super) fn next_steps(&self, complaint: &Sent) -> Done<String> {
        let program = std::env::current_exe()?;
        let program = program.display();
        let (data, token) = (self.app.data().display(), self.intake_token.display());
        Ok(format!(
            "\n服务继续在 {address} 运行（Ctrl-C 结束）。登记系统的访问令牌在 {token}\n另开一个终端，可以试试：\n  \
             {program} --data {data} stats\n  \
             {program} --data {data} queue {unit}\n  \
             {program} --data {data} show {number}\n  \
             {program} --data {data} replay\n  \
             {program} bench --address {address} --token-file {token} --rate 200/s",
            address = self.address,
            unit = complaint.unit,
            number = complaint.file.number,
        ))
    }
}

/// Makes a caller, keeps its token in a file that its owner alone can read, and connects it.
async fn connect(
    app: &App,
    bureau: BureauId,
    address: &Listen,
    unit: Option<&UnitId>,
) -> Done<(Client, PathBuf)> {
    let (role, name) = unit.map_or((Role::Intake, "intake"), |unit| (Role::Unit, unit.as_str()));
    let (_, token) = app.add_caller(bureau, role, unit.cloned(), &words(Line::parse, name)?).await?;
    let path = app.data().join(format!("{name}.token"));
    let mut file =
        std::fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
    writeln!(file, "{token}")?;
    Ok((Client::connect(&Target::plain(address.to_string()), &token).await?, path))
}

/// Loads of all units that had or have any, at three moments.
pub(super) fn loads_text(
    before: &[UnitOverview],
    between: &[UnitOverview],
    after: &[UnitOverview],
) -> String {
    let load = |unit: &UnitOverview| or_dash(unit.load().map(|load| format!("{load:.2}")));
    let rows = before.iter().zip(between).zip(after).filter_map(|((before, between), after)| {
        let busy = [before, between, after].iter().any(|unit| unit.open_centiunits > 0);
        let moved = before.open_centiunits != between.open_centiunits;
        let mark = if moved { "收到新件" } else { "" };
        busy.then(|| [before.name.clone(), load(before), load(between), load(after), mark.to_owned()])
    });
    table(["单位", "登记前#", "登记后#", "办结后#", ""], rows)
}
