//! Single cases as law, judgments and published rules describe them: no average hides a citizen who is wronged.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use triage::domain::command::{Command, Outcome};
use triage::domain::decision::Band;
use triage::domain::submission::Submission;
use triage::model::{Artefact, Source, baseline};
use triage::routing::LoadBasis;

use crate::support::models::use_model;
use crate::support::world::{World, intake, request_id};
use crate::support::{Backend, MONDAY, fresh};

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

/// A case, told from its first complaint to its last.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    shipped: Vec<String>,
    own: Vec<String>,
    group: Vec<Group>,
}

/// Complaints of one sort.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in cases.toml")]
struct Group {
    #[serde(default = "one")]
    times: u32,
    #[serde(default)]
    every: f64,
    /// Days from the case's first day to its own.
    #[serde(default)]
    after: f64,
    #[serde(default = "one")]
    names: u32,
    #[serde(default = "one")]
    phones: u32,
    /// The number of its first name and telephone: groups of other persons have others.
    #[serde(default)]
    first: u32,
    #[serde(default = "one")]
    addresses: u32,
    #[serde(default = "one")]
    shops: u32,
    #[serde(default)]
    goods: Vec<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    categories: Vec<String>,
    #[serde(default)]
    problem: Option<String>,
    #[serde(default)]
    problems: Vec<String>,
    amount: f64,
    #[serde(default)]
    quantity: Option<i64>,
    #[serde(default)]
    orders: bool,
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    occurred: bool,
    #[serde(default)]
    account: bool,
    #[serde(default)]
    parcels: bool,
    #[serde(default)]
    anonymous: bool,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    channel: Option<String>,
    texts: Vec<String>,
}

fn one() -> u32 {
    1
}

#[expect(clippy::cast_possible_truncation, reason = "small amounts")]
fn fen(yuan: f64) -> i64 {
    (yuan * 100.0).round() as i64
}

/// The one of a list whose turn it is.
fn turn(list: &[String], n: u32) -> Option<&String> {
    list.get(n as usize % list.len().max(1))
}

impl Group {
    /// The complaints with their seconds from the first day.
    fn complaints(&self, case: usize) -> Vec<(i64, Map<String, Value>)> {
        (0..self.times).map(|n| (self.second(n), self.complaint(case, n))).collect()
    }

    #[expect(clippy::cast_possible_truncation, reason = "some seconds of a year")]
    fn second(&self, n: u32) -> i64 {
        ((self.after + f64::from(n) * self.every) * 86_400.0) as i64
    }

    fn complaint(&self, case: usize, n: u32) -> Map<String, Value> {
        let who = [self.names, self.phones, self.addresses, self.shops].map(|count| n % count);
        let [name, phone, address, shop] = who;
        let [name, phone] = [name, phone].map(|n| self.first + n);
        let mut part = json!({
            "text": turn(&self.texts, n).unwrap().replace("{n}", &(n + 1).to_string()),
            "demands": ["赔偿损失"], "amount_fen": fen(self.amount), "sales_mode": "现场购物",
            "object_category": turn(&self.categories, n).or(self.category.as_ref()).map_or("商品（产品）->食品", |c| c),
        });
        let mut put = |key: &str, value: Value| part.as_object_mut().unwrap().insert(key.to_owned(), value);
        if let Some(problem) = turn(&self.problems, n).or(self.problem.as_ref()) {
            put("problem_category", json!(format!("投诉问题->{problem}")));
        }
        turn(&self.goods, n).map(|goods| put("product", json!(goods)));
        self.quantity.map(|quantity| put("quantity", json!(quantity)));
        self.order.as_ref().map(|order| put("order_number", json!(order)));
        if self.orders {
            put("order_number", json!(format!("DD{case:04}{n:06}")));
        }
        if self.occurred {
            put("occurred", json!({ "at": START + self.second(n) * 1_000_000, "date_only": true }));
        }
        let mut person = Map::new();
        if !self.anonymous {
            person.insert("name".to_owned(), json!(format!("样{case}甲{name}")));
            person.insert("phone".to_owned(), json!(format!("139{case:04}{phone:04}")));
            let home = format!("样例小区{case}号楼{address}单元");
            let home = self.address.clone().unwrap_or(home);
            // Names of one parcel address live apart.
            if !self.parcels {
                person.insert("address".to_owned(), json!(home));
            }
        }
        if self.account {
            person.insert("payment_account".to_owned(), json!(format!("0{case:018}")));
        }
        if self.parcels {
            person.insert("delivery_address".to_owned(), json!(format!("样例路{case}号快递柜")));
        }
        let channel = self.channel.as_deref().unwrap_or("platform");
        let shop = json!({ "name": format!("样例{case}号第{shop}店"), "premises": "东街街道一号" });
        let whole =
            json!({ "channel": channel, "complainant": person, "respondent": shop, "complaint": part });
        whole.as_object().unwrap().clone()
    }
}

/// A year before the tests' clock.
const START: i64 = MONDAY.0 - 400 * 86_400_000_000;

/// The band of each case's last complaint under a model.
async fn judged(artefact: &Artefact) -> HashMap<String, Band> {
    let (config, _directory) = fresh(Backend::Sqlite);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    use_model(&world.app, artefact).await;
    let mut asked = Vec::new();
    for (at, case) in cases().iter().enumerate() {
        let mut complaints: Vec<_> = case.group.iter().flat_map(|group| group.complaints(at)).collect();
        complaints.sort_by_key(|(second, _)| *second);
        let last = complaints.len() - 1;
        for (n, (second, mut complaint)) in complaints.into_iter().enumerate() {
            complaint.insert("number".to_owned(), json!(format!("V{at}-{n}")));
            complaint.insert("received".to_owned(), json!({ "at": START + second * 1_000_000 }));
            let submission: Submission = serde_json::from_value(Value::Object(complaint)).unwrap();
            let name = (n == last).then(|| case.name.clone());
            asked.push((submission.received.at, name, submission));
        }
    }
    asked.sort_by_key(|(received, ..)| *received);
    let mut bands = HashMap::new();
    for (_, name, submission) in asked {
        let id = request_id(&format!("v{}", submission.number));
        let answer = world.ask((intake(), id, Command::Submit(Box::new(submission)))).await.unwrap();
        let Outcome::Submitted { receipt, .. } = answer else { panic!("{answer:?}") };
        let suspicion = receipt.decisions.into_iter().find_map(|decision| decision.suspicion).unwrap();
        if let Some(name) = name {
            bands.insert(name, suspicion.band);
        }
    }
    bands
}

fn cases() -> Vec<Case> {
    toml::from_str::<Cases>(include_str!("vignettes/cases.toml")).unwrap().case
}

/// Names of cases whose band is none of those wanted.
fn wrong(bands: &HashMap<String, Band>, wanted: fn(&Case) -> &Vec<String>) -> Vec<String> {
    let word = |band: Band| serde_json::to_value(band).unwrap().as_str().unwrap().to_owned();
    let is_wrong = |case: &&Case| !wanted(case).contains(&word(bands[&case.name]));
    cases().iter().filter(is_wrong).map(|case| format!("{}: {:?}", case.name, bands[&case.name])).collect()
}

#[test]
fn half_of_the_cases_are_honest_and_each_has_a_source() {
    let cases = cases();
    let honest = cases.iter().filter(|case| case.name.starts_with("H-")).count();
    assert!(cases.len() >= 40 && honest * 2 >= cases.len(), "{honest} of {}", cases.len());
    assert!(cases.iter().all(|case| !case.source.is_empty()));
}

#[tokio::test]
async fn every_case_is_right_with_the_shipped_model() {
    let bands = judged(&baseline().unwrap()).await;
    assert_eq!(wrong(&bands, |case| &case.shipped), [""; 0]);
}

/// The same weights, as if they were of the bureau's own findings: nothing but the source keeps the shipped model from High.
#[tokio::test]
async fn every_case_is_right_with_a_model_that_may_say_high() {
    let artefact = Artefact { source: Source::Bureau, ..baseline().unwrap() };
    let bands = judged(&artefact).await;
    assert_eq!(wrong(&bands, |case| &case.own), [""; 0]);
}
