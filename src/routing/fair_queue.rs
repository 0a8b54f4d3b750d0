//! The order of the pull (领取次序): what is about to be overdue first, then everybody in turn (promise 9).
//!
//! Class A is what a person has confirmed to be a danger, first of all, and what has at most one working day left on its clock;
//! class B the rest. Inside a class clusters (关联投诉人（组）) take
//! turns, and inside a turn the earliest deadline goes first, then the receive time, then the number. A flood of one cluster
//! keeps nobody waiting for more than one of its files at a time.
//!
//! A queue counts the files it has given out. A file joins it with the count of that moment as its *turn*; when one file of
//! a cluster is given out, the others of the cluster that wait move behind, with the count of this moment. So between two
//! files of a cluster everybody who waited already is served once, and nobody who comes later can push in for ever.

use std::cmp::Ordering;

use crate::domain::ids::{RegistrationNumber, Sequence};
use crate::domain::time::{Day, Timestamp};

/// A file that a queue may give out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its submission.
    pub submission: Sequence,
    /// A person has confirmed that there is a danger to life or health: first within class A, whatever its clock.
    pub danger: bool,
    /// Class A: at most one working day left.
    pub urgent: bool,
    /// What the queue had given out when it joined, or when its cluster was last served.
    pub turn: i64,
    /// When its clock runs out, by the earliest reading.
    pub due: Day,
    /// Receive time.
    pub received_at: Timestamp,
    /// Registration number.
    pub number: RegistrationNumber,
    /// Whose it is (关联投诉人（组）).
    pub cluster: i64,
}

impl Waiting {
    /// Who is given out first.
    pub fn before(&self, other: &Self) -> Ordering {
        let key = |one: &Self| (!one.danger, !one.urgent, one.turn, one.due, one.received_at);
        key(self).cmp(&key(other)).then_with(|| self.number.cmp(&other.number))
    }
}

/// The front of a queue of one unit and track.
#[derive(Debug, Clone)]
pub struct FairQueue {
    waiting: Vec<Waiting>,
    /// Files given out so far, ever.
    served: i64,
    /// What was served when this was read: only turns up to here are sure to stand before what was not read.
    read_at: i64,
    /// Nothing waits that was not read.
    whole: bool,
}

/// What a queue gives next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// This file, and the turn that the others of its cluster get.
    File(Waiting, i64),
    /// What comes next was not read.
    ReadMore,
    /// Nothing that may be given to this officer.
    Nothing,
}

impl FairQueue {
    /// The front of a queue by [`Waiting::before`], in any order; `whole` when that is all that waits. `served` is how many
    /// files the queue has given out.
    pub fn new(waiting: Vec<Waiting>, served: i64, whole: bool) -> Self {
        Self { waiting, served, read_at: served, whole }
    }

    /// Files given out so far.
    pub fn served(&self) -> i64 {
        self.served
    }

    /// Adds a file behind those that wait already.
    pub fn join(&mut self, file: Waiting) {
        self.waiting.push(Waiting { turn: self.served, ..file });
    }

    /// What waits and was read, in no order.
    pub fn waiting_mut(&mut self) -> &mut Vec<Waiting> {
        &mut self.waiting
    }

    /// Gives out the first file that `may` be given.
    pub fn next(&mut self, may: impl Fn(&Waiting) -> bool) -> Next {
        let first =
            self.waiting.iter().enumerate().filter(|(_, file)| may(file)).min_by(|a, b| a.1.before(b.1));
        let Some((at, file)) = first.map(|(at, file)| (at, file.clone())) else {
            return if self.whole { Next::Nothing } else { Next::ReadMore };
        };
        if file.turn > self.read_at && !self.whole {
            return Next::ReadMore;
        }
        self.waiting.remove(at);
        self.served += 1;
        let turn = self.served;
        for other in self.waiting.iter_mut().filter(|other| other.cluster == file.cluster) {
            other.turn = turn;
        }
        Next::File(file, turn)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn file(at: i64, urgent: bool, turn: i64, due: i32, cluster: i64) -> Waiting {
        Waiting {
            submission: Sequence(at),
            danger: false,
            urgent,
            turn,
            due: Day(due),
            received_at: Timestamp(at),
            number: RegistrationNumber::parse(&format!("N{at:05}")).unwrap(),
            cluster,
        }
    }

    fn all(mut queue: FairQueue) -> Vec<i64> {
        let mut order = Vec::new();
        while let Next::File(file, _) = queue.next(|_| true) {
            order.push(file.submission.0);
        }
        order
    }

    #[test]
    fn what_is_nearly_overdue_goes_first_then_clusters_in_turn_then_the_deadline() {
        let waiting = vec![
            file(1, false, 0, 9, 7),
            file(2, false, 0, 9, 7),
            file(3, false, 0, 9, 7),
            file(4, false, 0, 12, 8),
            file(5, false, 0, 5, 9),
            file(6, true, 0, 1, 7),
        ];
        assert_eq!(all(FairQueue::new(waiting, 0, true)), [6, 5, 4, 1, 2, 3]);
    }

    #[test]
    fn a_confirmed_danger_goes_before_what_is_nearly_overdue() {
        let danger = |file: Waiting| Waiting { danger: true, ..file };
        let waiting = vec![
            file(1, true, 0, 1, 7),
            danger(file(2, false, 3, 9, 8)),
            danger(file(3, false, 0, 20, 9)),
            file(4, false, 0, 9, 9),
        ];
        assert_eq!(all(FairQueue::new(waiting, 4, true)), [3, 2, 1, 4]);
    }

    #[test]
    fn what_may_not_be_given_to_one_officer_keeps_its_place() {
        let mut queue = FairQueue::new(vec![file(1, false, 0, 1, 1), file(2, false, 0, 2, 2)], 0, true);
        assert!(
            matches!(queue.next(|file| file.submission.0 != 1), Next::File(file, 1) if file.submission.0 == 2)
        );
        assert!(matches!(queue.next(|_| true), Next::File(file, 2) if file.submission.0 == 1));
        assert_eq!(queue.next(|_| true), Next::Nothing);
    }

    /// A queue as the store keeps it, read from the front a few files at a time.
    struct Queue {
        waiting: Vec<Waiting>,
        served: i64,
        read: usize,
    }

    impl Queue {
        fn next(&mut self) -> Option<Waiting> {
            let mut front = self.waiting.clone();
            front.sort_by(Waiting::before);
            let whole = front.len() <= self.read;
            front.truncate(self.read);
            let Next::File(file, turn) = FairQueue::new(front, self.served, whole).next(|_| true) else {
                return None;
            };
            self.served = turn;
            self.waiting.retain(|other| other.submission != file.submission);
            for other in self.waiting.iter_mut().filter(|other| other.cluster == file.cluster) {
                other.turn = turn;
            }
            Some(file)
        }
    }

    proptest! {
        /// Promise 9: between two files of one cluster every other cluster that waited is served once, whoever comes
        /// meanwhile; and who waits is served after at most as many files as clusters waited when he came, and one more
        /// of each that came urgent.
        #[test]
        fn between_two_files_of_a_cluster_everybody_who_waited_is_served(
            steps in prop::collection::vec((any::<bool>(), 0..6_i64, 0..9_i32), 1..120), read in 1..5_usize,
        ) {
            let mut queue = Queue { waiting: Vec::new(), served: 0, read };
            // Clusters that wait and have not been served since a file of this one was.
            let mut unserved: HashMap<i64, Vec<i64>> = HashMap::new();
            for (at, (comes, cluster, due)) in (1..).zip(steps) {
                if comes {
                    let turn = queue.served;
                    queue.waiting.push(file(at, false, turn, due, cluster));
                    continue;
                }
                let Some(file) = queue.next() else { continue };
                let skipped = unserved.remove(&file.cluster).unwrap_or_default();
                prop_assert!(skipped.is_empty(), "{} again before {skipped:?}", file.cluster);
                for waits in unserved.values_mut() {
                    waits.retain(|cluster| *cluster != file.cluster);
                }
                let mut waits: Vec<i64> = queue.waiting.iter().map(|other| other.cluster).collect();
                waits.sort_unstable();
                waits.dedup();
                waits.retain(|cluster| *cluster != file.cluster);
                unserved.insert(file.cluster, waits);
            }
        }

        /// Reading a queue piece by piece gives what reading it whole gives.
        #[test]
        fn a_front_gives_what_the_whole_gives(
            files in prop::collection::vec((any::<bool>(), 0..4_i64, 0..9_i32, 0..6_i64), 0..40), read in 1..9_usize,
        ) {
            let waiting: Vec<Waiting> =
                (1..).zip(&files).map(|(at, (urgent, turn, due, cluster))| file(at, *urgent, *turn, *due, *cluster)).collect();
            let served = 4;
            let mut queue = Queue { waiting: waiting.clone(), served, read };
            let mut pieces = Vec::new();
            while let Some(file) = queue.next() {
                pieces.push(file.submission.0);
            }
            prop_assert_eq!(pieces, all(FairQueue::new(waiting, served, true)));
        }
    }
}
