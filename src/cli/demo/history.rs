//! The past that a demo stands on: a made-up district, its export taken in, a model learned from its marks. Each of the
//! three is what a bureau does with its own.

use std::path::{Path, PathBuf};

use super::DemoError;
use crate::app::App;
use crate::domain::command::Command;
use crate::domain::ids::{BureauId, ModelId, RegistrationNumber};
use crate::domain::time::{Day, Timestamp};
use crate::exchange::{Parsed, Sheet, Times};
use crate::import::Imported;
use crate::lifecycle::Lifecycle;
use crate::model::Source;
use crate::simulate::{Options, SimulateError, World, simulate};
use crate::training::{Origin, Report, examples, fit};

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
        let imported = app.import(bureau, &sheet, None, life, |done| progress(done, rows)).await?;
        let like =
            self.like(&sheet, app.clock.now()).ok_or(DemoError::Unexpected("历史中没有多次投诉的投诉人"))?;
        Ok((imported, like))
    }

    /// The latest complaint, with a phone, of whoever complains most.
    fn like(&self, sheet: &Sheet, now: Timestamp) -> Option<RegistrationNumber> {
        let suspected = || self.world.truths().iter().filter(|truth| truth.suspected);
        let mut often = std::collections::BTreeMap::<_, usize>::new();
        for truth in suspected() {
            *often.entry(truth.agent).or_default() += 1;
        }
        let (busiest, _) = often.into_iter().max_by_key(|(_, items)| *items)?;
        let theirs: Vec<&str> =
            suspected().filter(|truth| truth.agent == busiest).map(|truth| truth.number.as_str()).collect();
        let rows = sheet.rows().iter().rev();
        let of_theirs =
            rows.filter(|row| sheet.number(row).is_some_and(|number| theirs.contains(&number.as_str())));
        of_theirs
            .filter_map(|row| match sheet.parse(row, Times { now, as_of: now }) {
                Parsed::Item(item) => Some(item.submission),
                _ => None,
            })
            .find(|submission| {
                submission.complaint.is_some() && submission.complainant.phone.known().is_some()
            })
            .map(|submission| submission.number)
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
