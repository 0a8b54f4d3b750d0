//! Which station a bureau file finds for addresses whose station is known.
//!
//! `cargo bench --bench addresses -- BUREAU.toml < addresses.tsv`: an address, a tab, the name of the station that handled it (of
//! several, divided by `|`). Prints how many are decided, how many of these right, and why the others go to reception; what is
//! wrong, one a line.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use triage::domain::ids::Track;
use triage::domain::submission::Submission;
use triage::routing::{Bureau, Ground, competence};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Fallible<()> {
    let mut out = std::io::stdout().lock();
    let Some(path) = std::env::args().skip(1).find(|argument| argument != "--bench") else {
        writeln!(out, "a bureau file is named, and addresses are read from standard input")?;
        return Ok(());
    };
    let bureau =
        Bureau::parse(&std::fs::read_to_string(path)?).map_err(|mistakes| format!("{mistakes:?}"))?;
    let (mut all, mut decided, mut right) = (0_usize, 0_usize, 0_usize);
    let mut reception: BTreeMap<String, usize> = BTreeMap::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (address, stations) = line.split_once('\t').ok_or("an address, a tab, a station")?;
        all += 1;
        let Ok(submission) = at(address) else {
            *reception.entry("no address".to_owned()).or_default() += 1;
            writeln!(out, "no address\t{address}")?;
            continue;
        };
        let found = competence(&bureau, &submission, Track::Complaint, submission.received.at.day());
        if let Ground::Unknown(unclear) = found.ground {
            *reception.entry(format!("{unclear:?}")).or_default() += 1;
            writeln!(out, "{unclear:?}\t{address}")?;
            continue;
        }
        decided += 1;
        let names = |station: &str| found.station.is_some_and(|unit| unit.name == station);
        if stations.split('|').any(names) {
            right += 1;
        } else {
            writeln!(out, "wrong\t{address}\t{stations}\t{}", found.matched.unwrap_or_default())?;
        }
    }
    writeln!(out, "{all} addresses, {decided} decided, {right} right, reception {reception:?}")?;
    Ok(())
}

fn at(address: &str) -> Result<Submission, serde_json::Error> {
    serde_json::from_value(serde_json::json!({
        "number": "A1", "received": { "at": 1_779_242_400_000_000_i64 }, "complainant": {},
        "complaint": { "text": "东西有问题" }, "respondent": { "premises": address },
    }))
}
