//! The past that a demo stands on: a made-up district, its export taken in, a model learned from its marks. Each of the
//! three is what a bureau does with its own.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::DemoError;
use crate::app::App;
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, ModelId, RegistrationNumber};
use crate::domain::submission::Submission;
use crate::domain::time::{Day, Timestamp};
use crate::exchange::{Parsed, Sheet, Times};
use crate::import::Imported;
use crate::lifecycle::Lifecycle;
use crate::model::Source;
use crate::simulate::{Options, SimulateError, World, simulate};
use crate::training::{Origin, Report, examples, fit};

/// What the law may call a short time; a longer past makes no reason.
const LATELY_DAYS: i32 = 60;

/// A made-up district and where its files are.
pub(super) struct Past {
    world: World,
    dir: PathBuf,
}

/// Makes two years of about `items` items, up to yesterday, and writes the files that a bureau would have.
pub(super) fn make(dir: &Path, items: usize, now: Timestamp) -> Result<Past, SimulateError> {
    let until = Day(now.day().0 - 1);
    let world = simulate(&Options { items, until, ..Options::default() })?;
    world.write(dir, |_| ())?;
    Ok(Past { world, dir: dir.to_owned() })
}

impl Past {
    /// The district's bureau file.
    pub(super) fn bureau_file(&self) -> &str {
        self.world.bureau_file()
    }

    /// Takes the export in, as `triage import` does. Gives the number of a complaint of somebody who comes often.
    pub(super) async fn import(
        &self,
        app: &App,
        bureau: BureauId,
        life: &Lifecycle,
        progress: impl FnMut(usize, usize),
    ) -> super::Done<(Imported, RegistrationNumber)> {
        let mut progress = progress;
        let sheet = Sheet::read(&self.dir.join("history.xlsx"))?;
        let rows = sheet.rows().len();
        let like =
            self.like(&sheet, app.clock.now()).ok_or(DemoError::Unexpected("历史中没有多次投诉的投诉人"))?;
        let imported = app.import(bureau, sheet, None, life, |done| progress(done, rows)).await?;
        Ok((imported, like))
    }

    /// The latest suspected complaint from the phone that most of them came from lately.
    fn like(&self, sheet: &Sheet, now: Timestamp) -> Option<RegistrationNumber> {
        let truths = self.world.truths().iter().filter(|truth| truth.suspected);
        let suspected: HashSet<&str> = truths.map(|truth| truth.number.as_str()).collect();
        let rows = sheet.rows().iter();
        let theirs =
            rows.filter(|row| sheet.number(row).is_some_and(|number| suspected.contains(number.as_str())));
        let complaints = theirs.filter_map(|row| match sheet.parse(row, Times { now, as_of: now }) {
            Parsed::Item(item) => item.submission.complaint.is_some().then_some(item.submission),
            _ => None,
        });
        let is_late = |complaint: &Submission| complaint.received.at.day().0 + LATELY_DAYS >= now.day().0;
        let mut by_phone: BTreeMap<String, (usize, Vec<RegistrationNumber>)> = BTreeMap::new();
        for complaint in complaints {
            if let Some(phone) = complaint.complainant.phone.known() {
                let (late, all) = by_phone.entry(phone.digits().to_owned()).or_default();
                *late += usize::from(is_late(&complaint));
                all.push(complaint.number);
            }
        }
        by_phone.into_values().max_by_key(|(late, all)| (*late, all.len()))?.1.pop()
    }
}

/// Learns from the officers' marks and puts the model to use.
pub(super) async fn train(app: &App, bureau: BureauId) -> super::Done<(ModelId, Report)> {
    let (examples, _) = examples(&app.context, bureau).await?;
    let origin = Origin { source: Source::Simulated, made_by: "triage demo".to_owned() };
    let fitted = fit(&examples, origin, None)?;
    let model = app.add_model(bureau, &fitted.artefact).await?;
    app.act(bureau, Command::UseModel { model: model.clone() }).await?;
    Ok((model, fitted.report))
}
