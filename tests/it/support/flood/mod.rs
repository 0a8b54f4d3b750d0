//! The flood: one hand files 200 in an hour, a gym closes, half a station goes on leave, and the store fails now and then.
//! One seed is one run of the real service on a real SQLite file; the same seed is the same run.

mod calendar;
mod check;
mod office;
mod plan;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::command::{Command, Outcome};
use triage::domain::ids::Track;
use triage::identity::Identity;
use triage::ledger::Context;
use triage::lifecycle::Lifecycle;
use triage::routing::LoadBasis;
use triage::service::{Bounds, Failure, Service};
use triage::store::{Fault, Faults, Place};

use super::MONDAY;
use super::world::at_once;
use check::{Logged, check};
use office::{Ask, Office};
pub(crate) use plan::Dice;
use plan::{Item, bureau, items};

/// Waves after which something must be wrong.
const MOST_WAVES: usize = 6_000;

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Run {
    /// Of all answers, to tell that two runs were the same.
    pub(crate) digest: u64,
    pub(crate) files: usize,
    pub(crate) waves: usize,
    pub(crate) faults: u64,
    /// Requests that found no answer and were sent again.
    pub(crate) unanswered: usize,
    /// Late and foreign tokens, all refused.
    pub(crate) late: usize,
    /// Answered requests sent again, all answered as before.
    pub(crate) repeated: usize,
    /// Files given out, more often than there are where leases ended.
    pub(crate) gives: usize,
    pub(crate) warnings: usize,
    pub(crate) rescued: usize,
    /// Most files of others given out before somebody's.
    pub(crate) longest: usize,
}

/// Two processes of one bureau on one database whose store fails.
struct Servers {
    services: Vec<Service>,
    lives: Vec<Lifecycle>,
    contexts: Vec<Arc<Context>>,
    clock: Clock,
    eye: SqliteConnection,
    permille: Arc<AtomicU64>,
    faults: Arc<AtomicU64>,
}

/// Lives one seed; what it broke, if it broke anything.
pub(crate) async fn run(seed: u64) -> Result<Run, String> {
    let directory = crate::support::directory();
    let mut dice = Dice(seed);
    let items: BTreeMap<String, Item> =
        items(&mut dice).into_iter().map(|item| (item.number.clone(), item)).collect();
    let mut servers = Servers::open(directory.path(), dice.roll(), &mut dice).await;
    let mut office = Office::new(Dice(dice.roll()), &items);
    let mut waves = 0;
    while !office.is_done() {
        waves += 1;
        if waves > MOST_WAVES {
            return Err(format!("no end: {}", office.progress()));
        }
        servers.wave(&mut office, &mut dice).await?;
    }
    office.seen.log = servers.log().await;
    let differing = servers.wrong_loads().await;
    let served = servers.served().await;
    let faults = servers.faults.load(Ordering::Relaxed);
    servers.close().await;
    if !differing.is_empty() {
        return Err(format!("loads are not what is open: {differing:?}"));
    }
    let found = check(&items, &office.seen)?;
    let counted: Vec<(String, i64)> = found
        .served()
        .iter()
        .map(|((unit, track), served)| (format!("{unit} {}", track.word()), *served))
        .collect();
    if counted != served {
        return Err(format!("queues gave out {counted:?}, and count {served:?}"));
    }
    let mut hasher = DefaultHasher::new();
    for (_, answer) in &office.seen.done {
        format!("{answer:?}").hash(&mut hasher);
    }
    Ok(Run {
        digest: hasher.finish(),
        files: usize::try_from(served.iter().map(|(_, served)| *served).sum::<i64>()).unwrap(),
        waves,
        faults,
        unanswered: office.unanswered,
        late: office.late,
        repeated: office.repeated,
        gives: found.gives,
        warnings: found.warnings,
        rescued: found.rescued,
        longest: found.longest,
    })
}

impl Servers {
    async fn open(directory: &std::path::Path, seed: u64, dice: &mut Dice) -> Self {
        let clock = Clock::manual(MONDAY);
        let config = Config { data: directory.join("data"), database: None };
        // One key for all runs: key hashes are part of what a seed reproduces.
        std::fs::create_dir_all(&config.data).unwrap();
        write_key(&config.data.join("identity.key"));
        let permille = Arc::new(AtomicU64::new(0));
        let faults = Arc::new(AtomicU64::new(0));
        let chance = Arc::new(Mutex::new(Dice(seed)));
        let batch_most = 1 + dice.place(64);
        let (mut services, mut lives, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
        for process in 0..2 {
            let app = App::open(config.clone(), clock.clone()).await.unwrap();
            if process == 0 {
                app.act(FIRST_BUREAU, Command::LoadBureau { content: bureau(false).into() }).await.unwrap();
            }
            let (permille, faults, chance) =
                (Arc::clone(&permille), Arc::clone(&faults), Arc::clone(&chance));
            let store = app.context.store.clone().failing(Faults::new(move |place| {
                // Some thirty statements to a commit. What is done in the background has no say in what a seed does.
                let (often, fault) = match place {
                    Place::Connect | Place::Ping | Place::Rollback => return None,
                    Place::Statement => (1, Fault::Before),
                    Place::Begin => (10, Fault::Before),
                    Place::Commit => (20, Fault::After),
                };
                let mut chance = chance.lock().unwrap();
                let fails = chance.below(10_000) < often * permille.load(Ordering::Relaxed);
                faults.fetch_add(u64::from(fails), Ordering::Relaxed);
                // A commit comes to nothing as often as its answer is lost.
                let fault = if fault == Fault::After && chance.permille(500) { Fault::Before } else { fault };
                fails.then_some(fault)
            }));
            let identity = Identity::open(&config.data.join("identity.key")).unwrap();
            let context = Arc::new(Context::new(store, identity, LoadBasis::LAWFUL));
            let (life, bounds) = (Lifecycle::default(), Bounds { batch_most, ..Bounds::default() });
            services.push(Service::new(Arc::clone(&context), clock.clone(), bounds, life.clone()));
            lives.push(life);
            contexts.push(context);
        }
        let options = SqliteConnectOptions::new().filename(config.data.join("triage.db")).read_only(true);
        let eye = SqliteConnection::connect_with(&options).await.unwrap();
        Self { services, lives, contexts, clock, eye, permille, faults }
    }

    /// Some time passes, people ask, and now and then everything overdue is looked for.
    async fn wave(&mut self, office: &mut Office, dice: &mut Dice) -> Result<(), String> {
        let minutes = match dice.below(100) {
            0..94 => dice.below(8),
            94..99 => 15 + dice.below(60),
            _ => 60 * (1 + dice.below(8)),
        };
        self.clock.advance(Duration::from_secs(minutes * 60 + dice.below(60)));
        if let (Clock::Manual(at), true) = (&self.clock, dice.permille(20)) {
            // Somebody sets the machine's clock back.
            at.fetch_sub(i64::try_from(dice.below(300)).unwrap() * 1_000_000, Ordering::SeqCst);
        }
        // Mostly a fault here and there, now and then an outage.
        let permille = if dice.permille(20) { 300 } else { dice.below(12) };
        self.permille.store(permille, Ordering::Relaxed);
        let now = self.clock.now();
        let minute = u64::try_from((now.seconds() - MONDAY.seconds()) / 60).unwrap_or_default();
        let asks = office.next(minute, now);
        let service = &self.services[dice.place(self.services.len())];
        for (ask, answer) in asks.iter().zip(all_at_once(service, &asks).await) {
            office.hear(ask.clone(), answer)?;
        }
        if dice.permille(300) {
            self.sweep(office).await;
        }
        Ok(())
    }

    /// Everything overdue is looked for, until nothing is; given up when the store fails.
    async fn sweep(&mut self, office: &mut Office) {
        loop {
            match self.services[0].escalate(FIRST_BUREAU).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(_) => return,
            }
        }
        let sequence: i64 =
            sqlx::query_scalar("SELECT sequence FROM bureau").fetch_one(&mut self.eye).await.unwrap();
        office.seen.swept.push((sequence, self.clock.now().0));
    }

    /// The log, but for the first events, which made the bureau.
    async fn log(&mut self) -> Vec<Logged> {
        const MADE: i64 = 2;
        let sql = "SELECT sequence, recorded_at, kind, COALESCE(submission, 0), COALESCE(track, 0) FROM event
            WHERE sequence > ? ORDER BY sequence";
        let rows: Vec<(i64, i64, i64, i64, i64)> =
            sqlx::query_as(sql).bind(MADE).fetch_all(&mut self.eye).await.unwrap();
        let track = |track| if track == 0 { Track::Complaint } else { Track::Report };
        rows.into_iter()
            .map(|(sequence, at, kind, submission, of)| Logged {
                sequence,
                at,
                kind,
                file: (submission, track(of)),
            })
            .collect()
    }

    /// Units whose load is not the sum of their open files, or whose month not that of what was assigned in it.
    async fn wrong_loads(&mut self) -> Vec<(String, i64, i64)> {
        let sql = "SELECT l.unit, l.track, l.open_centiunits FROM unit_load l WHERE l.open_centiunits <>
            (SELECT COALESCE(SUM(f.centiunits), 0) FROM file f
             WHERE f.unit = l.unit AND f.track = l.track AND f.status IN (1, 2, 3, 5))
            OR l.assigned_centiunits <>
            (SELECT COALESCE(SUM(f.centiunits), 0) FROM file f WHERE f.unit = l.unit AND f.track = l.track
             AND strftime('%Y', f.queued_at / 1000000 + 28800, 'unixepoch') * 12
               + strftime('%m', f.queued_at / 1000000 + 28800, 'unixepoch') - 1 = l.month)";
        sqlx::query_as(sql).fetch_all(&mut self.eye).await.unwrap()
    }

    /// What the queues have given out.
    async fn served(&mut self) -> Vec<(String, i64)> {
        let sql =
            "SELECT unit || CASE track WHEN 0 THEN ' complaint' ELSE ' report' END, served FROM unit_load
            WHERE served > 0 ORDER BY unit, track";
        sqlx::query_as(sql).fetch_all(&mut self.eye).await.unwrap()
    }

    async fn close(self) {
        self.eye.close().await.unwrap();
        for (life, context) in self.lives.iter().zip(&self.contexts) {
            life.stop();
            life.drained().cancel();
            life.tasks().close();
            life.tasks().wait().await;
            context.store.close().await;
        }
    }
}

async fn all_at_once(service: &Service, asks: &[Ask]) -> Vec<Result<Outcome, Failure>> {
    let asked = asks.iter().map(|ask| async move {
        let (caller, id, command) = ask.asked.clone();
        service.act(&caller, id, command).await
    });
    at_once(asked.collect()).await
}

fn write_key(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, "5a".repeat(32)).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
