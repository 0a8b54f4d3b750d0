//! No setting does nothing: each key of the bureau file's settings, changed alone, changes what the bureau does or shows.

use serde_json::json;
use triage::app::{Config, FIRST_BUREAU};
use triage::domain::account::AccountChange;
use triage::domain::caller::Role;
use triage::domain::command::{Command, Handling, Outcome, Ruling, Verb};
use triage::domain::handling::{Finding, RefusalGround, ReviewKind};
use triage::domain::ids::{CallerId, Track};
use triage::domain::text::Line;
use triage::domain::time::{Day, Timestamp};
use triage::identity::Credential;
use triage::routing::LoadBasis;

use crate::queues::named;
use crate::support::models::{artefact, use_model};
use crate::support::officers::new_id;
use crate::support::world::{
    LATEST, UNITS, World, intake, officer, pull, reception, request_id, unit, unit_at, why,
};
use crate::support::{BUREAU, Backend, MONDAY, beside, fresh, rows};

/// Every key of `[settings]` and of `[work_units]`: as the bureau has it, and another value.
const KEYS: [(&str, &str, &str); 26] = [
    ("lease_minutes", "10", "20"),
    ("band_medium", "0.5", "0.7"),
    ("band_high", "0.8", "0.999999"),
    ("floors", "{ quantity = 20 }", "{ quantity = 900, purchases = 900 }"),
    ("horizon_days", "5", "15"),
    ("long_absence_days", "5", "300"),
    ("ramp_days", "7", "0"),
    ("bundle_from", "5", "2"),
    ("bundle_most", "60", "6"),
    ("bundle_percent", "30", "90"),
    ("affinity_work_units", "0.5", "50.0"),
    ("warn_hours", "4", "6"),
    ("escalate_hours", "8", "20"),
    ("office_hours", "[\"08:30-12:00\", \"14:30-17:30\"]", "[\"09:00-17:00\"]"),
    ("art45", "\"statutory\"", "\"any_rest_day\""),
    ("transition", "\"by_receive_date\"", "\"new_from_effective_date\""),
    ("review_reply_days", "10", "3"),
    ("approval", "[]", "[\"file\"]"),
    ("case_clock", "\"platform\"", "\"here\""),
    ("review_authority", "\"\"", "\"测试区人民政府\""),
    ("separation", "\"district\"", "\"small\""),
    ("unit_accounts_name_officers", "true", "false"),
    (
        "retention",
        "{ complaint_years = 10, basis = \"档案保管期限表\" }",
        "{ complaint_years = 20, basis = \"档案保管期限表\" }",
    ),
    ("complaint", "1.0", "1.25"),
    ("report", "1.5", "1.75"),
    ("suspected", "2.0", "2.5"),
];
/// How many of them are settings; the others are work units.
const SETTINGS: usize = 23;

/// The test's bureau with these keys, one of them changed, and an officer who was away and will be again.
fn bureau(changed: Option<&str>) -> String {
    let (_, units) = BUREAU.split_once("[[unit]]").unwrap();
    let lines = |keys: &[(&str, &str, &str)]| -> String {
        let value = |(key, usual, other): &(&str, &str, &str)| {
            let value = if changed == Some(*key) { other } else { usual };
            format!("{key} = {value}\n")
        };
        keys.iter().map(value).collect()
    };
    let (settings, work) = KEYS.split_at(SETTINGS);
    let away = "id = \"n1\"\naway = [{ from = \"2026-05-18\", to = \"2026-05-29\" }, \
        { from = \"2026-06-15\", to = \"2026-06-30\" }]\n";
    format!(
        "[bureau]\nname = \"测试局\"\n[settings]\n{}[work_units]\n{}[[unit]]{}",
        lines(settings),
        lines(work),
        units.replace("id = \"n1\"\n", away)
    )
}

struct Rehearsal(World);

impl Rehearsal {
    async fn does(&self, caller: triage::domain::caller::Caller, command: Command) -> Outcome {
        self.0.ask((caller, request_id(&new_id()), command)).await.unwrap()
    }

    async fn files(&self, number: &str, received: Timestamp, part: &str, (name, text): (&str, &str)) {
        let mut whole = json!({
            "number": number, "received": { "at": received.0 },
            "complainant": { "name": name, "phone": format!("1390000{:04}", name.len()) },
            "respondent": { "name": "西街超市", "premises": "西街街道三号" },
        });
        whole[part] = json!({ "text": text, "amount_fen": 468 });
        self.does(intake(), Command::Submit(serde_json::from_value(whole).unwrap())).await;
    }

    async fn escalates(&self) {
        self.0.service.escalate(FIRST_BUREAU).await.unwrap();
    }
}

/// Lives the same two days whatever the settings; gives all that came of it, but for the bureau file itself.
async fn lived(config: &Config, changed: Option<&str>) -> Vec<String> {
    let it = Rehearsal(World::open(config, 16, LoadBasis::LAWFUL).await);
    use_model(&it.0.app, &artefact(1.0)).await;
    it.does(reception(), Command::LoadBureau { content: bureau(changed).into() }).await;
    // A fact under Art. 17(1), and a claim without one.
    let wording = "预包装食品未标注生产日期，不符合GB 7718，要求退一赔十，请书面答复";
    let bought = format!("购买600袋，分6单付款，{wording}");
    let claim = ("王某", bought.as_str());
    for at in 0..10 {
        let received = MONDAY.plus_seconds(-86_400 * (12 - at));
        it.files(&format!("A{at}"), received, "complaint", claim).await;
    }
    it.files("E", MONDAY, "complaint", ("钱大大大明", wording)).await;
    it.files("B", MONDAY, "complaint", ("李小红", "大米有虫，要求退货")).await;
    it.files("C", MONDAY, "report", ("李小红", "该店无照经营")).await;
    let before = Day::parse("2026-04-10").unwrap().start();
    it.files("D", before, "complaint", ("赵小小明", "手机维修后仍不能开机")).await;
    // The manager is stated after some hours; the term to mediate ends on a Sunday when it begins on Wednesday.
    for minutes in [270, 210, 40 * 60] {
        it.0.wait(minutes);
        it.escalates().await;
    }
    let b = named("B", Track::Complaint);
    let found = it.0.service.submission(&reception(), b.number.clone()).await.unwrap();
    let at = unit_at(&found.files[0].state.unit);
    let Outcome::Pulled(leases) = it.does(unit(at), pull(at, Track::Complaint, 50)).await else { panic!() };
    let mut token = leases.iter().find(|lease| lease.file.submission == found.sequence).unwrap().token;
    let accept = Verb::Decide {
        ruling: Ruling::Accept,
        finding: Some((Finding::NotSuspected, why("首次"))),
        on: None,
        approved_by: None,
    };
    for verb in [Verb::SignFor, accept] {
        let handling = Handling { file: b.clone(), officer: officer(UNITS[at].1), token, verb };
        let Outcome::Handled { token: next, .. } = it.does(unit(at), Command::Handle(handling)).await else {
            panic!()
        };
        token = next;
    }
    // The report is filed, where nobody must have allowed it.
    let c = named("C", Track::Report);
    let found = it.0.service.submission(&reception(), c.number.clone()).await.unwrap();
    let at = unit_at(&found.files[0].state.unit);
    let Outcome::Pulled(leases) = it.does(unit(at), pull(at, Track::Report, 50)).await else { panic!() };
    let mut token = leases.iter().find(|lease| lease.file.submission == found.sequence).unwrap().token;
    let filed = Verb::Decide { ruling: Ruling::File, finding: None, on: None, approved_by: None };
    for verb in [Verb::SignFor, filed] {
        let handling = Handling { file: c.clone(), officer: officer(UNITS[at].1), token, verb };
        let asked = (unit(at), request_id(&new_id()), Command::Handle(handling));
        if let Ok(Outcome::Handled { token: next, .. }) = it.0.ask(asked).await {
            token = next;
        }
    }
    let (kind, authority) = (ReviewKind::Reconsideration, Line::parse("区政府").unwrap());
    let received = it.0.clock.now().day();
    it.does(reception(), Command::OpenReview { file: b.clone(), kind, authority, received, against: LATEST })
        .await;
    let seen = it.0.service.submission(&reception(), b.number.clone()).await.unwrap();
    let mut all = rows::all(config).await;
    all.retain(|row| !row.starts_with("rules ") && !row.starts_with("event "));
    all.extend(seen.files[0].state.clocks.iter().map(|term| format!("{term:?}")));
    // What a refusal has to tell of remedies.
    let a = named("A0", Track::Complaint);
    let found = it.0.service.submission(&reception(), a.number.clone()).await.unwrap();
    let at = unit_at(&found.files[0].state.unit);
    let ruling = Ruling::Refuse { ground: RefusalGround::TooLate, reason: why("购买已满四年") };
    let verb = Verb::Decide { ruling, finding: None, on: None, approved_by: None };
    let refusal = Handling { file: a, officer: officer(UNITS[at].1), token: found.sequence, verb };
    let stated = it.0.service.check(&unit(at), &refusal).await.unwrap().to_tell;
    all.extend(stated.iter().map(|notice| format!("stated {:?}", notice.remedies)));
    // Who may have which roles, and in whose name an account of a unit acts.
    let roles = vec![Role::Officer, Role::Lawyer];
    let open = AccountChange::Open {
        id: Some(CallerId(90)),
        officer: officer("e1"),
        roles,
        password: String::new().into(),
    };
    all.push(format!("opened {}", it.0.app.act(FIRST_BUREAU, Command::Account(open)).await.is_ok()));
    let name = Line::parse("登记系统").unwrap();
    let (_, token) = it.0.app.add_caller(FIRST_BUREAU, Role::Intake, None, &name).await.unwrap();
    let names =
        it.0.service.caller(&Credential::of_token(&token).unwrap()).await.unwrap().unwrap().names_officers;
    all.push(format!("names officers {names}"));
    all.push(format!("purge {:?}", it.0.app.purge(FIRST_BUREAU, true, |_, _| true).await.unwrap()));
    it.0.close().await;
    all
}

#[tokio::test]
async fn every_setting_changes_something() {
    // All with the same keys, so that hashes are the same.
    let (first, directory) = fresh(Backend::Sqlite);
    let another = |name: &str| beside(&first, &directory, name);
    let usual = lived(&another("usual"), None).await;
    let again = lived(&another("again"), None).await;
    assert_eq!(rows::differences(&usual, &again), [""; 0], "what is lived twice is the same");
    let mut idle = Vec::new();
    for (key, ..) in KEYS {
        if rows::differences(&usual, &lived(&another(key), Some(key)).await).is_empty() {
            idle.push(key);
        }
    }
    assert!(idle.is_empty(), "these change nothing: {idle:?}");
    // A key that is added is added here, too: a settings table that asks for an unknown one names all there are.
    let mistakes = triage::routing::Bureau::parse("[settings]\nnone = 1\n").unwrap_err();
    let named = mistakes.iter().map(ToString::to_string).find(|text| text.contains("settings.none")).unwrap();
    let (_, known) = named.rsplit_once('：').unwrap();
    let ours: Vec<&str> = KEYS[..SETTINGS].iter().map(|(key, ..)| *key).collect();
    assert_eq!(known.split('、').collect::<Vec<_>>(), ours);
}
