//! Places for connections: how many there are, who holds one, and who gives way.
//!
//! A connection costs a descriptor and memory before anybody has shown a token. So there are places, a number in all
//! and a number for one address, and three deadlines: for the first byte, for the first call of a known caller, and for
//! doing nothing. Where all places are taken, the oldest connection without a known caller gives way; where all are known, one
//! without an open call of the caller who has most: one person cannot have all.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http_body::{Frame, SizeHint};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

use crate::domain::caller::Caller;
use crate::domain::ids::{BureauId, CallerId};
use crate::domain::time::Timestamp;
use crate::identity::PublicKey;

/// How many connections there may be, and how long one may do nothing (promise 13).
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// Connections in all. Fewer where the process may not open so many descriptors.
    pub most: usize,
    /// Connections of one address (of one /64 for IPv6). This machine's own are not counted: a proxy calls for many.
    pub most_per_address: usize,
    /// From the connection to the end of the TLS handshake, and from there to the first byte of HTTP/2.
    pub handshake: Duration,
    /// From then to the first call with a known token.
    pub known: Duration,
    /// With a known caller, but without a call.
    pub idle: Duration,
    /// Without a call, once the service stops.
    pub stopping: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            most: 1_024,
            most_per_address: 256,
            handshake: Duration::from_secs(10),
            known: Duration::from_secs(60),
            idle: Duration::from_secs(3_600),
            stopping: Duration::from_secs(1),
        }
    }
}

/// Descriptors that connections leave to the database, the log and the files of a command: twice what a busy server was
/// seen to hold.
const DESCRIPTORS_KEPT: usize = 48;

/// Connections there may be even where descriptors are fewer than that.
const CONNECTIONS_LEAST: usize = 8;

/// The places, and who holds one.
#[derive(Debug)]
pub(super) struct Places {
    limits: ConnectionLimits,
    stop: CancellationToken,
    held: Mutex<BTreeMap<u64, Arc<Held>>>,
    next: AtomicU64,
    freed: Notify,
}

impl Places {
    pub(super) fn new(mut limits: ConnectionLimits, stop: CancellationToken) -> Arc<Self> {
        let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let descriptors = descriptors.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let possible = descriptors.saturating_sub(DESCRIPTORS_KEPT).max(CONNECTIONS_LEAST);
        if possible < limits.most {
            tracing::info!(
                connections.most = possible,
                descriptors,
                "fewer connections than usual: the process may not open more descriptors"
            );
            limits.most = possible;
        }
        let (held, next, freed) = (Mutex::default(), AtomicU64::default(), Notify::default());
        Arc::new(Self { limits, stop, held, next, freed })
    }

    /// A place for a connection from `peer`; none is counted by address where that is none. None when all places, or all
    /// of its address, are held by known callers who are at work, or have one each.
    pub(super) fn take(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Place> {
        let from = peer.and_then(counted);
        let mut held = self.held();
        let crowded = from.is_some()
            && held.values().filter(|other| other.from == from).count() >= self.limits.most_per_address;
        if crowded || held.len() >= self.limits.most {
            let number = gives_way(held.iter().filter(|(_, other)| !crowded || other.from == from))?;
            if let Some(other) = held.remove(&number) {
                other.gives_way.store(true, Ordering::Release);
                other.closing.cancel();
            }
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let taken = Arc::new(Held {
            address: peer.map(network),
            from,
            reading: Arc::new(Semaphore::new(READING_MOST)),
            client: OnceLock::new(),
            caller: OnceLock::new(),
            gives_way: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            changes: AtomicU64::new(0),
            closing: self.stop.child_token(),
        });
        held.insert(number, Arc::clone(&taken));
        Some(Place { places: Arc::clone(self), number, held: taken })
    }

    /// Resolves when a connection has ended.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Held>>> {
        // What is guarded is consistent between any two statements.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which of these connections gives way: the oldest without a known caller; otherwise the oldest without an open call of the caller who
/// has most of them, where he has two.
fn gives_way<'h>(mut held: impl Iterator<Item = (&'h u64, &'h Arc<Held>)> + Clone) -> Option<u64> {
    if let Some((number, _)) = held.clone().find(|(_, other)| !other.is_known()) {
        return Some(*number);
    }
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    for (_, other) in held.clone() {
        *counts.entry(other.caller.get()).or_default() += 1;
    }
    let (caller, _) = counts.into_iter().filter(|(_, count)| *count > 1).max_by_key(|(_, count)| *count)?;
    let is_idle = |other: &Held| other.caller.get() == caller && other.calls.load(Ordering::Acquire) == 0;
    held.find(|(_, other)| is_idle(other)).map(|(number, _)| *number)
}

/// What an address counts as; this machine's own count as none.
fn counted(peer: IpAddr) -> Option<IpAddr> {
    let peer = network(peer);
    (!peer.is_loopback()).then_some(peer)
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        peer => peer,
    }
}

/// Calls without a token of one connection whose body is still being read.
const READING_MOST: usize = 16;

/// What is known of a connection while it holds a place.
#[derive(Debug)]
pub(super) struct Held {
    /// Where it comes from; none by a socket file.
    address: Option<IpAddr>,
    /// As what that is counted.
    from: Option<IpAddr>,
    reading: Arc<Semaphore>,
    /// The key of the certificate that the client has shown, and when that ends.
    client: OnceLock<(PublicKey, Timestamp)>,
    /// Whose call with a known token came over it first.
    caller: OnceLock<(BureauId, CallerId)>,
    /// Its place was given to another.
    pub(super) gives_way: AtomicBool,
    /// Open calls of known callers, and how often one has begun or ended so far.
    pub(super) calls: AtomicUsize,
    pub(super) changes: AtomicU64,
    /// Cancelled when it gives way, or the service stops.
    pub(super) closing: CancellationToken,
}

impl Held {
    pub(super) fn is_known(&self) -> bool {
        self.caller.get().is_some()
    }
}

/// A connection's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    number: u64,
    pub(super) held: Arc<Held>,
}

impl Place {
    /// Resolves when the connection is to be closed.
    pub(super) async fn closing(&self) {
        self.held.closing.cancelled().await;
    }

    /// Notes whose certificate the client has shown.
    pub(super) fn is_of(&self, client: (PublicKey, Timestamp)) {
        // A connection has one handshake.
        let _ = self.held.client.set(client);
    }

    pub(super) fn limits(&self) -> &ConnectionLimits {
        &self.places.limits
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.held().remove(&self.number);
        self.places.freed.notify_waiters();
    }
}

/// The connection that a request came over.
#[derive(Debug, Clone)]
pub(super) struct Peer(pub(super) Arc<Held>);

impl Peer {
    /// Its address, an IPv6 network as one; none by a socket file.
    pub(super) fn address(&self) -> Option<IpAddr> {
        self.0.address
    }

    /// The key of the certificate that the client has shown, and when that ends.
    pub(super) fn client(&self) -> Option<&(PublicKey, Timestamp)> {
        self.0.client.get()
    }

    /// A place for a call without a token while its body is read, if the connection has one left.
    pub(super) fn read(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.reading).try_acquire_owned().ok()
    }

    /// A known caller's call begins.
    pub(super) fn begin(&self, caller: &Caller) -> Call {
        self.0.caller.get_or_init(|| (caller.bureau, caller.id));
        self.0.changes.fetch_add(1, Ordering::AcqRel);
        self.0.calls.fetch_add(1, Ordering::AcqRel);
        Call(Arc::clone(&self.0))
    }
}

/// An open call of a known caller.
#[derive(Debug)]
pub(super) struct Call(Arc<Held>);

impl Call {
    /// The answer's body; the call is open until it has been sent or is given up.
    pub(super) fn until_sent(self, body: Body) -> Body {
        Body::new(Answer { body, _call: self })
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // In this order: whoever sees no open call sees that one has just ended, and leaves time to write its answer.
        self.0.changes.fetch_add(1, Ordering::AcqRel);
        self.0.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

struct Answer {
    body: Body,
    _call: Call,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::caller::Role;

    fn places(most: usize, most_per_address: usize) -> Arc<Places> {
        let limits = ConnectionLimits { most, most_per_address, ..ConnectionLimits::default() };
        Places::new(limits, CancellationToken::new())
    }

    fn known(place: &Place, caller: i64) -> Call {
        let caller = Caller::service(CallerId(caller), BureauId(1), Role::Intake, None);
        Peer(Arc::clone(&place.held)).begin(&caller)
    }

    fn is_closing(place: &Place) -> bool {
        place.held.closing.is_cancelled()
    }

    #[test]
    fn the_oldest_without_a_known_caller_gives_way() {
        let places = places(3, 3);
        let held: Vec<Place> = (0..3).map(|_| places.take(None).unwrap()).collect();
        drop(known(&held[0], 1));
        let fourth = places.take(None).unwrap();
        assert_eq!(held.iter().map(is_closing).collect::<Vec<_>>(), [false, true, false]);
        drop(known(&held[2], 2));
        drop(known(&fourth, 3));
        assert!(places.take(None).is_none(), "all three places are held by known callers");
        drop(fourth);
        assert!(places.take(None).is_some());
    }

    #[test]
    fn where_all_are_known_one_of_the_caller_with_most_gives_way() {
        let places = places(4, 4);
        let held: Vec<Place> = (0..4).map(|_| places.take(None).unwrap()).collect();
        drop(known(&held[0], 1));
        let _open = known(&held[1], 2);
        drop((known(&held[2], 2), known(&held[3], 2)));
        let fifth = places.take(None).unwrap();
        assert_eq!(
            held.iter().map(is_closing).collect::<Vec<_>>(),
            [false, false, true, false],
            "no open call"
        );
        let _open = known(&held[3], 2);
        drop(known(&fifth, 3));
        assert!(places.take(None).is_none(), "all of his are at work");
    }

    #[test]
    fn an_address_has_its_own_share_and_this_machine_has_none() {
        let places = places(100, 2);
        let [one, same, other] =
            ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|ip| Some(ip.parse::<IpAddr>().unwrap()));
        let here = Some("::ffff:127.0.0.1".parse().unwrap());
        let held = [one, same, other, other, here, here, here].map(|peer| places.take(peer).unwrap());
        assert!(!held.iter().any(is_closing));
        let third = places.take(same).unwrap();
        assert_eq!(
            held.iter().map(is_closing).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false]
        );
        drop(known(&held[1], 1));
        drop(known(&third, 2));
        assert!(places.take(one).is_none(), "one network has two places");
        assert!(places.take(here).is_some());
    }
}
