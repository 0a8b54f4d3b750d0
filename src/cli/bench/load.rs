//! The load: who sends what when, and what is measured of it.
//!
//! With a rate the loop is open: every item has a planned start, and its time counts from there, however late it could
//! be sent (no coordinated omission). Without one it is closed: the next item is sent when an answer has come.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{BenchError, Options};
use crate::cli::sample::Samples;
use crate::clock::{Clock, Deadline, Stopwatch, planned_starts};
use crate::domain::ids::{RegistrationNumber, RequestId};
use crate::domain::submission::Submission;
use crate::domain::time::Moment;
use crate::grpc::client::{Client, ClientError};
use crate::lifecycle::Lifecycle;

/// Connections of a load.
const CONNECTIONS: usize = 4;
/// Longest time to an answer that is told apart, in microseconds.
const LONGEST_US: u64 = 600_000_000;
/// How long answers are waited for when nothing more is sent.
const LAST_ANSWERS: Duration = Duration::from_secs(15);

/// What was measured.
pub(super) struct Measured {
    /// Time from the planned start, or the sending, to the receipt, in microseconds.
    pub(super) waited_us: Histogram<u64>,
    /// Items without a receipt, by code.
    pub(super) errors: BTreeMap<String, u64>,
    /// Items sent.
    pub(super) sent: u64,
    /// From the first start to the last answer.
    pub(super) took: Duration,
}

/// What is shared by all who wait for answers.
struct Tally {
    begun: Stopwatch,
    bar: ProgressBar,
    measured: Mutex<Measured>,
}

impl Tally {
    fn answered(&self, watch: Stopwatch, error: Option<&ClientError>) {
        let waited = u64::try_from(watch.elapsed().as_micros()).unwrap_or(LONGEST_US);
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            None => measured.waited_us.saturating_record(waited),
            Some(error) => *measured.errors.entry(error.code().to_owned()).or_default() += 1,
        }
        measured.took = self.begun.elapsed();
        self.bar.inc(1);
    }
}

/// A token that nobody has is refused as fast as calls can be sent: that is not a measure.
async fn is_known(client: &Client, number: &str) -> Result<(), BenchError> {
    let nobodys = RegistrationNumber::parse(number).map_err(BenchError::Sample)?;
    match client.submission(&nobodys).await {
        Err(error) if error.code() == "UNAUTHENTICATED" => Err(error.into()),
        _ => Ok(()),
    }
}

/// Sends until count, time or a signal ends it, then waits for the last answers.
pub(super) async fn load(
    options: &Options,
    samples: &mut Samples,
    life: &Lifecycle,
    bar: ProgressBar,
) -> Result<Measured, BenchError> {
    let waited_us = Histogram::new_with_bounds(1, LONGEST_US, 3).map_err(|_| BenchError::Histogram)?;
    let measured = Measured { waited_us, errors: BTreeMap::new(), sent: 0, took: Duration::ZERO };
    let mut lines = Vec::new();
    for _ in 0..CONNECTIONS.min(options.concurrency) {
        let client = Client::connect(&options.target, &options.token).await?;
        if lines.is_empty() {
            is_known(&client, &samples.prefix()).await?;
        }
        lines.push(if options.streamed {
            Line::stream(&client, options.concurrency).await?
        } else {
            Line::Calls(client)
        });
    }
    let tally =
        Arc::new(Tally { begun: Stopwatch::start(), bar: bar.clone(), measured: Mutex::new(measured) });
    for line in &mut lines {
        line.listen(&tally);
    }
    let room = Arc::new(Semaphore::new(options.concurrency));
    let sent = send(options, samples, life, &lines, &room, &tally).await?;
    // Streams end when nothing more is sent; whoever waits gives its place back.
    drop(lines);
    let all = u32::try_from(options.concurrency).unwrap_or(u32::MAX);
    let _ = Deadline::after(LAST_ANSWERS).within(LAST_ANSWERS, room.acquire_many(all)).await;
    bar.finish_and_clear();
    let mut measured = tally.measured.lock().unwrap_or_else(PoisonError::into_inner);
    let answered = measured.waited_us.len() + measured.errors.values().sum::<u64>();
    if sent > answered {
        measured.errors.insert("NO_ANSWER".to_owned(), sent - answered);
    }
    let (waited_us, errors) = (measured.waited_us.clone(), measured.errors.clone());
    Ok(Measured { waited_us, errors, sent, took: measured.took })
}

async fn send(
    options: &Options,
    samples: &mut Samples,
    life: &Lifecycle,
    lines: &[Line],
    room: &Arc<Semaphore>,
    tally: &Arc<Tally>,
) -> Result<u64, BenchError> {
    let most = options.most();
    let end = options.seconds.map(Deadline::after);
    let mut planned = options.every().map(|every| planned_starts(every, most));
    let mut sent = 0;
    let mut stopping = Box::pin(life.stopping());
    while sent < most {
        let ready = async {
            let place = Arc::clone(room).acquire_owned().await.ok()?;
            let watch = match &mut planned {
                Some(planned) => planned.recv().await?,
                None => Stopwatch::start(),
            };
            Some((place, watch))
        };
        let ready = tokio::select! { biased; () = &mut stopping => None, ready = ready => ready };
        let Some((place, watch)) = ready else { break };
        // A planned item is sent however late; that is what the plan is for.
        if planned.is_none() && end.is_some_and(Deadline::has_passed) {
            break;
        }
        let received = Moment::from_seconds(Clock::System.now().seconds()).map_err(BenchError::Sample)?;
        let item = samples.next(received).map_err(BenchError::Sample)?;
        let line = usize::try_from(sent).unwrap_or_default() % lines.len();
        if !lines[line].send(item, watch, place, tally).await {
            break;
        }
        sent += 1;
    }
    Ok(sent)
}

type Item = (RequestId, Submission);
type Open = Arc<Mutex<HashMap<String, (Stopwatch, OwnedSemaphorePermit)>>>;

/// One connection: calls side by side, or one stream.
enum Line {
    Calls(Client),
    Stream { items: mpsc::Sender<Item>, open: Open, answers: Option<crate::grpc::client::Answers> },
}

impl Line {
    async fn stream(client: &Client, room: usize) -> Result<Self, ClientError> {
        let (items, sent) = mpsc::channel(room);
        let answers = Some(client.submit_stream(sent).await?);
        Ok(Line::Stream { items, open: Open::default(), answers })
    }

    /// Begins to take the answers of a stream.
    fn listen(&mut self, tally: &Arc<Tally>) {
        let Line::Stream { open, answers, .. } = self else { return };
        let Some(mut answers) = answers.take() else { return };
        let (open, tally) = (Arc::clone(open), Arc::clone(tally));
        tokio::spawn(async move {
            let error = loop {
                match answers.next().await {
                    Ok(Some((id, answer))) => {
                        let found = open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                        if let Some((watch, _place)) = found {
                            tally.answered(watch, answer.as_ref().err());
                        }
                    }
                    Ok(None) => return,
                    Err(error) => break error,
                }
            };
            // The stream broke: what was open on it has no answer but this.
            for (_, (watch, _place)) in open.lock().unwrap_or_else(PoisonError::into_inner).drain() {
                tally.answered(watch, Some(&error));
            }
        });
    }

    /// Sends an item; false when the stream is gone.
    async fn send(
        &self,
        item: Item,
        watch: Stopwatch,
        place: OwnedSemaphorePermit,
        tally: &Arc<Tally>,
    ) -> bool {
        match self {
            Line::Calls(client) => {
                let (client, tally) = (client.clone(), Arc::clone(tally));
                tokio::spawn(async move {
                    let answer = client.submit(&item.0, &item.1).await;
                    tally.answered(watch, answer.as_ref().err());
                    drop(place);
                });
                true
            }
            Line::Stream { items, open, .. } => {
                let id = item.0.to_string();
                open.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), (watch, place));
                let sent = items.send(item).await.is_ok();
                if !sent {
                    open.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
                }
                sent
            }
        }
    }
}
